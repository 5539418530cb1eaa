/** What holds for the accounts of every install. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type {
  AccountGrant,
  GrantAccount,
  PackAccount,
  PackAccountSpec,
  PackDefinition,
  PackGrantSpec,
} from "../../src/api/v1alpha1/index.ts";
import { toTimestamp } from "../../src/lib/clock.ts";
import { stableJson } from "../../src/lib/stable-json.ts";
import type { AccountFacts } from "../../src/policy/account-consent.ts";
import { decide } from "../../src/policy/decide.ts";
import { accountsOf, type InstallAccountsInput } from "../../src/policy/install-accounts.ts";
import { unknown } from "../../src/policy/truth.ts";
import { connectedBy, consentingTo, inEffect, knownAs, naming, packAccount } from "../gen/accounts.ts";
import {
  ANN,
  authenticatedBy,
  BEN,
  changed,
  denied,
  forUsers,
  groupsOf,
  inDoc,
  inNamespace,
  installInput,
  NOW,
  OUTSIDER,
  packConfiguration,
  packDefinition,
  packInstall,
  reaching,
} from "../gen/objects.ts";
import { RUNS } from "./worlds.ts";

const HOSTS = ["a.com", "b.com", "c.com"] as const;
const USERS = [ANN, BEN, OUTSIDER] as const;
const NAMESPACES = ["team", "other"] as const;
const KEYS = NAMESPACES.flatMap((namespace) => ["x", "y"].map((name) => `${namespace}/${name}`));

const hosts = fc.subarray([...HOSTS]);
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 2 });

const grants: fc.Arbitrary<AccountGrant> = fc
  .record({
    namespace: optional(fc.constantFrom(...NAMESPACES)),
    by: fc.constantFrom("doc", "install"),
    name: fc.constantFrom("crm", "crm", "crm", "erp"),
    expire: optional(fc.constantFrom(-1000, 0, 1000, 60_000)),
  })
  .map(({ by, expire, name, namespace }) => ({
    ...(namespace === undefined ? {} : { namespace }),
    ...(by === "doc" ? { docRef: { name } } : { installRef: { name } }),
    ...(expire === undefined ? {} : { expireTime: toTimestamp(NOW + expire) }),
  }));

const access = fc.constantFrom<NonNullable<PackAccountSpec["access"]>>(
  {},
  { viewData: "Nobody", takeActions: "Owner" },
  { viewData: "DocMembers", takeActions: "Owner" },
  { viewData: "DocMembers", takeActions: "DocMembers" },
  { viewData: "DocMembers", takeActions: "Nobody" },
);

const accountAt = (key: string): fc.Arbitrary<PackAccount> => {
  const [namespace = "", name = ""] = key.split("/");
  return fc
    .record({
      owner: fc.constantFrom(...USERS),
      access,
      grants: fc.array(grants, { maxLength: 3 }),
      consented: optional(hosts),
      pack: fc.constantFrom("crm", "crm", "crm", "erp"),
      ends: optional(fc.constantFrom(-1000, 30_000)),
    })
    .map(({ consented, ends, pack, ...spec }) =>
      packAccount(
        name,
        inNamespace(namespace),
        connectedBy({ ...spec, packRef: { name: pack } }),
        ...(consented === undefined ? [] : [consentingTo(...consented)]),
        ...(ends === undefined ? [] : [knownAs({ expireTime: toTimestamp(NOW + ends) })]),
      ),
    );
};

type World = {
  readonly input: InstallAccountsInput;
  readonly definition: PackDefinition;
  readonly facts: AccountFacts;
};

const worlds: fc.Arbitrary<World> = fc
  .record({
    accounts: fc.tuple(...KEYS.map(accountAt)),
    refs: fc.subarray(KEYS),
    doc: fc.boolean(),
    declared: fc.subarray([...HOSTS], { minLength: 1 }),
    effective: hosts,
    configurations: fc.subarray([
      packConfiguration("members"),
      packConfiguration("ann", forUsers(ANN)),
      packConfiguration("ben", forUsers(BEN)),
    ]),
  })
  .map(({ accounts, configurations, declared, doc, effective, refs }) => ({
    input: installInput({
      install: packInstall("crm", naming(...refs), ...(doc ? [inDoc("crm")] : [])),
      accounts,
      configurations,
    }),
    definition: packDefinition(
      "crm",
      reaching(...declared),
      authenticatedBy({ type: "HeaderBearerToken", networkDomains: declared }),
    ),
    facts: inEffect(...effective.filter((host) => declared.includes(host))),
  }));

const accountsIn = ({ definition, facts, input }: World): readonly GrantAccount[] =>
  accountsOf(input, definition, facts);
const withInput = (world: World, input: Partial<InstallAccountsInput>): World => ({
  ...world,
  input: { ...world.input, ...input },
});

const endOf = ({ expireTime }: GrantAccount): number =>
  expireTime === undefined ? Number.POSITIVE_INFINITY : Date.parse(expireTime);

/** Whether whoever has `less` can do nothing that he cannot do with `more`. */
const isWithin = (less: readonly GrantAccount[], more: readonly GrantAccount[]): boolean =>
  less.every((account) => {
    const twin = more.find(({ name }) => name === account.name);
    if (twin === undefined) return false;
    const rest = ({ boundHosts: _, expireTime: __, ...it }: GrantAccount) => stableJson(it);
    return (
      rest(account) === rest(twin) &&
      endOf(account) <= endOf(twin) &&
      (account.boundHosts ?? []).every((host) => twin.boundHosts?.includes(host))
    );
  });

