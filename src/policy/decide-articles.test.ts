/** What the articles promise about one invocation, from the administrator's words to the answer. */
import { describe, expect, test } from "vitest";
import {
  ANN,
  action,
  authenticatedBy,
  BEN,
  changed,
  columnFormat,
  definedBy,
  enabling,
  formula,
  NOW,
  OUTSIDER,
  packConfiguration,
  packDefinition,
  syncTable,
} from "../../test/gen/objects.ts";
import type { AccountType, GrantAccount, PackConfigurationSpec, PackGrantSpec } from "../api/v1alpha1/index.ts";
import { compileComponents } from "./components.ts";
import { check, type Decision, decide, type InvocationRequest } from "./decide.ts";
import type { GroupView } from "./user-access.ts";

type Directives = Omit<NonNullable<PackConfigurationSpec["components"]>, "allow">;
type Wanted = InvocationRequest["component"];

const GROUPS: GroupView = { isMember: () => "no" };

const project = { name: "project", type: "String", optional: true } as const;
const notes = { connection: "Required", writable: true } as const;

/** Reads and writes tasks by OAuth; `Share` needs a scope that nothing else needs. */
const CRM = packDefinition(
  "crm",
  authenticatedBy({
    type: "OAuth2",
    oauth2: { authorizationURL: "https://crm.com/a", tokenURL: "https://crm.com/t", scopes: ["tasks"] },
  }),
  formula("GetTask", { connection: "Required", parameters: [project] }),
  formula("Add", { parameters: [{ name: "a", type: "Number" }] }),
  action("PostTask", { connection: "Required", parameters: [project] }),
  action("Share", { connection: "Required", extraOAuthScopes: ["share"] }),
  syncTable("Tasks", notes),
  syncTable("Reports", { connection: "Required", dynamic: true }),
  columnFormat("Task", "GetTask"),
);

const of = (kind: Wanted["kind"], name: string): Wanted => ({ kind, name });
const GET = of("Formula", "GetTask");
const ADD = of("Formula", "Add");
const POST = of("Formula", "PostTask");
const SHARE = of("Formula", "Share");
const TASKS = of("SyncTable", "Tasks");
const UPDATE = of("SyncTableUpdate", "Tasks");
const REPORTS = of("SyncTable", "Reports");
const FORMAT = of("ColumnFormat", "Task");
const ALL = [GET, ADD, POST, SHARE, TASKS, UPDATE, REPORTS, FORMAT];

const account = (
  owner: string,
  viewData: GrantAccount["viewData"],
  takeActions: GrantAccount["takeActions"],
  more: Partial<GrantAccount> = {},
): GrantAccount => ({
  name: `team/${owner.slice(0, 3)}`,
  owner,
  viewData,
  takeActions,
  secret: owner,
  placement: { type: "OAuth2" },
  grantedScopes: ["share", "tasks"],
  ...more,
});

type World = {
  readonly directives?: Directives | undefined;
  readonly definition?: typeof CRM;
  readonly accounts?: readonly GrantAccount[];
  readonly types?: readonly AccountType[];
  readonly scopes?: PackGrantSpec["allowedScopes"];
  readonly access?: Partial<NonNullable<PackGrantSpec["access"]>>;
};

const grantOf = ({ directives, definition = CRM, accounts = [], types, scopes, access }: World): PackGrantSpec => ({
  install: { namespace: "team", name: "crm", uid: "1" },
  pack: "crm",
  state: "Active",
  hosts: [{ domain: "api.crm.com", auth: "User" }],
  components: compileComponents(definition, directives && packConfiguration("sales", enabling(directives)), [
    "api.crm.com",
  ]),
  access: {
    state: "Configured",
    scope: "Organization",
    members: "OwnedDomains",
    ownedDomains: ["example.com"],
    ...access,
  },
  accounts,
  allowedScopes: scopes ?? { allow: "All" },
  accountTypes: types ?? ["Private", "Shared"],
  audience: { anyone: true },
  limits: { timeoutSeconds: 60, maxResponseBytes: 1024, maxConcurrentRuns: 4, isolation: "PerUser" },
  configuration: { name: "sales", contact: "it@example.com" },
});

const INPUTS: Readonly<Record<string, Pick<InvocationRequest, "parameters" | "dynamicURL">>> = {
  Add: { parameters: { a: 1 } },
  Reports: { dynamicURL: "https://api.crm.com/reports/1" },
};

