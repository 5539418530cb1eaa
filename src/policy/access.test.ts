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
import type { PackConfiguration, PackGroup, PackOrganization } from "../api/v1alpha1/index.ts";
import { toTimestamp } from "../lib/clock.ts";
import { type AccessWorld, coverage, hasAccess, reachesOutsiders } from "./access.ts";
import type { Audience, AudienceEntry } from "./audience.ts";
import { viewGroups } from "./groups.ts";
import { absent, found, type Lookup, type Truth, unknown } from "./truth.ts";

const BOT = "system:serviceaccount:team:bot";

const stale = (name: string, ...members: readonly string[]): PackGroup =>
  packGroup(name, { members, source: { name: "scim", maxAgeSeconds: 60 } }, { syncTime: toTimestamp(NOW - 3_600_000) });

const GROUPS: readonly PackGroup[] = [
  packGroup("sales", { members: [ANN] }),
  packGroup("staff", { members: [ANN, BEN] }),
  packGroup("mixed", { members: [ANN, OUTSIDER] }),
  packGroup("empty", {}),
  packGroup("halves-1", { groupName: "halves", members: [ANN] }),
  packGroup("halves-2", { groupName: "halves", members: [BEN] }),
  packGroup("shaky-1", { groupName: "shaky", members: [ANN] }),
  stale("shaky", BEN),
  stale("old", ANN),
  stale("old-mixed", ANN, OUTSIDER),
];

const worldOf = (groups: readonly PackGroup[], it: Lookup<PackOrganization> = found(organization())): AccessWorld => ({
  organization: it,
  groups: viewing(...groups),
});

const WORLD = worldOf(GROUPS);
const EVERYONE = worldOf(GROUPS, found(organization(organizedBy({ members: "Everyone" }))));
const UNSYNCED: AccessWorld = { organization: found(organization()), groups: viewGroups(() => [], false, NOW) };

const configuration = (change: Change<PackConfiguration>): PackConfiguration => changed(packConfiguration("c"), change);
const whole: Change<PackConfiguration> = (it) => it;
const nobody: Change<PackConfiguration> = ({ spec: { access: _, ...spec }, ...rest }) => ({ ...rest, spec });
const annAndGroup = (group: string): Change<PackConfiguration> =>
  configuredBy({
    access: {
      scope: "Subjects",
      subjects: [
        { kind: "User", name: ANN },
        { kind: "Group", name: group },
      ],
    },
  });

