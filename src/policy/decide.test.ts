import { describe, expect, test } from "vitest";
import { ANN, BEN, NOW, OUTSIDER } from "../../test/gen/objects.ts";
import type { GrantAccount, GrantComponent, PackGrantSpec } from "../api/v1alpha1/index.ts";
import {
  compileGrant,
  type Decision,
  type Denial,
  type DenialReason,
  decide,
  type InvocationRequest,
} from "./decide.ts";
import type { GroupView } from "./user-access.ts";

const GROUPS: GroupView = { isMember: (user, group) => (group === "old" ? "unknown" : user === group ? "yes" : "no") };

const component = (name: string, more: Partial<GrantComponent> = {}): GrantComponent => ({
  kind: "Formula",
  name,
  action: false,
  connection: "None",
  enabled: true,
  ...more,
});

const ANNS: GrantAccount = {
  name: "team/ann-crm",
  owner: ANN,
  viewData: "DocMembers",
  takeActions: "Owner",
  secret: "vault-1",
  boundHosts: ["crm.com"],
  placement: { type: "OAuth2" },
  grantedScopes: ["tasks:read", "tasks:write"],
};

const LIMITS = { timeoutSeconds: 60, maxResponseBytes: 1024, maxConcurrentRuns: 4, isolation: "PerUser" } as const;

const GRANT: PackGrantSpec = {
  install: { namespace: "team", name: "crm", uid: "1" },
  pack: "crm",
  state: "Active",
  hosts: [
    { domain: "crm.com", auth: "User" },
    { domain: "cdn.crm.com", auth: "None" },
  ],
  components: [
    component("Add", { parameters: [{ name: "a", type: "Number" }] }),
    component("GetTasks", { connection: "Required", scopes: ["tasks:read"] }),
    component("PostTask", {
      action: true,
      connection: "Required",
      scopes: ["tasks:read", "tasks:write"],
      hosts: ["api.crm.com"],
      parameters: [
        { name: "project", type: "String", optional: true },
        { name: "title", type: "String" },
      ],
      rules: [{ name: "project", rule: { values: ["ALPHA"] } }],
    }),
    component("Everything", { kind: "SyncTable", connection: "Optional", scopes: ["admin"] }),
    component("Rows", { kind: "SyncTable", dynamic: true, dynamicURL: { prefix: "https://api.crm.com/v1/" } }),
    component("Fixed", { kind: "SyncTable" }),
    component("Open", { kind: "SyncTable", dynamic: true }),
    component("Badge", {
      kind: "ColumnFormat",
      parameters: [{ name: "text", type: "String" }],
      rules: [{ name: "text", rule: { values: ["A"] } }],
    }),
    component("Delete", { action: true, enabled: false, reason: "ActionsDenied" }),
    component("Rows", { kind: "SyncTableUpdate", action: true, enabled: false, reason: "UpdateNotAllowed" }),
    component("Report", { enabled: false, reason: "NotListed" }),
    component("Stranded", { enabled: false, reason: "HostNotAllowed", hosts: [] }),
    component("Elsewhere", { hosts: ["api.other.com"] }),
    component("Odd", { enabled: false, reason: "Something" }),
    component("Off", { enabled: false }),
    component("Card", { kind: "ColumnFormat", enabled: false, reason: "FormulaDisabled" }),
  ],
  access: { state: "Configured", scope: "Organization", members: "OwnedDomains", ownedDomains: ["example.com"] },
  accounts: [ANNS],
  allowedScopes: { allow: "Listed", allowed: ["tasks:read", "tasks:write"] },
  accountTypes: ["Private", "Shared"],
  audience: { anyone: true },
  limits: LIMITS,
  configuration: { name: "sales", contact: "it@example.com" },
};

type Asked = Partial<InvocationRequest>;

const formula = (name: string): InvocationRequest["component"] => ({ kind: "Formula", name });

const POST: Asked = { component: formula("PostTask"), parameters: { project: "ALPHA", title: "x" } };

const ask = (asked: Asked, grant: Partial<PackGrantSpec> = {}): Decision =>
  decide(
    { ...GRANT, ...grant },
    {
      caller: asked.user ?? ANN,
      user: ANN,
      mayInvoke: true,
      component: formula("Add"),
      parameters: { a: 1 },
      ...asked,
    },
    GROUPS,
    NOW,
  );