const without = <T>(list: readonly T[], index: number): readonly T[] => list.filter((_, at) => at !== index);

/** The world with one of these taken away; the index runs over all that there is to take. */
const REMOVALS: Readonly<Record<string, (world: World, pick: number) => World>> = {
  "a reference of the install": (world, pick) => {
    const { install } = world.input;
    const refs = install.spec.accountRefs ?? [];
    const fewer = changed(install, (it) => ({
      ...it,
      spec: { ...it.spec, accountRefs: without(refs, pick % (refs.length + 1)) },
    }));
    return withInput(world, { install: fewer });
  },
  "a grant of an account": (world, pick) =>
    changeOne(world, pick, (account) => {
      const list = account.spec.grants ?? [];
      return changed(
        account,
        connectedBy({ grants: without(list, Math.floor(pick / KEYS.length) % (list.length + 1)) }),
      );
    }),
  "a consent of an owner": (world, pick) =>
    changeOne(world, pick, (account) => {
      const { consentedDomains } = account.status ?? {};
      if (consentedDomains === undefined) return account;
      const fewer = without(consentedDomains, Math.floor(pick / KEYS.length) % (consentedDomains.length + 1));
      return changed(account, knownAs({ consentedDomains: fewer }));
    }),
  "an account": (world, pick) => withInput(world, { accounts: without(world.input.accounts, pick % KEYS.length) }),
  "a domain that is in effect": (world, pick) => ({
    ...world,
    facts: inEffect(...without(world.facts.effectiveDomains, pick % (world.facts.effectiveDomains.length + 1))),
  }),
  "the time until an account ends": (world, pick) =>
    changeOne(world, pick, (account) => changed(account, knownAs({ expireTime: toTimestamp(NOW + 1000) }))),
  "every member's access": (world) =>
    withInput(world, { configurations: [...world.input.configurations, packConfiguration("no", denied())] }),
  "what the configurations say": (world) => withInput(world, { configurationsKnown: false }),
  "the organization": (world) => withInput(world, { organization: unknown("nobody can tell") }),
};

const changeOne = (world: World, pick: number, change: (account: PackAccount) => PackAccount): World =>
  withInput(world, {
    accounts: world.input.accounts.map((account, index) => (index === pick % KEYS.length ? change(account) : account)),
  });