describe("access to a configuration", () => {
  const rows: readonly (readonly [sentence: string, user: string, change: Change<PackConfiguration>, may: Truth])[] = [
    ["S1-14 `Approved` admits a member", ANN, approved(), "yes"],
    ["S1-14 `Approved` admits an outsider too", OUTSIDER, approved(), "yes"],
    ["S1-15 `Denied` admits nobody", ANN, denied(), "no"],
    ["the whole organization admits a member", ANN, whole, "yes"],
    ["the whole organization admits a ServiceAccount of the cluster", BOT, whole, "yes"],
    ["the mail domain alone is folded: a member may write it in upper case", "ann@EXAMPLE.COM", whole, "yes"],
    ["S1-16 the whole organization does not admit an outsider", OUTSIDER, whole, "no"],
    ["S1-24 a list admits the member that it names", ANN, forUsers(ANN), "yes"],
    ["S1-24 a list does not admit a member that it does not name", BEN, forUsers(ANN), "no"],
    ["S1-16 a list does not admit an outsider that it names", OUTSIDER, forUsers(OUTSIDER), "no"],
    ["an empty list admits nobody", ANN, forUsers(), "no"],
    ["a name is compared byte for byte", "Ann@example.com", forUsers(ANN), "no"],
    ["a name with its domain in upper case is another name", "ann@EXAMPLE.com", forUsers(ANN), "no"],
    ["S1-25 a group admits its members", ANN, forGroups("sales"), "yes"],
    ["S1-25 a group admits nobody else", BEN, forGroups("sales"), "no"],
    ["S1-60 a group of several parts admits the members of each", BEN, forGroups("halves"), "yes"],
    ["S1-16 a group does not admit the outsider in it", OUTSIDER, forGroups("mixed"), "no"],
    ["S1-65 a deleted group admits nobody", ANN, forGroups("gone"), "no"],
    ["a group that names nobody admits nobody", ANN, forGroups("empty"), "no"],
    ["a group whose members are stale admits who knows whom", ANN, forGroups("old"), "unknown"],
    ["a group whose members are stale does not admit an outsider whatever they are", OUTSIDER, forGroups("old"), "no"],
    ["a group of a fresh and a stale part admits the members of the fresh one", ANN, forGroups("shaky"), "yes"],
    ["one of several groups is enough", BEN, forGroups("sales", "staff"), "yes"],
    ["one group is enough though another one is stale", ANN, forGroups("old", "sales"), "yes"],
    ["no group admits him, but one is stale", BEN, forGroups("sales", "old"), "unknown"],
    ["a group with the user's name is not the user", ANN, forGroups(ANN), "no"],
    ["a user beside a stale group is admitted", ANN, annAndGroup("old"), "yes"],
    ["no group admits an outsider", OUTSIDER, annAndGroup("mixed"), "no"],
    ["a configuration that does not say whom it admits admits nobody", ANN, nobody, "no"],
  ];
  test.each(rows)("%s", (_, user, change, may) => {
    expect(hasAccess(user, configuration(change), WORLD)).toBe(may);
  });

  const withoutOrganization: typeof rows = [
    ["`Approved` needs no organization", OUTSIDER, approved(), "yes"],
    ["`Denied` needs no organization", ANN, denied(), "no"],
    ["who is not named has no access whatever the organization is", BEN, forUsers(ANN), "no"],
    ["who is named may be a member or not", ANN, forUsers(ANN), "unknown"],
    ["the whole organization is nobody knows who", ANN, whole, "unknown"],
  ];
  test.each(withoutOrganization)("while the organization is unknown: %s", (_, user, change, may) => {
    expect(hasAccess(user, configuration(change), worldOf(GROUPS, absent))).toBe(may);
    expect(hasAccess(user, configuration(change), worldOf(GROUPS, unknown("it cannot be listed")))).toBe(may);
  });

  test("is open to every user who is named, where everybody is a member", () => {
    expect(hasAccess(OUTSIDER, configuration(whole), EVERYONE)).toBe("yes");
    expect(hasAccess(OUTSIDER, configuration(forGroups("mixed")), EVERYONE)).toBe("yes");
    expect(hasAccess(OUTSIDER, configuration(forUsers(ANN)), EVERYONE)).toBe("no");
  });

  test("through a group is unknown while the groups are not listed", () => {
    expect(hasAccess(ANN, configuration(forGroups("sales")), UNSYNCED)).toBe("unknown");
    expect(hasAccess(ANN, configuration(whole), UNSYNCED)).toBe("yes");
  });
});

const audience = (...entries: readonly AudienceEntry[]): Audience => ({ entries, folders: [] });
const user = (name: string): AudienceEntry => ({ kind: "User", name });
const group = (name: string): AudienceEntry => ({ kind: "Group", name });
const domain = (name: string): AudienceEntry => ({ kind: "Domain", name });
const ANYONE: AudienceEntry = { kind: "Anyone", name: "*" };

const covered = (entry: AudienceEntry, change: Change<PackConfiguration>, world = WORLD): Truth =>
  coverage(audience(entry), configuration(change), world).covered;

