import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  ANN,
  approved,
  BEN,
  type Change,
  changed,
  configuredBy,
  denied,
  forGroups,
  forUsers,
  NOW,
  OUTSIDER,
  organization,
  organizedBy,
  packConfiguration,
  packGroup,
  viewing,
} from "../../test/gen/objects.ts";
import type { PackConfiguration, PackGroup, ShareRestriction } from "../api/v1alpha1/index.ts";
import { toTimestamp } from "../lib/clock.ts";
import { coverage } from "./access.ts";
import type { AudienceEntry } from "./audience.ts";
import { MAX_GROUPS, MAX_USERS, type RestrictionWorld, restrictionOf, SERVICE_ACCOUNTS } from "./doc-restriction.ts";
import { groupNameOf } from "./groups.ts";
import { absent, found, type Lookup } from "./truth.ts";

const BOT = "system:serviceaccount:team:bot";

const stale = (name: string, ...members: readonly string[]): PackGroup =>
  packGroup(name, { members, source: { name: "scim", maxAgeSeconds: 60 } }, { syncTime: toTimestamp(NOW - 3_600_000) });

const worldOf = (
  groups: readonly PackGroup[] = [],
  it: Lookup<ReturnType<typeof organization>> = found(organization()),
): RestrictionWorld => ({
  organization: it,
  groups: viewing(...groups),
  groupNames: groups.map(groupNameOf),
  membersOf: (name) => groups.filter((group) => groupNameOf(group) === name).flatMap(({ spec }) => spec.members ?? []),
});

const GROUPS = [
  packGroup("sales", { members: [ANN] }),
  packGroup("staff", { members: [ANN, BEN] }),
  packGroup("mixed", { members: [BEN, OUTSIDER] }),
  stale("old", BEN),
];
const WORLD = worldOf(GROUPS);
const EVERYONE = worldOf(GROUPS, found(organization(organizedBy({ members: "Everyone" }))));

const enforcing: Change<PackConfiguration> = configuredBy({
  doc: { sharing: { allow: "All", enforcePackConfigurationPermissions: true } },
});
const whole: Change<PackConfiguration> = (it) => it;
const config = (name: string, change: Change<PackConfiguration>): PackConfiguration =>
  changed(packConfiguration(name), change, enforcing);

describe("S1-66 with whom a doc may be shared", () => {
  const rows: readonly (readonly [
    sentence: string,
    configurations: readonly PackConfiguration[],
    restriction: ShareRestriction | undefined,
  ])[] = [
    ["is not limited without packs", [], undefined],
    ["is not limited by a configuration that does not ask for it", [packConfiguration("c")], undefined],
    ["is not limited by `Approved`, which admits anyone", [config("c", approved())], undefined],
    ["is nobody new for a pack that is denied", [config("c", denied())], { by: ["c"] }],
    [
      "is nobody new for a pack that is denied, whoever else is written there",
      [config("c", configuredBy({ state: "Denied" }))],
      { by: ["c"] },
    ],
    ["is nobody new where nobody has access", [config("c", forUsers())], { by: ["c"] }],
    [
      "is the users who are named",
      [config("c", forUsers(BEN, ANN))],
      { users: [ANN, BEN], groups: ["sales", "staff"], by: ["c"] },
    ],
    ["is not an outsider who is named", [config("c", forUsers(OUTSIDER, BEN))], { users: [BEN], by: ["c"] }],
    [
      "is the group that is named, who is in it, and groups of none but these",
      [config("c", forGroups("staff"))],
      { users: [ANN, BEN], groups: ["sales", "staff"], by: ["c"] },
    ],
    [
      "is not a named group with an outsider in it, but its members",
      [config("c", forGroups("mixed"))],
      { users: [BEN], by: ["c"] },
    ],
    [
      "is not who is known from a stale group only",
      [config("c", forGroups("old", "sales"))],
      { users: [ANN], groups: ["sales"], by: ["c"] },
    ],
    [
      "is every member, every group of members and every owned domain, for the organization",
      [config("c", whole)],
      {
        usersFrom: ["example.com", SERVICE_ACCOUNTS],
        groups: ["sales", "staff"],
        domains: ["example.com"],
        by: ["c"],
      },
    ],
    [
      "is who has access to all of several configurations",
      [config("b", forUsers(ANN)), config("a", forGroups("staff")), config("c", whole)],
      { users: [ANN], groups: ["sales"], by: ["a", "b", "c"] },
    ],
    [
      "is nobody new if no one has access to all of them",
      [config("a", forUsers(ANN)), config("b", forUsers(BEN))],
      { by: ["a", "b"] },
    ],
    [
      "is limited by those alone that ask for it",
      [config("a", forUsers(ANN)), packConfiguration("b", forUsers(BEN))],
      { users: [ANN], groups: ["sales"], by: ["a"] },
    ],
    [
      "is the same for two installs of one configuration",
      [config("a", forUsers(ANN)), config("a", forUsers(ANN))],
      { users: [ANN], groups: ["sales"], by: ["a"] },
    ],
  ];
  test.each(rows)("%s", (_, configurations, restriction) => {
    expect(restrictionOf(configurations, WORLD)).toEqual(restriction);
  });

  test("is every user and every group where everybody is a member, but no foreign domain and not anyone", () => {
    expect(restrictionOf([config("c", whole)], EVERYONE)).toEqual({
      usersFrom: ["*"],
      groups: ["mixed", "sales", "staff"],
      domains: ["example.com"],
      by: ["c"],
    });
  });

  test("is nobody new while the organization is unknown", () => {
    expect(restrictionOf([config("c", whole)], worldOf(GROUPS, absent))).toEqual({ by: ["c"] });
    expect(restrictionOf([config("c", forUsers(ANN))], worldOf(GROUPS, absent))).toEqual({ by: ["c"] });
  });

  const many = (count: number): readonly string[] =>
    Array.from({ length: count }, (_, index) => `user-${String(index).padStart(5, "0")}@example.com`);

  test("is each of a thousand users", () => {
    const group = packGroup("big", { members: many(MAX_USERS) });
    const restriction = restrictionOf([config("c", forGroups("big"))], worldOf([group]));
    expect(restriction).toEqual({ users: many(MAX_USERS), groups: ["big"], by: ["c"] });
  });

  test("is every member if more than a thousand have access, and yet no whole domain and no other group", () => {
    const groups = [
      packGroup("big", { members: [...many(MAX_USERS + 1), OUTSIDER] }),
      packGroup("other", { members: [ANN] }),
    ];
    expect(restrictionOf([config("c", forGroups("big"))], worldOf(groups))).toEqual({
      usersFrom: ["example.com", SERVICE_ACCOUNTS],
      by: ["c"],
    });
  });

  test("is exact again where another configuration leaves few of many", () => {
    const group = packGroup("big", { members: many(5_000) });
    const [first = ""] = many(1);
    expect(restrictionOf([config("a", forGroups("big")), config("b", forUsers(first))], worldOf([group]))).toEqual({
      users: [first],
      by: ["a", "b"],
    });
  });

  test("is any group but a few if more than five hundred groups may be", () => {
    const groups = [
      ...Array.from({ length: MAX_GROUPS + 1 }, (_, index) => packGroup(`g${index}`, { members: [ANN] })),
      packGroup("mixed", { members: [OUTSIDER] }),
      stale("old", ANN),
    ];
    expect(restrictionOf([config("c", whole)], worldOf(groups))).toMatchObject({
      anyGroup: true,
      groupsExcept: ["mixed", "old"],
    });
  });

  test("names at most as many configurations as the list may hold", () => {
    const configurations = Array.from({ length: 40 }, (_, index) => config(`c${index}`, forUsers(ANN)));
    expect(restrictionOf(configurations, WORLD)?.by).toHaveLength(32);
  });
});