const denial = (asked: Asked, grant: Partial<PackGrantSpec> = {}): Denial => {
  const decision = ask(asked, grant);
  if (decision.allowed) throw new Error("it was allowed");
  return decision;
};

describe("an invocation that is allowed", () => {
  test("S0-34 says all that the run needs", () => {
    expect(ask(POST)).toEqual({
      allowed: true,
      component: GRANT.components?.[2],
      parameters: { project: "ALPHA", title: "x" },
      account: ANNS,
      hosts: [{ domain: "api.crm.com", auth: "User" }],
      limits: LIMITS,
    });
  });

  test("S2-1 has no account where none is needed, and all hosts where none are named", () => {
    expect(ask({})).toEqual({
      allowed: true,
      component: GRANT.components?.[0],
      parameters: { a: 1 },
      hosts: GRANT.hosts,
      limits: LIMITS,
    });
  });

  test("S0-37 S2-9 lets Ben fetch through Ann's account, which is shared to view", () => {
    expect(ask({ user: BEN, component: formula("GetTasks"), parameters: {} })).toMatchObject({
      allowed: true,
      account: { name: "team/ann-crm" },
    });
  });

  test("S1-42 delivers the dynamic URL in its normal form", () => {
    expect(
      ask({
        component: { kind: "SyncTable", name: "Rows" },
        parameters: {},
        dynamicURL: "https://API.crm.com/x/../v1/a",
      }),
    ).toMatchObject({ allowed: true, dynamicURL: "https://api.crm.com/v1/a" });
  });

  test("reaches a named host as the narrowest domain above it is reached", () => {
    const components = [component("Pictures", { hosts: ["img.cdn.crm.com", "api.crm.com", "other.com"] })];
    expect(ask({ component: formula("Pictures"), parameters: {} }, { components })).toMatchObject({
      hosts: [
        { domain: "img.cdn.crm.com", auth: "None" },
        { domain: "api.crm.com", auth: "User" },
      ],
    });
  });

  test("S2-1 needs no scope to be allowed or granted where it uses no account", () => {
    const components = [component("Math", { scopes: ["admin"] })];
    expect(ask({ component: formula("Math"), parameters: {} }, { components })).toMatchObject({ allowed: true });
  });

  test("reaches nothing where the grant has no hosts", () => {
    const { hosts: _, ...rest } = GRANT;
    expect(decide(rest, { ...request(), parameters: { a: 1 } }, GROUPS, NOW)).toMatchObject({
      allowed: true,
      hosts: [],
    });
  });
});

const request = (asked: Asked = {}): InvocationRequest => ({
  caller: ANN,
  user: ANN,
  mayInvoke: true,
  component: formula("Add"),
  ...asked,
});