describe("an entry of a doc's audience", () => {
  const rows: readonly (readonly [
    sentence: string,
    entry: AudienceEntry,
    change: Change<PackConfiguration>,
    covered: Truth,
  ])[] = [
    ["S1-7 is covered if it is a user with access", user(ANN), forUsers(ANN), "yes"],
    ["S1-7 is not covered if it is a user without", user(BEN), forUsers(ANN), "no"],
    ["is not covered if it is an outsider", user(OUTSIDER), whole, "no"],
    ["is not known to be covered if it is a user through a stale group", user(ANN), forGroups("old"), "unknown"],
    ["S1-8 is covered if it is a group that is named", group("sales"), forGroups("sales"), "yes"],
    ["is not covered if it is a named group with an outsider in it", group("mixed"), forGroups("mixed"), "no"],
    ["is covered if it is a group all of whose members are named", group("staff"), forUsers(ANN, BEN), "yes"],
    ["is covered if it is a group all of whose members are in a named one", group("sales"), forGroups("staff"), "yes"],
    ["is not covered if it is a group one of whose members is not named", group("staff"), forGroups("sales"), "no"],
    ["is covered if it is a group of members, for the organization", group("staff"), whole, "yes"],
    ["is not covered if it is a group with an outsider, for the organization", group("mixed"), whole, "no"],
    ["is not known to be covered if it is a stale group", group("old"), forGroups("old"), "unknown"],
    ["is not known to be covered if it is a stale group, for the organization", group("old"), whole, "unknown"],
    ["is not known to be uncovered by an outsider in a stale group", group("old-mixed"), whole, "unknown"],
    ["is not known to be uncovered by a stale member without access", group("old"), forUsers(BEN), "unknown"],
    ["is not covered if one is uncovered in the fresh part of a group", group("shaky"), forUsers(BEN), "no"],
    ["is covered if it is a deleted group: nobody is in it", group("gone"), forUsers(ANN), "yes"],
    ["is covered if it is a group that names nobody", group("empty"), forUsers(ANN), "yes"],
    ["is covered if it is an owned domain, for the organization", domain("example.com"), whole, "yes"],
    ["is covered if it is an owned domain in upper case", domain("EXAMPLE.com"), whole, "yes"],
    ["is not covered if it is a domain that looks like an owned one", domain("\u0435xample.com"), whole, "no"],
    ["is not covered if it is a sub-domain of an owned one", domain("mail.example.com"), whole, "no"],
    ["is not covered if it is a domain that is not owned", domain("elsewhere.org"), whole, "no"],
    ["is not covered if it is an owned domain, for a list", domain("example.com"), forUsers(ANN), "no"],
    ["is not covered if it is anyone, for the organization", ANYONE, whole, "no"],
    ["is not covered if it is anyone, for a list", ANYONE, forGroups("sales"), "no"],
    ["S1-14 is covered if it is an outsider, under `Approved`", user(OUTSIDER), approved(), "yes"],
    ["S1-14 is covered if it is a group with outsiders, under `Approved`", group("mixed"), approved(), "yes"],
    ["is covered if it is a stale group, under `Approved`", group("old"), approved(), "yes"],
    ["is covered if it is a foreign domain, under `Approved`", domain("elsewhere.org"), approved(), "yes"],
    ["is covered if it is anyone, under `Approved`", ANYONE, approved(), "yes"],
    ["is not covered under `Denied`", user(ANN), denied(), "no"],
    ["is not covered under `Denied`, even an empty group", group("empty"), denied(), "no"],
    ["is not covered where nobody is said to have access", user(ANN), nobody, "no"],
  ];
  test.each(rows)("%s", (_, entry, change, expected) => {
    expect(covered(entry, change)).toBe(expected);
  });

  const everyone: typeof rows = [
    ["every user is covered, for the organization", user("kubernetes-admin"), whole, "yes"],
    ["every group is covered, for the organization", group("mixed"), whole, "yes"],
    ["a foreign domain is not: only owned ones are", domain("elsewhere.org"), whole, "no"],
    ["anyone is not", ANYONE, whole, "no"],
  ];
  test.each(everyone)("where everybody is a member: %s", (_, entry, change, expected) => {
    expect(covered(entry, change, EVERYONE)).toBe(expected);
  });

  const unorganized: typeof rows = [
    ["a group is not known to be covered", group("sales"), forGroups("sales"), "unknown"],
    ["a domain is not known to be covered", domain("example.com"), whole, "unknown"],
    ["a domain is not covered by a list", domain("example.com"), forUsers(ANN), "no"],
    ["who is not named is not covered", user(BEN), forUsers(ANN), "no"],
  ];
  test.each(unorganized)("while the organization is unknown: %s", (_, entry, change, expected) => {
    expect(covered(entry, change, worldOf(GROUPS, absent))).toBe(expected);
  });

  test("is unknown if it is a group, while the groups are not listed", () => {
    expect(covered(group("sales"), whole, UNSYNCED)).toBe("unknown");
  });
});

