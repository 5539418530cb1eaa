import { describe, expect, test } from "vitest";
import { ANN, BEN, NOW, OUTSIDER } from "../../test/gen/objects.ts";
import type { AccountType, GrantAccount, TakeActions, ViewData } from "../api/v1alpha1/index.ts";
import { type AccountProblem, type AccountRequest, compileAccounts } from "./account-choice.ts";

const BOTH: readonly AccountType[] = ["Private", "Shared"];

const account = (
  name: string,
  owner: string,
  viewData: ViewData,
  takeActions: TakeActions,
  more: Partial<GrantAccount> = {},
): GrantAccount => ({
  name: `team/${name}`,
  owner,
  viewData,
  takeActions,
  secret: name,
  placement: { type: "HeaderBearerToken" },
  ...more,
});

const shared = (name: string, owner: string, more?: Partial<GrantAccount>): GrantAccount =>
  account(name, owner, "DocMembers", "DocMembers", more);
const closed = (name: string, owner: string, more?: Partial<GrantAccount>): GrantAccount =>
  account(name, owner, "Nobody", "Owner", more);

type Asked = Partial<AccountRequest> & { readonly types?: readonly AccountType[] | undefined };

const choose = (accounts: readonly GrantAccount[] | undefined, asked: Asked = {}): string | AccountProblem => {
  const { types = BOTH, ...request } = asked;
  const result = compileAccounts(accounts, "types" in asked ? asked.types : types).choose({
    user: ANN,
    component: "PostTask",
    action: true,
    connection: "Required",
    chosen: undefined,
    now: NOW,
    ...request,
  });
  return result.ok ? (result.account?.name ?? "none") : result.problem;
};

const reasonOf = (answer: string | AccountProblem): string => (typeof answer === "string" ? answer : answer.reason);

describe("an account of Ann by its settings", () => {
  const rows: readonly (readonly [
    sentence: string,
    viewData: ViewData,
    takeActions: TakeActions,
    fetchByOwner: boolean,
    fetchByMember: boolean,
    actionByOwner: boolean,
    actionByMember: boolean,
  ])[] = [
    ["S0-38 S2-10 S2-13 private: nobody fetches, only the owner acts", "Nobody", "Owner", false, false, true, false],
    ["S0-42 S2-11 of no use: nobody fetches, nobody acts", "Nobody", "Nobody", false, false, false, false],
    ["S0-39 S2-9 S2-11 to view: all fetch, only the owner acts", "DocMembers", "Owner", true, true, true, false],
    ["S0-37 S0-41 S2-10 shared: all fetch, all act", "DocMembers", "DocMembers", true, true, true, true],
    ["S0-42 S2-11 view only: all fetch, nobody acts", "DocMembers", "Nobody", true, true, false, false],
    ["S0-38 that the API refuses: nobody acts", "Nobody", "DocMembers", false, false, false, false],
  ];
  test.each(rows)("%s", (_, viewData, takeActions, fetchByOwner, fetchByMember, actionByOwner, actionByMember) => {
    const accounts = [account("crm", ANN, viewData, takeActions)];
    const may = (user: string, action: boolean): boolean => choose(accounts, { user, action }) === "team/crm";
    expect([may(ANN, false), may(BEN, false), may(ANN, true), may(BEN, true)]).toEqual([
      fetchByOwner,
      fetchByMember,
      actionByOwner,
      actionByMember,
    ]);
    const named = (user: string, action: boolean) =>
      choose(accounts, { user, action, chosen: "team/crm" }) === "team/crm";
    expect([named(ANN, false), named(BEN, false), named(ANN, true), named(BEN, true)]).toEqual([
      fetchByOwner,
      fetchByMember,
      actionByOwner,
      actionByMember,
    ]);
  });
});

