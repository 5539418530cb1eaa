import { describe, expect, it, test } from "vitest";
import { naming, packAccount, sharedWith, usable } from "../../../test/gen/accounts.ts";
import {
  ANN,
  action,
  authenticatedBy,
  BEN,
  boundTo,
  changed,
  docIn,
  enabling,
  formula,
  forUsers,
  inDoc,
  installInput,
  OUTSIDER,
  organization,
  organizedBy,
  packConfiguration,
  packDefinition,
  packDocObject,
  packInstall,
  share,
  suspended,
  syncTable,
} from "../../../test/gen/objects.ts";
import type { PackGrantSpec } from "../../api/v1alpha1/index.ts";
import { evaluateInstall } from "../../policy/evaluate.ts";
import { grantOf } from "../../policy/grant.ts";
import type { InstallInput } from "../../policy/input.ts";
import { found, unknown } from "../../policy/truth.ts";
import { type CanIQuestion, type CanIReport, canI } from "./report.ts";

const PACK = packDefinition(
  "crm",
  formula("Get", { parameters: [{ name: "project", type: "String" }] }),
  action("Write"),
  formula("Mine", { connection: "Required" }),
  syncTable("Deals", { writable: true }),
  authenticatedBy({ type: "HeaderBearerToken" }),
);
const VIEW = packConfiguration(
  "view",
  forUsers(ANN, BEN),
  enabling({
    fetches: "Allow",
    formulas: [{ name: "Get", parameters: [{ name: "project", rule: { values: ["X"] } }] }],
  }),
);

const MINE = changed(
  packAccount("mine", sharedWith({ installRef: { name: "crm" } }), usable("DocMembers", "Owner")),
  (account) => ({ ...account, status: { consentedDomains: ["api.crm.com"] } }),
);

const WORLD = installInput({
  definition: found(PACK),
  configurations: [VIEW],
  install: packInstall("crm", inDoc("plan"), naming("mine")),
  accounts: [MINE],
  doc: docIn(packDocObject("plan", { sharing: [share("User", BEN), share("User", OUTSIDER)] })),
  organization: found(organization(organizedBy({ supportContact: "#ask-platform" }))),
});

const ask = (
  question: Partial<CanIQuestion> = {},
  world: Partial<InstallInput> = {},
  stored?: PackGrantSpec,
): CanIReport =>
  canI({ user: ANN, pack: "crm", doc: "team/plan", ...question }, { input: { ...WORLD, ...world }, stored });

describe("S3-1 who may use which building block", () => {
  it.each<[string, Partial<CanIQuestion>, boolean, string | undefined]>([
    ["S3-1 a fetch that the configuration allows", { component: { name: "Get" } }, true, undefined],
    ["S3-1 an action that it does not list", { component: { name: "Write" } }, false, "ComponentDisabled"],
    [
      "S3-1 an account whose data the people of the doc may see",
      { component: { name: "Mine" }, user: BEN },
      true,
      undefined,
    ],
    ["S3-1 one's own account suffices", { component: { name: "Mine" } }, true, undefined],
    [
      "S3-1 an account that is not there",
      { component: { name: "Mine" }, account: "team/other" },
      false,
      "AccountNotAllowed",
    ],
    ["S3-1 reading a table, and not writing", { component: { name: "Deals", kind: "SyncTable" } }, true, undefined],
    [
      "S3-1 writing is another building block of that name",
      { component: { name: "Deals", kind: "SyncTableUpdate" } },
      false,
      "ComponentDisabled",
    ],
    [
      "S3-1 without a kind all of that name must be allowed",
      { component: { name: "Deals" } },
      false,
      "ComponentDisabled",
    ],
    ["S3-1 an outsider in the doc", { user: OUTSIDER, component: { name: "Get" } }, false, "NotAMember"],
    ["S3-1 somebody outside of the doc", { user: "eve@example.com" }, false, "UserNotInAudience"],
    ["S3-1 a building block that the pack has not", { component: { name: "Gets" } }, false, "ComponentUnknown"],
    ["S3-1 one that is of another kind", { component: { name: "Get", kind: "SyncTable" } }, false, "ComponentUnknown"],
  ])("%s", (_, question, allowed, reason) => {
    const report = ask(question);
    const denial = report.denial ?? report.components.find((it) => !it.allowed)?.denial;
    expect({ allowed: report.allowed, reason: denial?.reason }).toEqual({ allowed, reason });
  });

  it("S1-55 names the configuration, the rule, what the user reads, and whom to ask", () => {
    expect(ask({ component: { name: "Write" } }).components[0]?.denial).toEqual({
      reason: "ComponentDisabled",
      message: expect.stringContaining("This is a rule of the configuration 'view'; ask #ask-platform"),
      configuration: "view",
      contact: "#ask-platform",
      rule: "spec.components",
    });
  });

  it("S3-1 without an account that may be used there is none to choose", () => {
    const { components } = ask({ component: { name: "Mine" } }, { accounts: [] });
    expect(components[0]?.denial?.reason).toBe("AccountRequired");
  });

  test("restricted inputs are put into words", () => {
    expect(ask({ component: { name: "Get" } }).components[0]?.restrictions).toEqual([
      {
        rule: "spec.components.formulas[Get].parameters[project]",
        text: expect.stringContaining("The parameter 'project' must be given"),
      },
    ]);
  });

  test("of the whole pack every building block is listed; one suffices", () => {
    const report = ask();
    expect(report.allowed).toBe(true);
    expect(report.components.map(({ kind, name, allowed }) => `${kind} ${name} ${allowed}`)).toEqual([
      "Formula Get true",
      "Formula Mine true",
      "Formula Write false",
      "SyncTable Deals true",
      "SyncTableUpdate Deals false",
    ]);
    const denial = ask({ component: { name: "Gets" } }).denial?.message;
    expect(denial).toBe("The pack 'crm' has no building block 'Gets'. Did you mean 'Get'?");
  });
});

describe("where the pack is not in force", () => {
  const bound = packInstall("crm", inDoc("plan"), boundTo(VIEW));

  it.each<[string, Partial<InstallInput>, string, string]>([
    [
      "it is refused",
      { configurations: [packConfiguration("bens", forUsers(BEN))] },
      "NoAccessibleConfiguration",
      "not installed there",
    ],
    ["it rests", { install: changed(bound, suspended()) }, "GrantNotActive", "suspend"],
    ["it leaves", { install: bound, configurations: [] }, "ConfigurationDeleted", "not installed there"],
    [
      "nobody can tell, and the grant is hidden",
      { install: bound, definition: unknown("it is hidden") },
      "KindNotServed",
      "it is hidden",
    ],
  ])("%s", (_, world, reason, words) => {
    const { allowed, denial } = ask({}, world);
    expect({ allowed, reason: denial?.reason }).toEqual({ allowed: false, reason });
    expect(denial?.message).toContain(words);
  });

  test("nobody can tell, and what the controller has written counts", () => {
    const stored = grantOf(WORLD, evaluateInstall(WORLD));
    expect(stored).toMatchObject({ state: "Active" });
    const report = ask({}, { install: bound, definition: unknown("it is hidden") }, stored as PackGrantSpec);
    expect(report.allowed).toBe(true);
  });

  test("there is no install in the doc", () => {
    expect(canI({ user: ANN, pack: "crm", doc: "team" }, undefined)).toMatchObject({
      allowed: false,
      denial: { reason: "NotInstalled" },
      components: [],
    });
  });
});