describe("an audience", () => {
  const forStaff = configuration(forGroups("staff"));

  test("is covered if every entry is", () => {
    expect(coverage(audience(user(ANN), group("sales")), forStaff, WORLD)).toEqual({
      covered: "yes",
      entry: undefined,
    });
  });

  test("is not covered if one entry is not, which is named, though it stands behind one that is not known", () => {
    const entries = [user(ANN), group("old"), ANYONE];
    expect(coverage(audience(...entries), forStaff, WORLD)).toEqual({ covered: "no", entry: ANYONE });
  });

  test("is not known to be covered if one entry is not, which is named", () => {
    expect(coverage(audience(user(ANN), group("old")), forStaff, WORLD)).toEqual({
      covered: "unknown",
      entry: group("old"),
    });
  });

  test("is not known to be covered if it is not known whole, unless what is known is uncovered already", () => {
    const partial = (entry: AudienceEntry): Audience => ({ ...audience(entry), incomplete: "a folder is missing" });
    expect(coverage(partial(user(ANN)), forStaff, WORLD)).toEqual({ covered: "unknown", entry: undefined });
    expect(coverage(partial(user(OUTSIDER)), forStaff, WORLD).covered).toBe("no");
  });

  test("says from which folder the entry is that stands against it", () => {
    const entry: AudienceEntry = { kind: "User", name: OUTSIDER, folder: "clients" };
    expect(coverage(audience(user(ANN), entry), forStaff, WORLD).entry).toBe(entry);
  });
});

const USERS = [ANN, BEN, OUTSIDER, BOT] as const;
const names = fc.constantFrom("a", "b");
const someUsers = fc.uniqueArray(fc.constantFrom(...USERS));
const someGroups = fc.array(fc.record({ groupName: names, members: someUsers, isStale: fc.boolean() }), {
  maxLength: 3,
});
const configurations = fc.oneof(
  fc.constant(configuration(whole)),
  fc.constant(configuration(approved())),
  fc.constant(configuration(denied())),
  someUsers.map((list) => configuration(forUsers(...list))),
  fc.uniqueArray(names).map((list) => configuration(forGroups(...list))),
);
const entries = fc.array(
  fc.oneof(
    fc.constantFrom(...USERS).map(user),
    names.map(group),
    fc.constantFrom("example.com", "elsewhere.org").map(domain),
    fc.constant(ANYONE),
  ),
  { maxLength: 4 },
);

type Draft = { readonly groupName: string; readonly members: readonly string[]; readonly isStale: boolean };

const groupsIn = (drafts: readonly Draft[]): AccessWorld =>
  worldOf(
    drafts.map(({ groupName, isStale, members }, index) =>
      packGroup(
        `part-${index}`,
        { groupName, members, ...(isStale ? { source: { name: "scim", maxAgeSeconds: 60 } } : {}) },
        { syncTime: toTimestamp(NOW - 3_600_000) },
      ),
    ),
  );