describe("the types of accounts that are allowed, per kind of use", () => {
  const view = account("view", ANN, "DocMembers", "Owner");
  const rows: readonly (readonly [
    sentence: string,
    types: readonly AccountType[] | undefined,
    of: GrantAccount,
    fetch: boolean,
    action: boolean,
  ])[] = [
    ["only private: a private account acts", ["Private"], closed("a", ANN), false, true],
    ["only private: a shared account does nothing, for its owner neither", ["Private"], shared("a", ANN), false, false],
    ["only private: one that is shared to view acts, and fetches not", ["Private"], view, false, true],
    ["only shared: a private account does nothing", ["Shared"], closed("a", ANN), false, false],
    ["only shared: a shared account does all", ["Shared"], shared("a", ANN), true, true],
    ["only shared: one that is shared to view fetches, and acts not", ["Shared"], view, true, false],
    ["none: nothing", [], shared("a", ANN), false, false],
    ["not said: nothing", undefined, shared("a", ANN), false, false],
  ];
  test.each(rows)("S2-13 S0-36 %s", (_, types, of, fetch, action) => {
    expect(choose([of], { types, action: false }) === of.name).toBe(fetch);
    expect(choose([of], { types, action: true }) === of.name).toBe(action);
  });

  test("S2-13 say so where they are the cause", () => {
    const forbidden = { reason: "AccountNotAllowed", rule: "spec.accounts.types" };
    expect(choose([], { types: [] })).toMatchObject(forbidden);
    expect(choose([], { types: ["Private"], action: false })).toMatchObject({
      ...forbidden,
      what: "'PostTask' needs a shared account, and only private ones are allowed.",
    });
    expect(choose([closed("a", ANN)], { types: ["Shared"] })).toMatchObject({
      ...forbidden,
      what: "Your account 'team/a' is private for this use, and such accounts are not allowed.",
    });
  });
});

describe("the account of a run", () => {
  const rows: readonly (readonly [
    sentence: string,
    accounts: readonly GrantAccount[] | undefined,
    asked: Asked,
    answer: string,
  ])[] = [
    ["S0-40 is the user's own, though one is shared", [shared("b", BEN), closed("a", ANN)], {}, "team/a"],
    [
      "S0-40 is the user's own, though several are shared",
      [shared("b", BEN), shared("c", BEN), shared("a", ANN)],
      {},
      "team/a",
    ],
    ["S0-41 is the only shared one without an own", [shared("b", BEN)], {}, "team/b"],
    ["S0-41 is the only shared one for an outsider, too", [shared("b", BEN)], { user: OUTSIDER }, "team/b"],
    [
      "S0-41 is the only one shared for actions",
      [account("v", BEN, "DocMembers", "Owner"), shared("b", BEN)],
      {},
      "team/b",
    ],
    [
      "S0-41 is the shared one where the own does not serve",
      [account("a", ANN, "Nobody", "Nobody"), shared("b", BEN)],
      {},
      "team/b",
    ],
    ["S2-3 is not guessed among several own", [closed("a", ANN), closed("b", ANN)], {}, "AccountAmbiguous"],
    ["S2-3 is not guessed among several shared", [shared("a", BEN), shared("b", BEN)], {}, "AccountAmbiguous"],
    [
      "S2-3 is not guessed where it is optional",
      [shared("a", BEN), shared("b", BEN)],
      { connection: "Optional" },
      "AccountAmbiguous",
    ],
    ["S2-3 is the chosen one of several", [closed("a", ANN), closed("b", ANN)], { chosen: "team/b" }, "team/b"],
    [
      "S0-40 is the chosen shared one beside the own",
      [closed("a", ANN), shared("b", BEN)],
      { chosen: "team/b" },
      "team/b",
    ],
    ["S0-40 is not another than the chosen", [closed("a", ANN)], { chosen: "team/x" }, "AccountNotAllowed"],
    ["S0-40 is not chosen by a part of its name", [closed("a", ANN)], { chosen: "a" }, "AccountNotAllowed"],
    ["S2-13 is not somebody else's private one", [closed("b", BEN)], {}, "AccountRequired"],
    ["S2-13 is not somebody else's private one by name", [closed("b", BEN)], { chosen: "team/b" }, "AccountNotAllowed"],
    ["S0-40 is not that of a user in other letters", [closed("a", "Ann@example.com")], {}, "AccountRequired"],
    ["S2-1 is none where none is needed", undefined, { connection: "None" }, "none"],
    ["S2-1 is none where none is needed and some are there", [shared("a", ANN)], { connection: "None" }, "none"],
    [
      "S2-1 cannot be chosen where none is needed",
      [shared("a", ANN)],
      { connection: "None", chosen: "team/a" },
      "AccountNotAllowed",
    ],
    ["S2-1 may be none where it is optional", [closed("b", BEN)], { connection: "Optional" }, "none"],
    [
      "S2-1 may be none where it is optional and the own does not serve",
      [account("a", ANN, "Nobody", "Nobody")],
      { connection: "Optional" },
      "none",
    ],
    ["S2-1 is the own where it is optional and there", [closed("a", ANN)], { connection: "Optional" }, "team/a"],
    ["S2-1 is not left out where it was chosen", [], { connection: "Optional", chosen: "team/x" }, "AccountNotAllowed"],
    ["S2-4 must be connected where it is needed", undefined, {}, "AccountRequired"],
    ["is used until its time", [closed("a", ANN, { expireTime: "2026-01-02T12:00:01Z" })], {}, "team/a"],
    ["is not used at its time", [closed("a", ANN, { expireTime: "2026-01-02T12:00:00Z" })], {}, "AccountNotAllowed"],
    ["is not used where its time cannot be read", [closed("a", ANN, { expireTime: "soon" })], {}, "AccountNotAllowed"],
    [
      "is the other one when one's time is over",
      [shared("a", BEN, { expireTime: "2026-01-02T11:59:59Z" }), shared("b", BEN)],
      {},
      "team/b",
    ],
  ];
  test.each(rows)("%s", (_, accounts, asked, answer) => {
    expect(reasonOf(choose(accounts, asked))).toBe(answer);
  });

  test("does not depend on the order of accounts", () => {
    const accounts = [shared("c", BEN), shared("b", BEN)];
    expect(choose(accounts)).toEqual(choose(accounts.toReversed()));
    expect(choose(accounts)).toMatchObject({
      candidates: ["team/b", "team/c"],
      fix: "Choose one of 'team/b' and 'team/c'.",
    });
  });
});