describe("the accounts of an install", () => {
  test.each(Object.entries(REMOVALS))("never become more by taking away %s", (_, remove) => {
    fc.assert(
      fc.property(worlds, fc.nat(1000), (world, pick) => {
        // What is unknown holds what was accepted before; the rules may have refused it already.
        const before = accountsIn(world);
        const after = accountsIn(remove(world, pick));
        const held = remove === REMOVALS["the organization"] || remove === REMOVALS["what the configurations say"];
        expect(isWithin(after, held ? [...before, ...recorded(world, after)] : before)).toBe(true);
      }),
      RUNS,
    );
  });

  test("S2-7 are those, and only those, that the install names and that name it or its doc", () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const { accounts, install } = world.input;
        for (const { name } of accountsIn(world)) {
          const account = accounts.find(({ metadata }) => `${metadata.namespace}/${metadata.name}` === name);
          const refs = (install.spec.accountRefs ?? []).map((ref) => `${ref.namespace}/${ref.name}`);
          expect(refs).toContain(name);
          const opens = (account?.spec.grants ?? []).some(
            (grant) =>
              (grant.namespace ?? account?.metadata.namespace) === "team" &&
              (grant.installRef?.name === "crm" ||
                (grant.docRef?.name === "crm" && install.spec.docRef?.name === "crm")) &&
              (grant.expireTime === undefined || Date.parse(grant.expireTime) > NOW),
          );
          expect(opens).toBe(true);
          expect(account?.spec.packRef.name).toBe("crm");
        }
      }),
      RUNS,
    );
  });

  test("go nowhere but where their owner agreed to and the pack may send them", () => {
    fc.assert(
      fc.property(worlds, (world) => {
        for (const { boundHosts = [], name } of accountsIn(world)) {
          const account = world.input.accounts.find(
            ({ metadata }) => `${metadata.namespace}/${metadata.name}` === name,
          );
          expect(boundHosts.length).toBeGreaterThan(0);
          for (const host of boundHosts) {
            expect(account?.status?.consentedDomains).toContain(host);
            expect(world.facts.effectiveDomains).toContain(host);
          }
        }
      }),
      RUNS,
    );
  });

  test("are the same bytes in whatever order they are listed and named", () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const { accounts, install } = world.input;
        const turned = withInput(world, {
          accounts: accounts
            .map((it) => changed(it, connectedBy({ grants: (it.spec.grants ?? []).toReversed() })))
            .toReversed(),
          install: changed(install, (it) => ({
            ...it,
            spec: { ...it.spec, accountRefs: (it.spec.accountRefs ?? []).toReversed() },
          })),
        });
        expect(stableJson(accountsIn(turned))).toBe(stableJson(accountsIn(world)));
      }),
      RUNS,
    );
  });

  test("S2-13 private ones serve nobody but their owner", () => {
    fc.assert(
      fc.property(
        worlds,
        fc.constantFrom(...USERS),
        fc.boolean(),
        optional(fc.constantFrom(...KEYS)),
        (world, user, action, chosen) => {
          const accounts = accountsIn(world);
          const decision = decide(
            grantWith(accounts, action),
            {
              caller: user,
              user,
              mayInvoke: true,
              component: { kind: "Formula", name: "Use" },
              ...(chosen === undefined ? {} : { account: chosen }),
            },
            groupsOf({}),
            NOW,
          );
          if (!decision.allowed || decision.account === undefined || decision.account.owner === user) return;
          expect(decision.account.viewData).toBe("DocMembers");
          if (action) expect(decision.account.takeActions).toBe("DocMembers");
        },
      ),
      RUNS,
    );
  });
});

/** Accounts whose status says that they were accepted before, as they are while nobody can tell. */
const recorded = ({ input }: World, accounts: readonly GrantAccount[]): readonly GrantAccount[] =>
  accounts.filter(({ name }) =>
    input.accounts.some(
      ({ metadata, status }) =>
        `${metadata.namespace}/${metadata.name}` === name &&
        status?.conditions?.some(({ type, status: is }) => type === "Accepted" && is === "True"),
    ),
  );

const grantWith = (accounts: readonly GrantAccount[], action: boolean): PackGrantSpec => ({
  install: { namespace: "team", name: "crm", uid: "1" },
  pack: "crm",
  state: "Active",
  hosts: HOSTS.map((domain) => ({ domain, auth: "User" })),
  components: [{ kind: "Formula", name: "Use", action, connection: "Required", enabled: true }],
  access: { state: "Approved", scope: "Organization", members: "Everyone" },
  accounts,
  allowedScopes: { allow: "All" },
  accountTypes: ["Private", "Shared"],
  audience: { anyone: true },
  limits: { timeoutSeconds: 60, maxResponseBytes: 1024, maxConcurrentRuns: 4, isolation: "PerUser" },
  configuration: { name: "members" },
});