const invoke = (
  world: World,
  user: string,
  component: Wanted,
  more: Pick<InvocationRequest, "parameters" | "dynamicURL" | "account"> = {},
): Decision =>
  decide(
    grantOf(world),
    { caller: user, user, mayInvoke: true, component, ...INPUTS[component.name], ...more },
    GROUPS,
    NOW,
  );

const outcome = (decision: Decision): string => (decision.allowed ? "yes" : decision.reason);

/** The names that a user can invoke, of all that the pack has; decided and asked for beforehand, which must agree. */
const usable = (world: World, user: string): readonly string[] => {
  const names = ALL.filter((it) => invoke(world, user, it).allowed).map(({ kind, name }) => `${kind} ${name}`);
  const answer = check(grantOf(world), { caller: user, user, mayInvoke: true }, GROUPS, NOW);
  const told = answer.allowed ? answer.components.filter((it) => it.allowed) : [];
  expect(told.map(({ kind, name }) => `${kind} ${name}`).sort()).toEqual([...names].sort());
  return names;
};

const NEEDS_NO_ACCOUNT = ["Formula Add"];
const FETCHES = ["Formula GetTask", "Formula Add", "SyncTable Tasks", "SyncTable Reports", "ColumnFormat Task"];
const ACTIONS = ["Formula Add", "Formula PostTask", "Formula Share", "SyncTableUpdate Tasks"];
const EVERYTHING = ALL.map(({ kind, name }) => `${kind} ${name}`);

describe("by the settings of Ann's account", () => {
  const rows: readonly (readonly [
    sentence: string,
    account: GrantAccount,
    ann: readonly string[],
    ben: readonly string[],
  ])[] = [
    [
      "S0-36 private, as it is by default: nobody fetches, only she acts",
      account(ANN, "Nobody", "Owner"),
      ACTIONS,
      NEEDS_NO_ACCOUNT,
    ],
    [
      "S0-37 view for everyone: tables, formulas and formats are fetched by all",
      account(ANN, "DocMembers", "Nobody"),
      FETCHES,
      FETCHES,
    ],
    [
      "S0-38 view for nobody: no table, no formula, no format is fetched, not by her either",
      account(ANN, "Nobody", "Owner"),
      ACTIONS,
      NEEDS_NO_ACCOUNT,
    ],
    [
      "S0-39 act only you: others see the tables, and their buttons refuse",
      account(ANN, "DocMembers", "Owner"),
      EVERYTHING,
      FETCHES,
    ],
    ["S0-41 act anyone: all act through it", account(ANN, "DocMembers", "DocMembers"), EVERYTHING, EVERYTHING],
    ["S0-42 act nobody: view only, for her too", account(ANN, "DocMembers", "Nobody"), FETCHES, FETCHES],
    [
      "S2-10 view nobody, act nobody: it is of no use",
      account(ANN, "Nobody", "Nobody"),
      NEEDS_NO_ACCOUNT,
      NEEDS_NO_ACCOUNT,
    ],
    ["S2-11 view all, act only me", account(ANN, "DocMembers", "Owner"), EVERYTHING, FETCHES],
    [
      "S0-20 without any account: nothing that needs one",
      account("zoe@example.com", "Nobody", "Nobody"),
      NEEDS_NO_ACCOUNT,
      NEEDS_NO_ACCOUNT,
    ],
  ];
  test.each(rows)("%s", (_, it, ann, ben) => {
    expect(usable({ accounts: [it] }, ANN)).toEqual(ann);
    expect(usable({ accounts: [it] }, BEN)).toEqual(ben);
  });

  test("S2-9 others sync the list, and cannot post as her", () => {
    const world: World = { accounts: [account(ANN, "DocMembers", "Owner")] };
    expect(invoke(world, BEN, TASKS)).toMatchObject({ allowed: true, account: { owner: ANN } });
    expect(invoke(world, BEN, POST)).toMatchObject({
      reason: "AccountRequired",
      message: expect.stringContaining("Connect your own account"),
    });
  });

  test("S0-40 Ben acts with his own account beside hers, and each as himself", () => {
    const accounts = [account(ANN, "Nobody", "Owner"), account(BEN, "Nobody", "Owner")];
    for (const user of [ANN, BEN]) {
      expect(invoke({ accounts }, user, POST)).toMatchObject({ allowed: true, account: { owner: user } });
    }
  });

  test("S0-41 whoever acts through it, the decision names the account's owner", () => {
    const accounts = [account(ANN, "DocMembers", "DocMembers")];
    expect(invoke({ accounts }, BEN, POST)).toMatchObject({ account: { name: "team/ann", owner: ANN } });
  });

  test("S0-43 can be changed later: the next decision follows", () => {
    expect(invoke({ accounts: [account(ANN, "DocMembers", "DocMembers")] }, BEN, POST).allowed).toBe(true);
    expect(invoke({ accounts: [account(ANN, "DocMembers", "Owner")] }, BEN, POST).allowed).toBe(false);
    expect(invoke({ accounts: [account(ANN, "DocMembers", "DocMembers")] }, BEN, POST).allowed).toBe(true);
  });

  test("S2-8 collaborators may use it only by what she decided: a setting that is absent is no leave", () => {
    const { viewData: _, takeActions: __, ...silent } = account(ANN, "Nobody", "Nobody");
    expect(usable({ accounts: [silent as GrantAccount] }, BEN)).toEqual(NEEDS_NO_ACCOUNT);
  });

  test("S2-12 connected again with new permissions, it is one account with those", () => {
    const before = account(ANN, "Nobody", "Owner", { grantedScopes: ["tasks"] });
    const after = account(ANN, "DocMembers", "DocMembers");
    expect(invoke({ accounts: [before] }, ANN, SHARE)).toMatchObject({ reason: "ConsentRequired" });
    expect(invoke({ accounts: [after] }, ANN, SHARE)).toMatchObject({ allowed: true, account: { name: before.name } });
    expect(invoke({ accounts: [after] }, BEN, SHARE).allowed).toBe(true);
  });

  test("S2-3 of several accounts the user names one, and is told which there are", () => {
    const accounts = [account(ANN, "Nobody", "Owner"), account(ANN, "Nobody", "Owner", { name: "team/work" })];
    expect(invoke({ accounts }, ANN, POST)).toMatchObject({
      reason: "AccountAmbiguous",
      candidates: ["team/ann", "team/work"],
    });
    expect(invoke({ accounts }, ANN, POST, { account: "team/work" })).toMatchObject({ account: { name: "team/work" } });
  });

  test("S2-4 who uses it first without an account is asked to connect one", () => {
    expect(invoke({}, ANN, POST)).toMatchObject({
      reason: "AccountRequired",
      message: expect.stringContaining("Connect your own account"),
    });
  });

  test("S2-17 private ones are named to their owners only", () => {
    const accounts = [account(ANN, "Nobody", "Owner", { name: "team/secret-of-ann" })];
    for (const wanted of ALL) {
      for (const chosen of [{}, { account: "team/secret-of-ann" }]) {
        expect(JSON.stringify(invoke({ accounts }, BEN, wanted, chosen))).not.toContain("secret-of-ann");
      }
    }
    const overview = check(grantOf({ accounts }), { caller: BEN, user: BEN, mayInvoke: true }, GROUPS, NOW);
    expect(JSON.stringify(overview)).not.toContain("secret-of-ann");
  });
});