describe("whatever the world is", () => {
  test("who is removed from a group does not get access by it, and neither does anybody else", () => {
    fc.assert(
      fc.property(configurations, someGroups, fc.constantFrom(...USERS), (it, drafts, gone) => {
        const less = drafts.map((draft) => ({ ...draft, members: draft.members.filter((name) => name !== gone) }));
        for (const name of USERS) {
          if (hasAccess(name, it, groupsIn(drafts)) === "yes") continue;
          expect(hasAccess(name, it, groupsIn(less))).not.toBe("yes");
        }
      }),
    );
  });

  test("who is not named any more does not get access by it", () => {
    fc.assert(
      fc.property(someUsers, fc.constantFrom(...USERS), (list, gone) => {
        const less = configuration(forUsers(...list.filter((name) => name !== gone)));
        for (const name of USERS) {
          const before = hasAccess(name, configuration(forUsers(...list)), WORLD);
          if (before === "no") expect(hasAccess(name, less, WORLD)).toBe("no");
        }
      }),
    );
  });

  test("sharing a doc with more people never covers it", () => {
    fc.assert(
      fc.property(configurations, someGroups, entries, entries, (it, drafts, before, more) => {
        const world = groupsIn(drafts);
        const answer = coverage(audience(...before), it, world).covered;
        const wider = coverage(audience(...before, ...more), it, world).covered;
        if (answer === "no") expect(wider).toBe("no");
        if (answer === "unknown") expect(wider).not.toBe("yes");
      }),
    );
  });

  test("an audience is covered exactly if each entry alone is", () => {
    fc.assert(
      fc.property(configurations, someGroups, entries, (it, drafts, list) => {
        const world = groupsIn(drafts);
        const each = list.map((entry) => coverage(audience(entry), it, world).covered);
        const expected = each.includes("no") ? "no" : each.includes("unknown") ? "unknown" : "yes";
        expect(coverage(audience(...list), it, world).covered).toBe(expected);
      }),
    );
  });

  test("a covered group holds nobody without access", () => {
    fc.assert(
      fc.property(configurations, someGroups, names, (it, drafts, name) => {
        const world = groupsIn(drafts);
        if (coverage(audience(group(name)), it, world).covered !== "yes") return;
        const members = drafts.filter((draft) => draft.groupName === name).flatMap((draft) => draft.members);
        for (const member of members) expect(hasAccess(member, it, world)).toBe("yes");
      }),
    );
  });

  test("when a group becomes stale nothing turns into yes, and nothing into no", () => {
    fc.assert(
      fc.property(configurations, someGroups, entries, (it, drafts, list) => {
        const old = groupsIn(drafts.map((draft) => ({ ...draft, isStale: true })));
        const now = groupsIn(drafts);
        expect([coverage(audience(...list), it, now).covered, "unknown"]).toContain(
          coverage(audience(...list), it, old).covered,
        );
        for (const name of USERS) expect([hasAccess(name, it, now), "unknown"]).toContain(hasAccess(name, it, old));
      }),
    );
  });
});

describe("an audience reaches outsiders", () => {
  const ABSENT = worldOf(GROUPS, absent);
  const rows: readonly (readonly [
    sentence: string,
    entries: readonly AudienceEntry[],
    world: AccessWorld,
    reaches: Truth,
  ])[] = [
    ["no: nobody", [], WORLD, "no"],
    ["no: a member", [{ kind: "User", name: ANN }], WORLD, "no"],
    ["yes: an outsider by name", [{ kind: "User", name: OUTSIDER }], WORLD, "yes"],
    ["no: whoever it is, if everyone is a member", [{ kind: "User", name: OUTSIDER }], EVERYONE, "no"],
    ["unknown: a user while nobody knows who is a member", [{ kind: "User", name: ANN }], ABSENT, "unknown"],
    ["no: a group of members", [{ kind: "Group", name: "staff" }], WORLD, "no"],
    ["yes: a group with an outsider", [{ kind: "Group", name: "mixed" }], WORLD, "yes"],
    ["unknown: a stale group", [{ kind: "Group", name: "old" }], WORLD, "unknown"],
    ["unknown: a group while nobody knows who is a member", [{ kind: "Group", name: "staff" }], ABSENT, "unknown"],
    ["no: an owned domain", [{ kind: "Domain", name: "example.com" }], WORLD, "no"],
    ["yes: a foreign domain", [{ kind: "Domain", name: "elsewhere.org" }], WORLD, "yes"],
    ["yes: a domain that is not ASCII", [{ kind: "Domain", name: "example\u212a.com" }], WORLD, "yes"],
    [
      "unknown: a domain while nobody knows which are owned",
      [{ kind: "Domain", name: "example.com" }],
      ABSENT,
      "unknown",
    ],
    ["yes: anyone", [{ kind: "Anyone", name: "*" }], ABSENT, "yes"],
    [
      "yes: one of several is enough",
      [
        { kind: "User", name: ANN },
        { kind: "Group", name: "old" },
        { kind: "User", name: OUTSIDER },
      ],
      WORLD,
      "yes",
    ],
  ];
  test.each(rows)("%s", (_, entries, world, reaches) => {
    expect(reachesOutsiders({ entries, folders: [] }, world)).toBe(reaches);
  });

  test("perhaps, where not all of it is known", () => {
    const incomplete = (...entries: readonly AudienceEntry[]): Audience => ({
      entries,
      folders: [],
      incomplete: "a loop",
    });
    expect(reachesOutsiders(incomplete({ kind: "User", name: ANN }), WORLD)).toBe("unknown");
    expect(reachesOutsiders(incomplete({ kind: "User", name: OUTSIDER }), WORLD)).toBe("yes");
  });
});
