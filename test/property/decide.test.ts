/** What holds for every grant and every request. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isReason } from "../../src/api/reasons.ts";
import type {
  AccountType,
  GrantAccess,
  GrantAccount,
  GrantAudience,
  GrantComponent,
  GrantHost,
  GrantParameterRule,
  GrantValueRule,
  PackGrantSpec,
} from "../../src/api/v1alpha1/index.ts";
import {
  check,
  compileGrant,
  type Decision,
  decide,
  type InvocationRequest,
  type Question,
} from "../../src/policy/decide.ts";
import type { Truth } from "../../src/policy/truth.ts";
import type { GroupView } from "../../src/policy/user-access.ts";
import { ANN, BEN, NOW, OUTSIDER } from "../gen/objects.ts";
import { RUNS } from "./worlds.ts";

const users = fc.constantFrom(ANN, ANN, ANN, BEN, BEN, OUTSIDER);
const groupNames = fc.constantFrom("sales", "old");
const scopes = fc.constantFrom("read", "write", "admin");
const domains = fc.constantFrom("crm.com", "api.crm.com", "other.com");
const names = fc.constantFrom("A", "B", "C");
const some = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.uniqueArray(one, { minLength: 1, maxLength: 3 });

/** Mostly the first: a grant in which everything is arbitrary denies almost everything. */
const mostly = <T>(usual: NoInfer<T>, rare: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 12, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: rare });

const rules: fc.Arbitrary<GrantValueRule> = fc.constantFrom<GrantValueRule>(
  { values: ["a", "5"] },
  { pattern: "(a|aa)+" },
  { minimum: "1", maximum: "9" },
  { prefix: "https://crm.com/v1/" },
  {},
);

const parameterRules: fc.Arbitrary<GrantParameterRule[]> = fc.uniqueArray(
  fc.record({ name: fc.constantFrom("text", "number", "list", "gone"), rule: rules }),
  { maxLength: 2, selector: ({ name }) => name },
);

const component: fc.Arbitrary<GrantComponent> = fc
  .record({
    kind: fc.constantFrom("Formula" as const, "SyncTable" as const),
    name: names,
    action: fc.boolean(),
    connection: fc.constantFrom("None" as const, "Optional" as const, "Required" as const, "Required" as const),
    enabled: mostly(true, fc.boolean()),
    scopes: fc.uniqueArray(scopes, { maxLength: 2 }),
    hosts: mostly(undefined, fc.option(some(domains), { nil: undefined })),
    parameters: mostly<NonNullable<GrantComponent["parameters"]>>(
      [
        { name: "text", type: "String", optional: true },
        { name: "number", type: "Number", optional: true },
        { name: "list", type: "StringArray", optional: true },
      ],
      fc.constant([{ name: "text", type: "String" }]),
    ),
    rules: mostly<GrantParameterRule[]>([], parameterRules),
    dynamic: fc.boolean(),
    dynamicURL: mostly(undefined, fc.option(rules, { nil: undefined })),
  })
  .map(({ hosts, dynamic, dynamicURL, ...rest }) => ({
    ...rest,
    ...(hosts === undefined ? {} : { hosts }),
    ...(dynamic && rest.kind === "SyncTable" ? { dynamic } : {}),
    ...(dynamicURL === undefined ? {} : { dynamicURL }),
  }));

const accountNames = fc.constantFrom("team/one", "team/two", "team/three", "team/four");

const account: fc.Arbitrary<GrantAccount> = fc.record({
  name: accountNames,
  owner: users,
  viewData: fc.constantFrom("Nobody" as const, "DocMembers" as const),
  takeActions: fc.constantFrom("Owner" as const, "DocMembers" as const, "Nobody" as const),
  secret: fc.constant("vault"),
  placement: fc.constant({ type: "OAuth2" as const }),
  grantedScopes: mostly(["admin", "read", "write"], some(scopes)),
  expireTime: mostly("2027-01-01T00:00:00Z", fc.constantFrom<string>("2020-01-01T00:00:00Z", "never")),
});