describe("by the administrator's configuration", () => {
  const shared = [account(ANN, "DocMembers", "DocMembers")];
  const own = [account(BEN, "Nobody", "Owner"), account(ANN, "DocMembers", "DocMembers")];
  const rows: readonly (readonly [sentence: string, world: World, ben: readonly string[]])[] = [
    ["S1-22 that says nothing: everything", { accounts: shared }, EVERYTHING],
    [
      "S1-34 preset allow all: everything",
      { accounts: shared, directives: { fetches: "Allow", actions: "Allow" } },
      EVERYTHING,
    ],
    ["S1-5 to view and not to act", { accounts: shared, directives: { fetches: "Allow", actions: "Deny" } }, FETCHES],
    [
      "S1-29 to act and not to view",
      { accounts: shared, directives: { fetches: "Deny", actions: "Allow" } },
      ["Formula PostTask", "Formula Share"],
    ],
    [
      "S1-30 by single names: a formula with its format, and a table",
      { accounts: shared, directives: { formulas: [{ name: "GetTask" }], syncTables: [{ name: "Tasks" }] } },
      ["Formula GetTask", "SyncTable Tasks", "ColumnFormat Task"],
    ],
    ["S1-31 closed world: with an empty list nothing is enabled", { accounts: shared, directives: {} }, []],
    [
      "S1-31 closed world: what a newer definition adds stays off",
      {
        accounts: shared,
        directives: { formulas: [{ name: "Add" }] },
        definition: changed(CRM, definedBy({ columnFormats: [] }), action("Newest")),
      },
      ["Formula Add"],
    ],
    [
      "S1-35 preset private actions: buttons by private accounts, no shared actions, no tables",
      { accounts: own, directives: { actions: "Allow" }, types: ["Private"] },
      ["Formula PostTask", "Formula Share"],
    ],
    [
      "S1-35 preset private actions: nothing through somebody else's account",
      { accounts: shared, directives: { actions: "Allow" }, types: ["Private"] },
      [],
    ],
    [
      "S1-36 preset tables only: the named tables, no buttons",
      { accounts: shared, directives: { syncTables: [{ name: "Tasks" }], actions: "Deny" } },
      ["SyncTable Tasks"],
    ],
    [
      "S1-38 preset scopes: only what the declared scopes suffice for",
      { accounts: shared, scopes: { allow: "Listed", allowed: ["tasks"] } },
      EVERYTHING.filter((name) => name !== "Formula Share"),
    ],
    [
      "S0-19 preset scopes: without any scope only what uses none",
      { accounts: shared, scopes: { allow: "Listed" } },
      NEEDS_NO_ACCOUNT,
    ],
    [
      "S2-13 only shared accounts: everything through a shared one",
      { accounts: shared, types: ["Shared"] },
      EVERYTHING,
    ],
    [
      "S2-13 only shared accounts: a private one is of no use to its owner",
      { accounts: [account(BEN, "Nobody", "Owner")], types: ["Shared"] },
      NEEDS_NO_ACCOUNT,
    ],
    ["S1-15 that denies the pack: nothing", { accounts: shared, access: { state: "Denied" } }, []],
    [
      "S1-24 for subjects among whom he is not: nothing",
      { accounts: shared, access: { scope: "Subjects", users: [ANN] } },
      [],
    ],
    [
      "S1-25 for subjects among whom he is: everything",
      { accounts: shared, access: { scope: "Subjects", users: [BEN] } },
      EVERYTHING,
    ],
  ];
  test.each(rows)("%s", (_, world, ben) => {
    expect(usable(world, BEN)).toEqual(ben);
  });

  test("S1-16 Configured: an outsider uses nothing, with an account of his own neither", () => {
    const accounts = [account(OUTSIDER, "DocMembers", "DocMembers")];
    expect(usable({ accounts }, OUTSIDER)).toEqual([]);
    expect(usable({ accounts, access: { scope: "Subjects", users: [OUTSIDER] } }, OUTSIDER)).toEqual([]);
  });

  test("S1-14 Approved: an outsider uses everything", () => {
    expect(usable({ accounts: shared, access: { state: "Approved" } }, OUTSIDER)).toEqual(EVERYTHING);
  });

  test("S0-34 a table's rows are read by a fetch and changed by an action", () => {
    const world: World = { accounts: shared, directives: { fetches: "Allow", actions: "Deny" } };
    expect(outcome(invoke(world, BEN, TASKS))).toBe("yes");
    expect(outcome(invoke(world, BEN, UPDATE))).toBe("ComponentDisabled");
  });

  test("S1-62 when it changes, old accounts stay and what is not allowed any more is refused", () => {
    expect(outcome(invoke({ accounts: shared }, BEN, POST))).toBe("yes");
    expect(outcome(invoke({ accounts: shared, directives: { fetches: "Allow" } }, BEN, POST))).toBe(
      "ComponentDisabled",
    );
    expect(outcome(invoke({ accounts: shared, types: ["Private"] }, ANN, POST))).toBe("AccountNotAllowed");
    expect(outcome(invoke({ accounts: shared, scopes: { allow: "Listed", allowed: [] } }, BEN, POST))).toBe(
      "ScopeNotAllowed",
    );
  });
});

