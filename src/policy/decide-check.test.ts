import { describe, expect, test } from "vitest";
import { ANN, BEN, NOW, OUTSIDER } from "../../test/gen/objects.ts";
import type { GrantAccount, GrantComponent, PackGrantSpec } from "../api/v1alpha1/index.ts";
import { type Answer, type ComponentAnswer, check, decide, type Question } from "./decide.ts";
import type { GroupView } from "./user-access.ts";

const GROUPS: GroupView = { isMember: (_, group) => (group === "old" ? "unknown" : "no") };

const component = (name: string, more: Partial<GrantComponent> = {}): GrantComponent => ({
  kind: "Formula",
  name,
  action: false,
  connection: "None",
  enabled: true,
  ...more,
});

const account = (name: string, owner: string, more: Partial<GrantAccount> = {}): GrantAccount => ({
  name: `team/${name}`,
  owner,
  viewData: "DocMembers",
  takeActions: "DocMembers",
  secret: name,
  placement: { type: "OAuth2" },
  grantedScopes: ["read"],
  ...more,
});

const LIMITS = { timeoutSeconds: 60, maxResponseBytes: 1024, maxConcurrentRuns: 4, isolation: "PerUser" } as const;

const SEND = component("Send", { action: true, connection: "Required", scopes: ["read"] });

const GRANT: PackGrantSpec = {
  install: { namespace: "team", name: "crm", uid: "1" },
  pack: "crm",
  state: "Active",
  hosts: [{ domain: "crm.com", auth: "User" }],
  components: [
    component("Card", {
      kind: "ColumnFormat",
      parameters: [{ name: "text", type: "String" }],
      rules: [{ name: "text", rule: { pattern: "[A-Z]+" } }],
    }),
    component("Read", {
      parameters: [
        { name: "project", type: "String" },
        { name: "limit", type: "Number", optional: true },
      ],
      rules: [{ name: "project", rule: { values: ["ALPHA", "BETA"] } }],
    }),
    component("Report", { enabled: false, reason: "NotListed" }),
    SEND,
    component("Rows", {
      kind: "SyncTable",
      dynamic: true,
      dynamicURL: { prefix: "https://crm.com/v1/" },
    }),
  ],
  access: { state: "Configured", scope: "Organization", members: "OwnedDomains", ownedDomains: ["example.com"] },
  accounts: [],
  allowedScopes: { allow: "All" },
  accountTypes: ["Private", "Shared"],
  audience: { anyone: true },
  limits: LIMITS,
  configuration: { name: "sales", contact: "it@example.com" },
};

const ask = (asked: Partial<Question> = {}, grant: Partial<PackGrantSpec> = {}): Answer =>
  check({ ...GRANT, ...grant }, { caller: asked.user ?? ANN, user: ANN, mayInvoke: true, ...asked }, GROUPS, NOW);

const one = (
  { kind, name }: GrantComponent,
  grant: Partial<PackGrantSpec> = {},
  asked: Partial<Question> = {},
): ComponentAnswer => {
  const answer = ask({ component: { kind, name }, ...asked }, grant);
  if (!answer.allowed) throw new Error(answer.message);
  const [only, ...others] = answer.components;
  if (only === undefined || others.length > 0) throw new Error("not one answer");
  return only;
};