const access: fc.Arbitrary<GrantAccess> = fc.record({
  state: mostly("Configured", fc.constantFrom<GrantAccess["state"]>("Approved", "Configured", "Denied")),
  scope: fc.constantFrom("Organization" as const, "Subjects" as const),
  members: fc.constantFrom("OwnedDomains" as const, "Everyone" as const),
  users: some(users),
  groups: some(groupNames),
  ownedDomains: mostly(["example.com"], fc.constant<string[]>([])),
});

const audience: fc.Arbitrary<GrantAudience> = fc.record({
  users: some(users),
  groups: some(groupNames),
  domains: some(fc.constantFrom("example.com", "elsewhere.org")),
  anyone: fc.boolean(),
});

type Full = Required<Omit<PackGrantSpec, "reason" | "message">>;

const grants: fc.Arbitrary<Full> = fc.record({
  install: fc.constant({ namespace: "team", name: "crm", uid: "1" }),
  pack: fc.constant("crm"),
  state: mostly("Active", fc.constantFrom("Active" as const, "Suspended" as const, "Revoked" as const)),
  hosts: mostly([{ domain: "crm.com", auth: "User" }], fc.constant<GrantHost[]>([])),
  components: fc.uniqueArray(component, {
    minLength: 1,
    maxLength: 4,
    selector: ({ kind, name }) => `${kind}/${name}`,
  }),
  access,
  accounts: fc.uniqueArray(account, { maxLength: 4, selector: ({ name }) => name }),
  allowedScopes: fc.oneof(
    fc.constant({ allow: "All" as const }),
    fc.record({ allow: fc.constant("Listed" as const), allowed: some(scopes) }),
  ),
  accountTypes: mostly(["Private", "Shared"], some(fc.constantFrom<AccountType>("Private", "Shared"))),
  audience,
  limits: fc.constant({
    timeoutSeconds: 60,
    maxResponseBytes: 1024,
    maxConcurrentRuns: 1,
    isolation: "PerRun" as const,
  }),
  configuration: fc.constant({ name: "sales", contact: "it@example.com" }),
});

const parameters = mostly<unknown>(
  { text: "a" },
  fc.record(
    {
      text: fc.constantFrom<unknown>("a", "b", "aaaa", "https://crm.com/v1/x", "https://crm.com/v1/../x", 5),
      number: fc.constantFrom<unknown>(0, 5, 9.000001, "5"),
      list: fc.constantFrom<unknown>([], ["a"], ["a", "b"], "a"),
    },
    { requiredKeys: [] },
  ),
);

const requests: fc.Arbitrary<InvocationRequest> = fc
  .record({
    user: users,
    mayInvoke: mostly(true, fc.boolean()),
    component: fc.record({ kind: fc.constantFrom("Formula" as const, "SyncTable" as const), name: names }),
    parameters,
    dynamicURL: fc.oneof(
      { weight: 3, arbitrary: fc.constant(undefined) },
      { weight: 2, arbitrary: fc.constantFrom("https://crm.com/v1/a", "https://crm.com/v1/%2e%2e/a", "a") },
    ),
    unreadable: mostly<string | undefined>(undefined, fc.constant("must be JSON")),
    account: mostly<string | undefined>(undefined, fc.option(accountNames, { nil: undefined })),
  })
  .map(({ account, unreadable, ...request }) => ({
    caller: request.user,
    ...request,
    ...(unreadable === undefined ? {} : { unreadable }),
    ...(account === undefined ? {} : { account }),
  }));

const views: fc.Arbitrary<GroupView> = fc
  .func(fc.constantFrom<Truth>("yes", "yes", "no", "unknown"))
  .map((answer) => ({ isMember: (user, group) => answer(`${user} ${group}`) }));

/** The request is for something in the grant, wherever that has anything. */
const cases = fc.tuple(grants, requests, views, fc.nat()).map(([grant, request, view, at]) => {
  const wanted = grant.components[at % (grant.components.length || 1)];
  const component = wanted === undefined ? request.component : { kind: wanted.kind, name: wanted.name };
  return { grant, request: { ...request, component }, view };
});