describe("what is said", () => {
  test("S0-39 asks others to connect an account of their own, and does not name this one", () => {
    const problem = choose([account("view", BEN, "DocMembers", "Owner")]) as AccountProblem;
    expect(problem).toEqual({
      reason: "AccountRequired",
      what: "'PostTask' needs an account, and there is none that you may use.",
      fix: "Connect your own account, and let the install name it.",
    });
  });

  const none: readonly (readonly [sentence: string, asked: Asked, fix: string])[] = [
    ["an action", {}, "Connect your own account, and let the install name it."],
    [
      "a fetch, which everybody sees",
      { action: false },
      "Connect your own account with `viewData: DocMembers`, and let the install name it.",
    ],
    [
      "an action where only shared ones are allowed",
      { types: ["Shared"] },
      "Connect your own account with `viewData` and `takeActions` set to 'DocMembers', and let the install name it.",
    ],
  ];
  test.each(none)("S2-4 asks to connect an account that will do for %s", (_, asked, fix) => {
    expect(choose([], asked)).toMatchObject({ reason: "AccountRequired", fix });
  });

  test("S2-17 as choices are the own and the shared ones, and never private ones of others", () => {
    const chooser = compileAccounts(
      [closed("b", BEN), account("v", BEN, "DocMembers", "Owner"), shared("s", BEN), closed("a", ANN)],
      BOTH,
    );
    const choices = (asked: Partial<AccountRequest>) =>
      chooser
        .choices({
          user: ANN,
          component: "X",
          action: true,
          connection: "Required",
          chosen: undefined,
          now: NOW,
          ...asked,
        })
        .map(({ name }) => name);
    expect(choices({})).toEqual(["team/a", "team/s"]);
    expect(choices({ action: false })).toEqual(["team/v", "team/s"]);
    expect(choices({ connection: "None" })).toEqual([]);
  });

  const own: readonly (readonly [sentence: string, of: GrantAccount, asked: Asked, fix: string])[] = [
    [
      "how to let it act",
      account("a", ANN, "DocMembers", "Nobody"),
      {},
      "Set its `takeActions` to 'Owner', or to 'DocMembers' beside `viewData: DocMembers`.",
    ],
    [
      "how to let it fetch",
      closed("a", ANN),
      { action: false },
      "Set its `viewData` to 'DocMembers': fetched data is seen by everybody in the doc.",
    ],
    [
      "that its time is over",
      closed("a", ANN, { expireTime: "2020-01-01T00:00:00Z" }),
      {},
      "Extend its `expireTime`, or connect it again.",
    ],
  ];
  test.each(own)("S0-43 tells the owner %s, whether he chose it or not", (_, of, asked, fix) => {
    expect(choose([of], asked)).toMatchObject({ reason: "AccountNotAllowed", fix });
    expect(choose([of], { ...asked, chosen: of.name })).toMatchObject({ reason: "AccountNotAllowed", fix });
  });

  test("S2-17 is the same for an account that is not there and for somebody else's private one", () => {
    const there = choose([closed("b", BEN)], { chosen: "team/b" });
    expect(there).toEqual(choose([], { chosen: "team/b" }));
    expect(JSON.stringify(there)).not.toContain("team/b");
  });
});