describe("the inputs", () => {
  const accounts = [account(ANN, "DocMembers", "DocMembers")];
  const alpha: Directives = {
    formulas: [{ name: "GetTask", parameters: [{ name: "project", rule: { values: ["ALPHA", "BETA"] } }] }],
    syncTables: [{ name: "Reports", dynamicURL: { prefix: "https://api.crm.com/reports/" } }],
  };
  type Given = Pick<InvocationRequest, "parameters" | "dynamicURL">;
  const rows: readonly (readonly [sentence: string, directives: Directives | undefined, Wanted, Given, string])[] = [
    ["S1-6 all projects where nothing is restricted", undefined, GET, { parameters: { project: "X" } }, "yes"],
    ["S1-6 not ProjectX where others are listed", alpha, GET, { parameters: { project: "X" } }, "ParameterNotAllowed"],
    ["S1-41 a value that is listed", alpha, GET, { parameters: { project: "BETA" } }, "yes"],
    ["S1-41 of a format as of its formula", alpha, FORMAT, { parameters: { project: "X" } }, "ParameterNotAllowed"],
    ["S1-43 a restricted one is required, though the pack says optional", alpha, GET, {}, "ParameterMissing"],
    ["S1-43 no empty value passes for none", alpha, GET, { parameters: { project: "" } }, "ParameterNotAllowed"],
    ["S1-42 a data set under the prefix", alpha, REPORTS, { dynamicURL: "https://API.crm.com/x/../reports/7" }, "yes"],
    [
      "S1-42 a data set that leaves the prefix by dots",
      alpha,
      REPORTS,
      { dynamicURL: "https://api.crm.com/reports/../admin" },
      "DynamicURLNotAllowed",
    ],
    [
      "S1-42 a data set of another host that starts alike",
      alpha,
      REPORTS,
      { dynamicURL: "https://api.crm.com.evil.net/reports/7" },
      "DynamicURLNotAllowed",
    ],
    ["S1-42 none for a dynamic table", undefined, REPORTS, { dynamicURL: undefined }, "ParameterMissing"],
    [
      "S1-42 one for a table that is not dynamic",
      undefined,
      TASKS,
      { dynamicURL: "https://a.com/" },
      "ParameterUnknown",
    ],
    ["S0-11 nothing that is not declared", undefined, GET, { parameters: { doc: "all of it" } }, "ParameterUnknown"],
    ["S0-11 no value of another type", undefined, ADD, { parameters: { a: "1" } }, "ParameterTypeWrong"],
    ["S0-11 no value that is no number", undefined, ADD, { parameters: { a: Number.NaN } }, "ParameterTypeWrong"],
  ];
  test.each(rows)("%s", (_, directives, wanted, given, expected) => {
    expect(outcome(invoke({ accounts, directives }, BEN, wanted, given))).toBe(expected);
  });

  test("S0-11 an execution receives only what the user passed", () => {
    expect(invoke({ accounts }, BEN, GET, { parameters: { project: "ALPHA" } })).toMatchObject({
      parameters: { project: "ALPHA" },
    });
    const decision = invoke({ accounts }, BEN, GET, { parameters: {} });
    expect(decision.allowed && decision.parameters).toEqual({});
  });

  test("S1-44 a rule belongs to the component that it stands under, and to no other", () => {
    const directives: Directives = { ...alpha, actions: "Allow" };
    expect(outcome(invoke({ accounts, directives }, BEN, POST, { parameters: { project: "X" } }))).toBe("yes");
    expect(outcome(invoke({ accounts, directives }, BEN, GET, { parameters: { project: "X" } }))).toBe(
      "ParameterNotAllowed",
    );
  });
});