const answer = (grant: PackGrantSpec, request: InvocationRequest, view: GroupView): Decision =>
  decide(grant, request, view, NOW);

/** Everything that can be taken away from a grant but accounts and what they depend on, one thing at a time. */
const weakenings = (grant: Full): readonly PackGrantSpec[] => {
  const without = <T>(list: readonly T[] | undefined): readonly (readonly T[])[] =>
    (list ?? []).map((_, index) => (list ?? []).filter((_, at) => at !== index));
  const { access: who, audience: doc, allowedScopes } = grant;
  return [
    { ...grant, state: "Suspended" },
    ...(["access", "audience", "limits", "hosts", "components", "allowedScopes"] as const).map((key) => {
      const { [key]: _, ...rest } = grant;
      return rest as PackGrantSpec;
    }),
    ...without(grant.components).map((components) => ({ ...grant, components })),
    ...without(grant.hosts).map((hosts) => ({ ...grant, hosts })),
    ...without(who.users).map((list) => ({ ...grant, access: { ...who, users: list } })),
    ...without(who.groups).map((list) => ({ ...grant, access: { ...who, groups: list } })),
    ...without(who.ownedDomains).map((list) => ({ ...grant, access: { ...who, ownedDomains: list } })),
    ...without(doc.users).map((list) => ({ ...grant, audience: { ...doc, users: list } })),
    ...without(doc.groups).map((list) => ({ ...grant, audience: { ...doc, groups: list } })),
    ...without(doc.domains).map((list) => ({ ...grant, audience: { ...doc, domains: list } })),
    { ...grant, audience: { ...doc, anyone: false } },
    ...("allowed" in allowedScopes ? without(allowedScopes.allowed) : []).map((allowed) => ({
      ...grant,
      allowedScopes: { allow: "Listed" as const, allowed },
    })),
    { ...grant, allowedScopes: { allow: "Listed" } },
    ...grant.components.flatMap((it, index) =>
      [
        { ...it, enabled: false },
        ...without(it.hosts).map((hosts) => ({ ...it, hosts })),
        ...without(it.rules?.flatMap(({ rule }) => rule.values ?? [])).map((values) => ({
          ...it,
          rules: (it.rules ?? []).map((entry) => (entry.rule.values ? { ...entry, rule: { values } } : entry)),
        })),
      ].map((less) => ({ ...grant, components: grant.components.with(index, less) })),
    ),
  ];
};

/** Every account that is gone, weaker, or of a type that is not allowed any more. */
const fewerAccounts = (grant: Full): readonly PackGrantSpec[] => [
  ...grant.accounts.map((_, index) => ({ ...grant, accounts: grant.accounts.toSpliced(index, 1) })),
  ...grant.accounts.flatMap((it, index) =>
    [
      { ...it, viewData: "Nobody" as const },
      { ...it, takeActions: "Nobody" as const },
      { ...it, grantedScopes: [] },
      { ...it, expireTime: "2020-01-01T00:00:00Z" },
    ].map((less) => ({ ...grant, accounts: grant.accounts.with(index, less) })),
  ),
  ...grant.accountTypes.map((type) => ({ ...grant, accountTypes: grant.accountTypes.filter((it) => it !== type) })),
];

const reach = (decision: Decision): readonly string[] =>
  decision.allowed ? decision.hosts.map(({ domain }) => domain) : [];