/** As the admission policy reads a restriction. */
const refuses = (restriction: ShareRestriction | undefined, { kind, name }: AudienceEntry): boolean => {
  if (restriction === undefined || restriction.anyone === true) return false;
  const { anyGroup, domains = [], groups = [], groupsExcept = [], users = [], usersFrom = [] } = restriction;
  switch (kind) {
    case "User": {
      const [local, domain, ...more] = name.split("@");
      const fromDomain = local !== "" && domain !== undefined && more.length === 0 && usersFrom.includes(domain);
      const fromCluster = usersFrom.includes(SERVICE_ACCOUNTS) && name.startsWith("system:serviceaccount:");
      return !(users.includes(name) || usersFrom.includes("*") || fromDomain || fromCluster);
    }
    case "Group":
      return !(groups.includes(name) || (anyGroup === true && !groupsExcept.includes(name)));
    case "Domain":
      return !domains.includes(name);
    case "Anyone":
      return true;
  }
};

describe("whatever the world is", () => {
  const users = fc.constantFrom(ANN, BEN, OUTSIDER, BOT, "kubernetes-admin");
  const names = fc.constantFrom("a", "b", "c");
  const changes = fc.oneof(
    fc.constant(whole),
    fc.constant(approved()),
    fc.constant(denied()),
    fc.uniqueArray(users).map((list) => forUsers(...list)),
    fc.uniqueArray(names).map((list) => forGroups(...list)),
  );
  const groups = fc.uniqueArray(fc.record({ name: names, members: fc.uniqueArray(users), isStale: fc.boolean() }), {
    selector: ({ name }) => name,
  });
  const entries: readonly AudienceEntry[] = [
    ...[ANN, BEN, OUTSIDER, BOT, "kubernetes-admin"].map((name) => ({ kind: "User" as const, name })),
    ...["example.com", "elsewhere.org"].map((name) => ({ kind: "Domain" as const, name })),
    { kind: "Anyone", name: "*" },
  ];

  test("exactly those shares are refused that are not surely allowed, where everything can be listed", () => {
    fc.assert(
      fc.property(fc.array(changes, { maxLength: 3 }), groups, fc.boolean(), (list, drafts, everyone) => {
        const members = everyone ? "Everyone" : "OwnedDomains";
        const world = worldOf(
          drafts.map((it) =>
            it.isStale ? stale(it.name, ...it.members) : packGroup(it.name, { members: it.members }),
          ),
          found(organization(organizedBy({ members }))),
        );
        const configurations = list.map((change, index) => config(`c${index}`, change));
        const restriction = restrictionOf(configurations, world);
        for (const entry of [...entries, ...drafts.map(({ name }) => ({ kind: "Group" as const, name }))]) {
          const allowed = configurations.every(
            (it) => coverage({ entries: [entry], folders: [] }, it, world).covered === "yes",
          );
          expect([entry, refuses(restriction, entry)]).toEqual([entry, !allowed]);
        }
      }),
    );
  });

  test("equal worlds give equal restrictions, in whatever order they are listed", () => {
    fc.assert(
      fc.property(fc.array(changes, { maxLength: 3 }), groups, (list, drafts) => {
        const made = drafts.map(({ members, name }) => packGroup(name, { members }));
        const configurations = list.map((change, index) => config(`c${index}`, change));
        expect(restrictionOf(configurations.toReversed(), worldOf(made.toReversed()))).toEqual(
          restrictionOf(configurations, worldOf(made)),
        );
      }),
    );
  });
});