describe("the scopes", () => {
  const consented = [account(ANN, "DocMembers", "DocMembers", { grantedScopes: ["tasks"] })];

  test("S0-32 of one formula: it asks for more, and the others work", () => {
    expect(usable({ accounts: consented }, ANN)).toEqual(EVERYTHING.filter((name) => name !== "Formula Share"));
    expect(invoke({ accounts: consented }, ANN, SHARE)).toMatchObject({
      reason: "ConsentRequired",
      message: expect.stringContaining("'share'"),
    });
  });

  test("S0-33 of a later version: what is new sends its owner back to consent, and the old parts keep working", () => {
    const newer = changed(CRM, action("Archive", { connection: "Required", extraOAuthScopes: ["archive"] }));
    const world: World = { accounts: [account(ANN, "DocMembers", "DocMembers")], definition: newer };
    expect(usable(world, ANN)).toEqual(EVERYTHING);
    expect(invoke(world, ANN, of("Formula", "Archive"))).toMatchObject({
      reason: "ConsentRequired",
      message: expect.stringMatching(/Open `status.consentURL` of the account and agree\.$/),
    });
    expect(invoke(world, BEN, of("Formula", "Archive"))).toMatchObject({
      reason: "ConsentRequired",
      message: expect.stringMatching(/The owner of the account must agree to it\.$/),
    });
  });

  test("S2-1 of a pack without accounts: none is asked for", () => {
    expect(outcome(invoke({ scopes: { allow: "Listed" } }, ANN, ADD))).toBe("yes");
  });
});