describe("a decision", () => {
  test("is often enough a yes in these worlds, so that what follows is no empty talk", () => {
    const seen = new Map<string, number>();
    for (const { grant, request, view } of fc.sample(cases, { seed: RUNS.seed, numRuns: 5000 })) {
      const decision = answer(grant, request, view);
      const word = decision.allowed ? "allowed" : decision.reason;
      seen.set(word, (seen.get(word) ?? 0) + 1);
    }
    expect(seen.get("allowed")).toBeGreaterThan(500);
    expect(seen.has("ComponentUnknown")).toBe(false);
    expect(seen.size).toBe(21);
  });

  test("S1-31 closed world: what the grant does not have, or has switched off, is never allowed", () => {
    fc.assert(
      fc.property(fc.tuple(grants, requests, views), ([grant, request, view]) => {
        const { kind, name } = request.component;
        const has = grant.components.some((it) => it.kind === kind && it.name === name && it.enabled);
        expect(answer(grant, request, view).allowed && !has).toBe(false);
        const components = grant.components.filter((it) => it.kind !== kind || it.name !== name);
        expect(answer({ ...grant, components }, request, view).allowed).toBe(false);
      }),
      RUNS,
    );
  });

  test("S1-62 never allows more when something is taken away from the grant", () => {
    fc.assert(
      fc.property(cases, ({ grant, request, view }) => {
        const before = answer(grant, request, view);
        for (const less of weakenings(grant)) {
          const after = answer(less, request, view);
          if (!after.allowed) continue;
          expect(before.allowed).toBe(true);
          expect(reach(before)).toEqual(expect.arrayContaining([...reach(after)]));
          expect(before).toMatchObject({ parameters: after.parameters });
        }
      }),
      RUNS,
    );
  });

  test("S1-62 gives no account that the same choice would not have given before accounts were taken away", () => {
    fc.assert(
      fc.property(cases, ({ grant, request, view }) => {
        for (const less of fewerAccounts(grant)) {
          const after = answer(less, request, view);
          if (!after.allowed) continue;
          if (after.account === undefined) {
            const before = answer(grant, request, view);
            expect(before.allowed || ["AccountAmbiguous", "ConsentRequired"].includes(before.reason)).toBe(true);
          } else {
            const before = answer(grant, { ...request, account: after.account.name }, view);
            expect(before).toMatchObject({ allowed: true, account: { name: after.account.name } });
          }
        }
      }),
      RUNS,
    );
  });

  test("never becomes a yes through groups that are not known", () => {
    fc.assert(
      fc.property(cases, ({ grant, request, view }) => {
        const all = (truth: Truth): GroupView => ({ isMember: () => truth });
        const doubtful: GroupView = {
          isMember: (user, group) => (view.isMember(user, group) === "yes" ? "unknown" : view.isMember(user, group)),
        };
        const nobody = answer(grant, request, all("no"));
        for (const unknown of [doubtful, all("unknown")]) {
          const decision = answer(grant, request, unknown);
          expect(decision.allowed).toBe(nobody.allowed);
        }
        if (nobody.allowed) expect(answer(grant, request, view).allowed).toBe(true);
      }),
      RUNS,
    );
  });

  test("S2-13 S2-17 is the same, to the letter, with and without private accounts of others", () => {
    fc.assert(
      fc.property(cases, ({ grant, request, view }) => {
        const action = grant.components.find(
          (it) => it.kind === request.component.kind && it.name === request.component.name,
        )?.action;
        const isOthersSecret = ({ owner, viewData, takeActions }: GrantAccount): boolean =>
          owner !== request.user &&
          !(viewData === "DocMembers" && (action === true ? takeActions === "DocMembers" : true));
        const accounts = grant.accounts.filter((it) => !isOthersSecret(it));
        const decision = answer(grant, request, view);
        expect(decision).toEqual(answer({ ...grant, accounts }, request, view));
        if (decision.allowed) return;
        for (const { name } of grant.accounts.filter(isOthersSecret))
          expect(JSON.stringify(decision)).not.toContain(name);
      }),
      RUNS,
    );
  });

  test("S1-55 no denial lacks a closed reason, the configuration, a contact or a sentence, and none repeats a value", () => {
    fc.assert(
      fc.property(cases, fc.stringMatching(/^[a-z]{12}$/), ({ grant, request, view }, secret) => {
        const decision = answer(grant, { ...request, parameters: { text: secret, list: [secret] } }, view);
        if (decision.allowed) return;
        expect(isReason(decision.reason)).toBe(true);
        expect(decision).toMatchObject({ configuration: "sales", contact: "it@example.com" });
        expect(decision.message).toMatch(/\.$/);
        expect(decision.message).not.toMatch(/undefined|\[object|null/);
        expect(decision.message).not.toContain(secret);
      }),
      RUNS,
    );
  });

  test("is the same when the grant was compiled once, and changes neither the grant nor the request", () => {
    fc.assert(
      fc.property(grants, fc.array(requests, { minLength: 1, maxLength: 5 }), views, (grant, many, view) => {
        const before = JSON.stringify([grant, many]);
        const decider = compileGrant(grant);
        for (const request of many) expect(decider(request, view, NOW)).toEqual(answer(grant, request, view));
        expect(JSON.stringify([grant, many])).toBe(before);
      }),
      RUNS,
    );
  });

  test("never throws, whatever JSON it is given, and delivers only what was given and declared", () => {
    fc.assert(
      fc.property(cases, fc.jsonValue(), fc.jsonValue(), ({ grant, request, view }, anything, url) => {
        const { unreadable: _, ...readable } = request;
        const decision = answer(grant, { ...readable, parameters: anything, dynamicURL: url }, view);
        if (!decision.allowed) return;
        expect(Object.keys(anything as object)).toEqual(expect.arrayContaining(Object.keys(decision.parameters)));
        const declared = (decision.component.parameters ?? []).map(({ name }) => name);
        expect(declared).toEqual(expect.arrayContaining(Object.keys(decision.parameters)));
      }),
      RUNS,
    );
  });

  test("S1-16 is never a yes for an outsider under `Configured`, whatever accounts he has", () => {
    fc.assert(
      fc.property(cases, ({ grant, request, view }) => {
        const closed = { ...grant, access: { ...grant.access, state: "Configured", members: "OwnedDomains" } as const };
        expect(answer(closed, { ...request, user: OUTSIDER }, view).allowed).toBe(false);
      }),
      RUNS,
    );
  });

  test("S1-43 delivers every restricted input, and nothing outside of its values", () => {
    fc.assert(
      fc.property(cases, ({ grant, request, view }) => {
        const rule = { name: "text", rule: { values: ["a"] } };
        const components = grant.components.map((it) => ({ ...it, rules: [rule] }));
        const decision = answer({ ...grant, components }, request, view);
        if (decision.allowed) expect(decision.parameters).toHaveProperty("text", "a");
      }),
      RUNS,
    );
  });

  test("S1-42 delivers a data set exactly to dynamic tables", () => {
    fc.assert(
      fc.property(cases, ({ grant, request, view }) => {
        const decision = answer(grant, request, view);
        if (decision.allowed) expect(decision.dynamicURL !== undefined).toBe(decision.component.dynamic === true);
      }),
      RUNS,
    );
  });

  test("about catastrophic regular expressions ends in linear time", () => {
    const piece = fc.constantFrom("a", "[ab]", "(a|a)", "(a+)", ".", "(?:a|ab)");
    const repeat = fc.constantFrom("*", "+", "?", "{0,30}", "{10}", "");
    const layer = fc.tuple(piece, repeat).map(([left, right]) => `${left}${right}`);
    const patterns = fc
      .tuple(fc.array(layer, { minLength: 1, maxLength: 6 }), repeat)
      .map(([layers, outer]) => `(${layers.join("")})${outer}x`);
    fc.assert(
      fc.property(patterns, (pattern) => {
        const grant = openTo(pattern);
        const start = performance.now();
        const decision = answer(grant, { ...ASKED, parameters: { text: "a".repeat(4000) } }, { isMember: () => "no" });
        expect(decision.allowed).toBe(false);
        expect(performance.now() - start).toBeLessThan(2000);
      }),
      { ...RUNS, numRuns: 60 },
    );
  });
});

describe("what a user is told that he can call", () => {
  const told = (grant: PackGrantSpec, { caller, user, mayInvoke, account, component }: Question, view: GroupView) =>
    check(
      grant,
      { caller, user, mayInvoke, ...(account === undefined ? {} : { account }), ...(component ? { component } : {}) },
      view,
      NOW,
    );
  const INPUT_REASONS = [
    "DynamicURLNotAllowed",
    "InputNotReadable",
    "ParameterMissing",
    "ParameterNotAllowed",
    "ParameterTypeWrong",
    "ParameterUnknown",
  ];

  test("S1-54 is what a decision then says, but for the inputs", () => {
    let agreed = 0;
    fc.assert(
      fc.property(cases, ({ grant, request, view }) => {
        const decision = answer(grant, request, view);
        const overview = told(grant, request, view);
        const said = overview.allowed ? overview.components[0] : overview;
        if (decision.allowed) {
          expect(said?.allowed).toBe(true);
          if (decision.account !== undefined) expect(said).toMatchObject({ account: decision.account.name });
          agreed++;
        } else if (said?.allowed === false) {
          expect([said.reason, ...INPUT_REASONS]).toContain(decision.reason);
        } else {
          const isLeftToTheUser = [...INPUT_REASONS, "AccountAmbiguous", "ConsentRequired"].includes(decision.reason);
          expect(isLeftToTheUser).toBe(true);
        }
      }),
      RUNS,
    );
    expect(agreed).toBeGreaterThan(RUNS.numRuns / 20);
  });

  test("S1-54 holds with every account that is named there, and with no other", () => {
    fc.assert(
      fc.property(cases, ({ grant, request, view }) => {
        const { account: _, unreadable: __, ...open } = request;
        const overview = told(grant, open, view);
        const said = overview.allowed ? overview.components[0] : overview;
        const names = said?.allowed === true ? said.accounts : [];
        for (const { name } of grant.accounts) {
          const decision = answer(grant, { ...open, account: name }, view);
          if (decision.allowed) expect(names).toContain(name);
          else if (names.includes(name)) expect(INPUT_REASONS).toContain(decision.reason);
        }
      }),
      RUNS,
    );
  });

  test("S2-17 is the same with and without private accounts of others, and never names one", () => {
    fc.assert(
      fc.property(grants, users, views, (grant, user, view) => {
        const question = { caller: user, user, mayInvoke: true };
        const secret = grant.accounts.filter((it) => it.owner !== user && it.viewData === "Nobody");
        const overview = check(grant, question, view, NOW);
        const accounts = grant.accounts.filter((it) => !secret.includes(it));
        expect(overview).toEqual(check({ ...grant, accounts }, question, view, NOW));
        for (const { name } of secret) expect(JSON.stringify(overview)).not.toContain(name);
      }),
      RUNS,
    );
  });

  test("S1-31 is one answer for each building block of the grant, and none for what is not in it", () => {
    fc.assert(
      fc.property(grants, users, views, (grant, user, view) => {
        const overview = check(grant, { caller: user, user, mayInvoke: true }, view, NOW);
        if (!overview.allowed) return;
        const keys = (list: readonly { kind: string; name: string }[]) => list.map((it) => `${it.kind}/${it.name}`);
        expect(keys(overview.components)).toEqual(keys(grant.components));
        for (const [index, it] of overview.components.entries()) {
          if (it.allowed) expect(grant.components[index]?.enabled).toBe(true);
        }
      }),
      RUNS,
    );
  });
});

const ASKED: InvocationRequest = {
  caller: ANN,
  user: ANN,
  mayInvoke: true,
  component: { kind: "Formula", name: "A" },
};

/** Allows Ann the formula `A` with a text that matches. */
const openTo = (pattern: string): PackGrantSpec => ({
  install: { namespace: "team", name: "crm", uid: "1" },
  pack: "crm",
  state: "Active",
  components: [
    {
      kind: "Formula",
      name: "A",
      action: false,
      connection: "None",
      enabled: true,
      parameters: [{ name: "text", type: "String" }],
      rules: [{ name: "text", rule: { pattern } }],
    },
  ],
  access: { state: "Approved", scope: "Subjects", members: "OwnedDomains" },
  audience: { anyone: true },
  limits: { timeoutSeconds: 60, maxResponseBytes: 1024, maxConcurrentRuns: 1, isolation: "PerRun" },
  configuration: { name: "sales" },
});