describe("what a user may call", () => {
  test("S1-54 is told for each building block: whether, how its inputs are restricted, and why not", () => {
    expect(ask()).toEqual({
      allowed: true,
      components: [
        {
          kind: "ColumnFormat",
          name: "Card",
          action: false,
          allowed: true,
          accounts: [],
          restrictions: [
            {
              restricted: "parameters[text]",
              text: "The parameter 'text' must be given: use what matches `[A-Z]+` as a whole, in at most 4096 characters.",
              rule: "spec.components.formulas",
            },
          ],
        },
        {
          kind: "Formula",
          name: "Read",
          action: false,
          allowed: true,
          accounts: [],
          restrictions: [
            {
              restricted: "parameters[project]",
              text: "The parameter 'project' must be given: use one of 'ALPHA' and 'BETA'.",
              rule: "spec.components.formulas[Read].parameters[project]",
            },
          ],
        },
        {
          kind: "Formula",
          name: "Report",
          action: false,
          allowed: false,
          reason: "ComponentDisabled",
          message:
            "'Report' is switched off. The configuration allows only listed building blocks, and this one is not listed. Ask an administrator to list it. This is a rule of the configuration 'sales'; ask it@example.com if you need more.",
          configuration: "sales",
          contact: "it@example.com",
          rule: "spec.components",
        },
        {
          kind: "Formula",
          name: "Send",
          action: true,
          allowed: false,
          reason: "AccountRequired",
          message:
            "'Send' needs an account, and there is none that you may use. Connect your own account, and let the install name it.",
          configuration: "sales",
          contact: "it@example.com",
        },
        {
          kind: "SyncTable",
          name: "Rows",
          action: false,
          allowed: true,
          accounts: [],
          restrictions: [
            {
              restricted: "dynamicURL",
              text: "The `dynamicURL` must be given: use a URL that starts with 'https://crm.com/v1/'.",
              rule: "spec.components.syncTables[Rows].dynamicURL",
            },
          ],
        },
      ],
    });
  });

  test("S1-54 is told for one building block alone, in the same words", () => {
    const all = ask();
    if (!all.allowed) throw new Error(all.message);
    for (const it of GRANT.components ?? []) {
      expect(one(it)).toEqual(all.components.find(({ kind, name }) => kind === it.kind && name === it.name));
    }
  });

  const nothing: readonly (readonly [
    sentence: string,
    asked: Partial<Question>,
    grant: Partial<PackGrantSpec>,
    reason: string,
  ])[] = [
    ["S1-31 of what the pack does not have", { component: { kind: "Formula", name: "X" } }, {}, "ComponentUnknown"],
    ["S1-16 to an outsider", { user: OUTSIDER }, {}, "NotAMember"],
    ["S1-16 to an outsider about one building block", { user: OUTSIDER, component: SEND }, {}, "NotAMember"],
    ["S3-8 to one with whom the doc is not shared", {}, { audience: { users: [BEN] } }, "UserNotInAudience"],
    ["S3-8 where Kubernetes does not let him", { mayInvoke: false }, {}, "CallerNotAllowed"],
    ["S1-55 where only an unknown group could admit him", {}, { audience: { groups: ["old"] } }, "GroupDataStale"],
    ["while the grant is suspended", {}, { state: "Suspended" }, "GrantNotActive"],
  ];
  test.each(nothing)("%s is nothing, and nothing is listed", (_, asked, grant, reason) => {
    const answer = ask(asked, grant);
    expect(answer).toMatchObject({ allowed: false, reason, configuration: "sales", contact: "it@example.com" });
    expect(answer).not.toHaveProperty("components");
    const { component: wanted = { kind: "Formula" as const, name: "Read" }, ...asker } = asked;
    const decision = decide(
      { ...GRANT, ...grant },
      { caller: asker.user ?? ANN, user: ANN, mayInvoke: true, ...asker, component: wanted },
      GROUPS,
      NOW,
    );
    expect(answer).toEqual(decision);
  });

  test("S1-43 does not include what no input could pass", () => {
    const orphaned = component("Read", { rules: [{ name: "gone", rule: { values: ["A"] } }] });
    expect(one(orphaned, { components: [orphaned] })).toMatchObject({
      allowed: false,
      reason: "ParameterMissing",
      rule: "spec.components.formulas[Read].parameters[gone]",
    });
  });

  test("includes nothing where the grant has nothing", () => {
    expect(ask({}, { components: [] })).toEqual({ allowed: true, components: [] });
  });
});

describe("the account", () => {
  const own = account("own", ANN);
  const bens = account("ben", BEN);
  const carls = account("carl", "carl@example.com");
  const rows: readonly (readonly [
    sentence: string,
    accounts: readonly GrantAccount[],
    asked: Partial<Question>,
    answer: Record<string, unknown>,
  ])[] = [
    ["S2-13 is the own one, where there is one", [own], {}, { account: "team/own", accounts: ["team/own"] }],
    [
      "S0-40 is the own one, and a shared one may be named",
      [bens, own],
      {},
      { account: "team/own", accounts: ["team/ben", "team/own"] },
    ],
    ["S0-41 is the only shared one", [bens], {}, { account: "team/ben", accounts: ["team/ben"] }],
    ["S2-3 must be named among several", [carls, bens], {}, { accounts: ["team/ben", "team/carl"] }],
    [
      "S2-3 is the named one",
      [carls, bens],
      { account: "team/carl" },
      { account: "team/carl", accounts: ["team/carl"] },
    ],
    [
      "S0-32 must be named where the own one was not granted the scope and a shared one was",
      [account("own", ANN, { grantedScopes: [] }), bens],
      {},
      { accounts: ["team/ben"] },
    ],
    [
      "S0-32 is none where none was granted the scope",
      [account("own", ANN, { grantedScopes: [] }), account("ben", BEN, { grantedScopes: [] })],
      {},
      { allowed: false, reason: "ConsentRequired" },
    ],
    [
      "S2-13 is not somebody else's private one",
      [account("ben", BEN, { takeActions: "Owner" })],
      {},
      { allowed: false, reason: "AccountRequired" },
    ],
    [
      "S2-13 is not somebody else's private one by name",
      [account("ben", BEN, { takeActions: "Owner" })],
      { account: "team/ben" },
      { allowed: false, reason: "AccountNotAllowed" },
    ],
  ];
  test.each(rows)("%s", (_, accounts, asked, expected) => {
    const answer = one(SEND, { accounts }, asked);
    expect(answer).toMatchObject({ allowed: true, ...expected });
    expect("account" in answer).toBe("account" in expected);
  });

  test("S2-1 is none where none is needed", () => {
    const free = component("Free");
    expect(one(free, { components: [free], accounts: [own, bens] })).toMatchObject({ allowed: true, accounts: [] });
  });

  test("S2-1 may be none, or one that is named, where it is optional", () => {
    const optional = component("Maybe", { connection: "Optional" });
    expect(one(optional, { components: [optional] })).toEqual({
      kind: "Formula",
      name: "Maybe",
      action: false,
      allowed: true,
      accounts: [],
      restrictions: [],
    });
    expect(one(optional, { components: [optional], accounts: [bens] })).toMatchObject({ account: "team/ben" });
  });
});