describe("an invocation is denied", () => {
  type Row = readonly [
    sentence: string,
    asked: Asked,
    grant: Partial<PackGrantSpec>,
    reason: Denial["reason"],
    rule: string | undefined,
  ];
  const restricted: Asked = { component: formula("PostTask"), parameters: { project: "BETA", title: "x" } };
  const rows: readonly Row[] = [
    ["S1-55 while the grant is suspended", {}, { state: "Suspended" }, "GrantNotActive", undefined],
    ["S1-55 once the grant is revoked", {}, { state: "Revoked" }, "GrantNotActive", undefined],
    ["S1-55 where Kubernetes does not let the caller", { mayInvoke: false }, {}, "CallerNotAllowed", undefined],
    [
      "S1-55 where the doc is not shared with the user",
      {},
      { audience: { users: [BEN] } },
      "UserNotInAudience",
      undefined,
    ],
    ["S1-16 to an outsider", { user: OUTSIDER }, {}, "NotAMember", "spec.state"],
    [
      "S1-16 to an outsider with an account of his own",
      { ...POST, user: OUTSIDER },
      { accounts: [{ ...ANNS, owner: OUTSIDER }] },
      "NotAMember",
      "spec.state",
    ],
    [
      "S1-55 to one whom the configuration does not name",
      {},
      { access: { state: "Configured", scope: "Subjects", members: "Everyone" } },
      "UserNotAllowed",
      "spec.access.subjects",
    ],
    [
      "S1-55 where only an unknown group could admit the user",
      {},
      { audience: { groups: ["old"] } },
      "GroupDataStale",
      undefined,
    ],
    ["S1-31 for what the pack does not have", { component: formula("Nope") }, {}, "ComponentUnknown", undefined],
    [
      "S1-31 for a formula's name as a table",
      { component: { kind: "SyncTable", name: "Add" } },
      {},
      "ComponentUnknown",
      undefined,
    ],
    [
      "S1-31 for a table's rows where only reading is there",
      { component: { kind: "SyncTableUpdate", name: "Everything" } },
      {},
      "ComponentUnknown",
      undefined,
    ],
    ["S1-31 for what is not listed", { component: formula("Report") }, {}, "ComponentDisabled", "spec.components"],
    [
      "S1-31 where actions are denied",
      { component: formula("Delete") },
      {},
      "ComponentDisabled",
      "spec.components.actions",
    ],
    [
      "S1-31 for a table's rows where its entry does not allow to change them",
      { component: { kind: "SyncTableUpdate", name: "Rows" } },
      {},
      "ComponentDisabled",
      "spec.components.syncTables[Rows].update",
    ],
    [
      "S1-31 for a format whose formula is off",
      { component: { kind: "ColumnFormat", name: "Card" } },
      {},
      "ComponentDisabled",
      "spec.components.formulas",
    ],
    [
      "S1-31 for what is off for a reason that nobody knows",
      { component: formula("Odd") },
      {},
      "ComponentDisabled",
      "spec.components",
    ],
    [
      "S1-31 for what is off without a reason",
      { component: formula("Off") },
      {},
      "ComponentDisabled",
      "spec.components",
    ],
    ["S1-55 for what has lost all its hosts", { component: formula("Stranded") }, {}, "HostNotAllowed", undefined],
    [
      "S1-55 for what works only with hosts that are not granted",
      { component: formula("Elsewhere"), parameters: {} },
      {},
      "HostNotAllowed",
      undefined,
    ],
    ["S0-11 for a parameter that is not declared", { parameters: { a: 1, b: 2 } }, {}, "ParameterUnknown", undefined],
    ["S1-55 for a parameter that is missing", { parameters: {} }, {}, "ParameterMissing", undefined],
    ["S1-55 for a value of another type", { parameters: { a: "1" } }, {}, "ParameterTypeWrong", undefined],
    [
      "S1-41 for a value that is not allowed",
      restricted,
      {},
      "ParameterNotAllowed",
      "spec.components.formulas[PostTask].parameters[project]",
    ],
    [
      "S1-43 without an input that is restricted",
      { ...POST, parameters: { title: "x" } },
      {},
      "ParameterMissing",
      "spec.components.formulas[PostTask].parameters[project]",
    ],
    [
      "S1-42 for a data set that is not allowed",
      { component: { kind: "SyncTable", name: "Rows" }, parameters: {}, dynamicURL: "https://api.crm.com/v2/" },
      {},
      "DynamicURLNotAllowed",
      "spec.components.syncTables[Rows].dynamicURL",
    ],
    [
      "S1-43 without a data set that is restricted",
      { component: { kind: "SyncTable", name: "Rows" }, parameters: {} },
      {},
      "ParameterMissing",
      "spec.components.syncTables[Rows].dynamicURL",
    ],
    [
      "S0-39 S2-9 to Ben, who acts without an account of his own",
      { ...POST, user: BEN },
      {},
      "AccountRequired",
      undefined,
    ],
    [
      "S2-3 where several accounts could act",
      POST,
      { accounts: [ANNS, { ...ANNS, name: "team/second" }] },
      "AccountAmbiguous",
      undefined,
    ],
    [
      "S2-13 with an account that is not to be used",
      { ...POST, account: "team/x" },
      {},
      "AccountNotAllowed",
      undefined,
    ],
    [
      "S1-62 where the type of the account is not allowed any more",
      POST,
      { accountTypes: ["Shared"] },
      "AccountNotAllowed",
      "spec.accounts.types",
    ],
    [
      "S1-62 where a scope is not allowed any more",
      POST,
      { allowedScopes: { allow: "Listed", allowed: ["tasks:read"] } },
      "ScopeNotAllowed",
      "spec.oauthScopes.allowed",
    ],
    [
      "S1-38 where no scope is allowed",
      { component: formula("GetTasks"), parameters: {} },
      { allowedScopes: { allow: "Listed" } },
      "ScopeNotAllowed",
      "spec.oauthScopes.allowed",
    ],
    [
      "S1-38 for a scope that is not allowed, even without an account",
      { component: { kind: "SyncTable", name: "Everything" }, parameters: {} },
      { accounts: [] },
      "ScopeNotAllowed",
      "spec.oauthScopes.allowed",
    ],
    [
      "S0-32 where the account was not granted a scope",
      POST,
      { accounts: [{ ...ANNS, grantedScopes: ["tasks:read"] }] },
      "ConsentRequired",
      undefined,
    ],
    [
      "S0-32 where the account was granted no scope",
      POST,
      {
        accounts: [
          {
            name: "team/a",
            owner: ANN,
            viewData: "Nobody",
            takeActions: "Owner",
            secret: "s",
            placement: { type: "OAuth2" },
          },
        ],
      },
      "ConsentRequired",
      undefined,
    ],
    [
      "S1-55 where only an unknown group could give the user access",
      {},
      { access: { state: "Configured", scope: "Subjects", members: "Everyone", groups: ["old"] } },
      "GroupDataStale",
      "spec.access.subjects",
    ],
    [
      "S0-11 for what is not strict JSON",
      { unreadable: "must be JSON", parameters: undefined },
      {},
      "InputNotReadable",
      undefined,
    ],
    [
      "S1-31 for what is switched off, before what is not strict JSON",
      { component: formula("Report"), unreadable: "must be JSON" },
      {},
      "ComponentDisabled",
      "spec.components",
    ],
    [
      "S1-42 for a data set of a table that is not dynamic",
      { component: { kind: "SyncTable", name: "Fixed" }, parameters: {}, dynamicURL: "https://api.crm.com/v1/" },
      {},
      "ParameterUnknown",
      undefined,
    ],
    [
      "S1-42 without a data set of a dynamic table",
      { component: { kind: "SyncTable", name: "Open" }, parameters: {} },
      {},
      "ParameterMissing",
      undefined,
    ],
    [
      "S1-41 for a value of a column format that its formula's entry does not allow",
      { component: { kind: "ColumnFormat", name: "Badge" }, parameters: { text: "B" } },
      {},
      "ParameterNotAllowed",
      "spec.components.formulas",
    ],
  ];
  test.each(rows)("%s", (_, asked, grant, reason, rule) => {
    const decision = denial(asked, grant);
    expect({ reason: decision.reason, rule: decision.rule }).toEqual({ reason, rule });
    expect(decision).toMatchObject({ configuration: "sales", contact: "it@example.com" });
    expect(decision.message).toMatch(/^[A-Z'].*\.( [A-Z].*\.)*( This is a rule .* need more\.)?$/s);
    expect(decision.message.includes("it@example.com")).toBe(rule !== undefined);
  });

  test("for the first of several causes, in the order of the rules", () => {
    const wrongs: readonly (readonly [asked: Asked, grant: Partial<PackGrantSpec>, reason: Denial["reason"]])[] = [
      [{}, { state: "Suspended" }, "GrantNotActive"],
      [{ mayInvoke: false }, {}, "CallerNotAllowed"],
      [{}, { audience: {} }, "UserNotInAudience"],
      [{ user: OUTSIDER }, {}, "NotAMember"],
      [{ component: formula("Nope") }, {}, "ComponentUnknown"],
      [{ unreadable: "must be UTF-8" }, {}, "InputNotReadable"],
      [{ parameters: { project: "ALPHA", title: 5 } }, {}, "ParameterTypeWrong"],
      [{ account: "team/x" }, {}, "AccountNotAllowed"],
      [{}, { allowedScopes: { allow: "Listed" } }, "ScopeNotAllowed"],
      [{}, { accounts: [{ ...ANNS, owner: BEN, takeActions: "DocMembers", grantedScopes: [] }] }, "ConsentRequired"],
      [{}, { hosts: [] }, "HostNotAllowed"],
    ];
    let asked: Asked = POST;
    let grant: Partial<PackGrantSpec> = {};
    for (const [worse, less, reason] of wrongs.toReversed()) {
      asked = { ...asked, ...worse };
      grant = { ...grant, ...less };
      expect(denial(asked, grant).reason).toBe(reason);
    }
  });
});

describe("what a user reads", () => {
  test("S1-55 names what to write instead, the administrator's policy and whom to ask", () => {
    expect(denial({ ...POST, parameters: { project: "BETA", title: "x" } }).message).toBe(
      "This value of the parameter 'project' is not allowed. Use 'ALPHA'. This is a rule of the configuration 'sales'; ask it@example.com if you need more.",
    );
    expect(denial({ component: formula("Delete") }).message).toBe(
      "'Delete' is switched off. The configuration denies everything that changes something. Ask an administrator to allow actions. This is a rule of the configuration 'sales'; ask it@example.com if you need more.",
    );
  });

  test("S1-55 names an administrator where there is no contact", () => {
    expect(denial({ component: formula("Delete") }, { configuration: { name: "sales" } })).toEqual({
      allowed: false,
      reason: "ComponentDisabled",
      message:
        "'Delete' is switched off. The configuration denies everything that changes something. Ask an administrator to allow actions. This is a rule of the configuration 'sales'; ask an administrator if you need more.",
      configuration: "sales",
      rule: "spec.components.actions",
    });
  });

  test("S1-62 names the scopes, and tells the owner where to consent", () => {
    const missing = [{ ...ANNS, takeActions: "DocMembers" as const, grantedScopes: [] }];
    expect(denial(POST, { accounts: missing }).message).toBe(
      "'PostTask' needs the OAuth scopes 'tasks:read' and 'tasks:write', which your account 'team/ann-crm' was not granted. Open `status.consentURL` of the account and agree.",
    );
    expect(denial({ ...POST, user: BEN }, { accounts: missing }).message).toMatch(
      /The owner of the account must agree to it\.$/,
    );
  });

  test("gives the reason of a grant that is not active", () => {
    const closed = { install: GRANT.install, pack: "crm", state: "Revoked" } as const;
    expect(decide({ ...closed, message: "the doc was deleted" }, request(), GROUPS, NOW)).toEqual({
      allowed: false,
      reason: "GrantNotActive",
      message: "The pack is not active here. The doc was deleted. Look at the conditions of the install.",
    });
    expect(decide(closed, request(), GROUPS, NOW)).toMatchObject({
      message: "The pack is not active here. Look at the conditions of the install.",
    });
  });

  test("tells who may not act for whom", () => {
    expect(denial({ mayInvoke: false }).message).toBe(
      "Kubernetes does not let you invoke this install. Ask for the verb `invoke` on the PackInstall.",
    );
    expect(denial({ mayInvoke: false, caller: "bot" }).message).toBe(
      "Kubernetes does not let 'bot' invoke this install on behalf of 'ann@example.com'. Ask for the verb `invoke` on the PackInstall and the verb `invoke-as` on the user's name.",
    );
  });

  test("S2-3 lists the accounts to choose from", () => {
    expect(denial(POST, { accounts: [ANNS, { ...ANNS, name: "team/a" }] })).toMatchObject({
      candidates: ["team/a", "team/ann-crm"],
      message: "Several accounts could be used. Choose one of 'team/a' and 'team/ann-crm'.",
    });
  });
});

describe("every reason has a sentence of what is the case and one of what would make it pass", () => {
  type Sentence = readonly [asked: Asked, grant: Partial<PackGrantSpec>, message: string];
  const subjects = { state: "Configured", scope: "Subjects", members: "OwnedDomains" } as const;
  const policy = "This is a rule of the configuration 'sales'; ask it@example.com if you need more.";
  const rows: Readonly<Record<DenialReason, Sentence>> = {
    GrantNotActive: [
      {},
      { state: "Suspended", message: "a NetworkPolicy widens it" },
      "The pack is not active here. A NetworkPolicy widens it. Look at the conditions of the install.",
    ],
    CallerNotAllowed: [
      { mayInvoke: false },
      {},
      "Kubernetes does not let you invoke this install. Ask for the verb `invoke` on the PackInstall.",
    ],
    UserNotInAudience: [{}, { audience: {} }, "The doc is not shared with you. Ask its owner to share it."],
    NotAMember: [
      { user: OUTSIDER },
      {},
      `You do not belong to the organization. Outsiders may use a pack only where its configuration says \`state: Approved\`. ${policy}`,
    ],
    UserNotAllowed: [
      {},
      { access: { ...subjects, members: "Everyone" } },
      `You are not among the users and groups that may use the pack. An administrator must name you, or a group of yours. ${policy}`,
    ],
    PackDenied: [
      {},
      { access: { ...subjects, state: "Denied" } },
      `The pack is denied to everybody. Nothing else overrides that. ${policy}`,
    ],
    GroupDataStale: [
      {},
      { audience: { groups: ["old"] } },
      "Whether you may use the pack depends on the members of 'old', who are not known at present. Try again when the group's source has reported.",
    ],
    ComponentUnknown: [{ component: formula("Nope") }, {}, "The pack has no formula 'Nope'. Correct the name."],
    ComponentDisabled: [
      { component: formula("Report") },
      {},
      `'Report' is switched off. The configuration allows only listed building blocks, and this one is not listed. Ask an administrator to list it. ${policy}`,
    ],
    HostNotAllowed: [
      { component: formula("Stranded") },
      {},
      "'Stranded' works only with hosts that the pack may not reach at present. The pack's definition must declare their domains, and a reviewer approve them where that is needed.",
    ],
    InputNotReadable: [
      { unreadable: "must not have the key '__proto__'" },
      {},
      "What you sent cannot be read: it must not have the key '__proto__'. Send JSON in UTF-8, each key once, without `__proto__` and without numbers that JavaScript cannot hold.",
    ],
    ParameterUnknown: [{ parameters: { b: 1 } }, {}, "'Add' has no parameter 'b'. It takes 'a'."],
    ParameterMissing: [{ parameters: {} }, {}, "The parameter 'a' is missing. Give it a value: it must be a number."],
    ParameterTypeWrong: [
      { parameters: { a: "1" } },
      {},
      "The parameter 'a' has a value of another type. It must be a number.",
    ],
    ParameterNotAllowed: [
      { ...POST, parameters: { project: "BETA", title: "x" } },
      {},
      `This value of the parameter 'project' is not allowed. Use 'ALPHA'. ${policy}`,
    ],
    DynamicURLNotAllowed: [
      { component: { kind: "SyncTable", name: "Rows" }, parameters: {}, dynamicURL: "https://evil.net/" },
      {},
      `This \`dynamicURL\` of 'Rows' is not allowed. Use a URL that starts with 'https://api.crm.com/v1/'; it is compared in its normal form, and escaped slashes or dots have none. ${policy}`,
    ],
    AccountRequired: [
      POST,
      { accounts: [] },
      "'PostTask' needs an account, and there is none that you may use. Connect your own account, and let the install name it.",
    ],
    AccountAmbiguous: [
      POST,
      { accounts: [ANNS, { ...ANNS, name: "team/a" }] },
      "Several accounts could be used. Choose one of 'team/a' and 'team/ann-crm'.",
    ],
    AccountNotAllowed: [
      POST,
      { accountTypes: ["Shared"] },
      `Your account 'team/ann-crm' is private for this use, and such accounts are not allowed. The configuration must allow that type of account, and the pack must offer it. ${policy}`,
    ],
    ScopeNotAllowed: [
      POST,
      { allowedScopes: { allow: "Listed", allowed: ["tasks:read"] } },
      `'PostTask' needs the OAuth scope 'tasks:write', which the administrator did not allow. An administrator must add it. ${policy}`,
    ],
    ConsentRequired: [
      POST,
      { accounts: [{ ...ANNS, grantedScopes: ["tasks:read"] }] },
      "'PostTask' needs the OAuth scope 'tasks:write', which your account 'team/ann-crm' was not granted. Open `status.consentURL` of the account and agree.",
    ],
  };
  test.each(Object.entries(rows))("S1-55 %s", (reason, [asked, grant, message]) => {
    expect(denial(asked, grant)).toMatchObject({ reason, message, configuration: "sales", contact: "it@example.com" });
  });
});

describe("absence means denial", () => {
  const without = (key: keyof PackGrantSpec): Decision => {
    const { [key]: _, ...grant } = GRANT;
    return decide(grant as PackGrantSpec, request(POST), GROUPS, NOW);
  };
  test.each([
    ["access", "PackDenied"],
    ["audience", "UserNotInAudience"],
    ["limits", "GrantNotActive"],
    ["components", "ComponentUnknown"],
    ["accounts", "AccountRequired"],
    ["accountTypes", "AccountNotAllowed"],
    ["allowedScopes", "ScopeNotAllowed"],
    ["hosts", "HostNotAllowed"],
  ] as const)("a grant without `%s`: %s", (key, reason) => {
    expect(without(key)).toMatchObject({ allowed: false, reason });
  });
});

test("S1-62 a compiled grant decides the same each time, and another grant decides anew", () => {
  const decider = compileGrant(GRANT);
  expect(decider(request(POST), GROUPS, NOW)).toEqual(decider(request(POST), GROUPS, NOW));
  const narrower = compileGrant({
    ...GRANT,
    components: [component("PostTask", { enabled: false, reason: "NotListed" })],
  });
  expect(narrower(request(POST), GROUPS, NOW)).toMatchObject({ reason: "ComponentDisabled" });
});

test("an account ends while the compiled grant is kept", () => {
  const decider = compileGrant({ ...GRANT, accounts: [{ ...ANNS, expireTime: "2026-01-02T12:00:01Z" }] });
  expect(decider(request(POST), GROUPS, NOW).allowed).toBe(true);
  expect(decider(request(POST), GROUPS, NOW + 1000)).toMatchObject({ reason: "AccountNotAllowed" });
});

test("a sentence names only what there is to name", () => {
  const missing = [{ ...ANNS, takeActions: "DocMembers" as const, grantedScopes: [] }];
  expect(denial({ ...POST, user: BEN }, { accounts: missing }).message).toBe(
    "'PostTask' needs the OAuth scopes 'tasks:read' and 'tasks:write', which the account 'team/ann-crm' was not granted. The owner of the account must agree to it.",
  );
  expect(denial({ component: { kind: "Widget" as "Formula", name: "Nope" } }).message).toBe(
    "The pack has no building block 'Nope'. Correct the name.",
  );
  expect(denial({ component: formula("Off") })).toMatchObject({
    message:
      "'Off' is switched off. The configuration does not allow this building block. Ask an administrator to allow it. This is a rule of the configuration 'sales'; ask it@example.com if you need more.",
    rule: "spec.components",
  });
  expect(denial({ component: formula("Nope") })).not.toHaveProperty("rule");
  expect(denial({ component: formula("Nope") })).not.toHaveProperty("candidates");
  const { configuration: _, ...nameless } = GRANT;
  expect(decide(nameless, request({ component: formula("Delete") }), GROUPS, NOW)).toEqual({
    allowed: false,
    reason: "ComponentDisabled",
    message:
      "'Delete' is switched off. The configuration denies everything that changes something. Ask an administrator to allow actions. Ask an administrator.",
    rule: "spec.components.actions",
  });
  expect(decide({ ...GRANT, state: "Suspended", message: "it rests. For now" }, request(), GROUPS, NOW)).toMatchObject({
    message: "The pack is not active here. It rests. For now. Look at the conditions of the install.",
  });
});

test("of several domains above a host the narrowest counts, in whatever order they come", () => {
  const components = [component("Deep", { hosts: ["a.b.cdn.crm.com"] })];
  const hosts = [
    { domain: "cdn.crm.com", auth: "None" },
    { domain: "b.cdn.crm.com", auth: "System" },
    { domain: "crm.com", auth: "User" },
  ] as const;
  for (const order of [hosts, hosts.toReversed()]) {
    expect(ask({ component: formula("Deep"), parameters: {} }, { components, hosts: order })).toMatchObject({
      hosts: [{ domain: "a.b.cdn.crm.com", auth: "System" }],
    });
  }
});
