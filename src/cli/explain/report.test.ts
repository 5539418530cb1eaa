import { describe, expect, it, test } from "vitest";
import { naming, packAccount, sharedWith } from "../../../test/gen/accounts.ts";
import {
  ANN,
  acceptingDomains,
  action,
  allowingDomains,
  authenticatedBy,
  BEN,
  boundByDefault,
  boundTo,
  changed,
  choosing,
  definedBy,
  denied,
  docIn,
  enabling,
  forGroups,
  formula,
  forUsers,
  granting,
  groupsOf,
  inDoc,
  installedBy,
  installInput,
  NOW,
  OUTSIDER,
  onTrial,
  openToMembers,
  organization,
  organizedBy,
  packConfiguration,
  packDefinition,
  packDocObject,
  packFolder,
  packInstall,
  packRequest,
  reaching,
  share,
  sharedWithin,
  suspended,
  syncTable,
  uninstalledFor,
  withGrace,
  withStatus,
} from "../../../test/gen/objects.ts";
import { CHECKS } from "../../policy/checks.ts";
import type { InstallInput } from "../../policy/input.ts";
import { absent, found, unknown } from "../../policy/truth.ts";
import { wordsOf } from "./checks.ts";
import { type ExplainOptions, type Explanation, explainInstall } from "./report.ts";

const OFFLINE: ExplainOptions = { live: false, hidden: [] };
const LIVE: ExplainOptions = { live: true, hidden: [] };

const explain = (overrides: Partial<InstallInput> = {}, options = OFFLINE): Explanation =>
  explainInstall(installInput(overrides), options);

const MEMBERS = packConfiguration("members");

const ready = (status: "True" | "False", reason: string, message = "") =>
  withStatus({
    conditions: [{ type: "Ready", status, reason, message, lastTransitionTime: "2026-01-02T03:04:05Z" }],
  });

/** `Passed` for each check up to the one with this result, `NotReached` after it. */
const results = (check: string, result: string): readonly string[] => {
  const at = CHECKS.findIndex((it) => wordsOf(it).check === check);
  return CHECKS.map((_, index) => (index < at ? "Passed" : index === at ? result : "NotReached"));
};

test("every check has words", () => {
  expect(new Set(CHECKS.map((check) => wordsOf(check).title)).size).toBe(CHECKS.length);
});

describe("every check in its order, with its sentence", () => {
  const narrow = packConfiguration("narrow", forUsers(ANN));
  const shared = { ...packDocObject("plan", { sharing: [share("User", BEN)] }) };

  it.each<[string, Partial<InstallInput>, string, string, string]>([
    ["nobody vouches", { unvouched: { reason: "AdmissionMissing", message: "m." } }, "VouchedFor", "Waiting", "m."],
    [
      "there is no organization",
      { organization: absent },
      "OrganizationKnown",
      "Waiting",
      "there is no PackOrganization",
    ],
    [
      "the pack is not defined",
      { definition: absent },
      "DefinitionAccepted",
      "Waiting",
      "there is no PackDefinition 'crm'",
    ],
    [
      "a review is missing",
      { definition: found(packDefinition("crm", reaching("a.crm.com", "b.crm.com"))) },
      "PackReviewed",
      "Waiting",
      "needs a review",
    ],
    [
      "the pack is denied",
      { configurations: [packConfiguration("no", denied())] },
      "PackNotDenied",
      "Failed",
      "'no' denies the pack",
    ],
    ["configurations are hidden", { configurationsKnown: false }, "ConfigurationsKnown", "Waiting", "cannot be listed"],
    [
      "it is there already",
      { siblings: [packInstall("first", boundTo(MEMBERS))] },
      "OnlyInstallInDoc",
      "Failed",
      "already installed",
    ],
    [
      "it is not approved",
      { organization: found(organization(organizedBy({ approvals: { mode: "Required" } }))), configurations: [] },
      "PackApproved",
      "Waiting",
      "has to be approved first",
    ],
    [
      "S1-52 nobody admits the installer",
      { configurations: [packConfiguration("bens", forUsers(BEN))] },
      "ConfigurationFound",
      "Failed",
      `admits '${ANN}'`,
    ],
    [
      "a domain is not allowed",
      { configurations: [packConfiguration("other", allowingDomains("other.com"))] },
      "DomainsAllowed",
      "Failed",
      "needs 'api.crm.com'",
    ],
    [
      "there is no doc",
      { doc: absent, install: packInstall("crm", inDoc("plan")) },
      "DocAllowed",
      "Waiting",
      "no PackDoc",
    ],
    [
      "the doc is shared too widely",
      {
        configurations: [changed(narrow, sharedWithin())],
        doc: docIn(shared),
        install: packInstall("crm", inDoc("plan")),
      },
      "AudienceCovered",
      "Failed",
      `the user '${BEN}'`,
    ],
  ])("%s", (_, world, check, result, words) => {
    const { checks, headline, works } = explain(world);
    expect(checks.map((it) => it.result)).toEqual(results(check, result));
    expect(checks.find((it) => it.check === check)?.message).toContain(words);
    expect(headline).toContain(words);
    expect(works).toBe(false);
  });

  test("a bound install does not choose again", () => {
    const install = packInstall("crm", boundTo(MEMBERS));
    const { checks } = explain({ install, configurations: [MEMBERS, packConfiguration("second")] });
    expect(checks.every(({ result }) => result === "Passed")).toBe(true);
  });
});

describe("what would make it work", () => {
  const bens = [packConfiguration("bens", forUsers(BEN))];
  const contact = organization(organizedBy({ supportContact: "#ask-platform" }));

  it("S1-52 says whom to ask for access, and that one can ask for the pack", () => {
    const { contact: whom, todo } = explain({ configurations: bens, organization: found(contact) });
    expect(whom).toBe("#ask-platform");
    expect(todo).toEqual([
      "Ask an administrator to name the installer, or a group of his, in a PackConfiguration.",
      "Or ask for the pack: create a PackRequest for 'crm' in the namespace 'team'; an administrator answers it.",
    ]);
    expect(explain({ configurations: bens, requests: [packRequest("asked")] }).todo).toHaveLength(1);
  });

  it("S1-53 names the configurations to choose from, and what each allows", () => {
    const view = packConfiguration("view", enabling({ fetches: "Allow" }));
    const { candidates, todo } = explain({ configurations: [view, MEMBERS] });
    expect(candidates).toEqual([
      { name: "members", summary: "all members: everything" },
      { name: "view", summary: "all members: all fetches" },
    ]);
    expect(todo).toEqual(["Choose one of `status.candidates` in `configurationRef`."]);
  });

  test("an account that is missing is something to do, and no failure", () => {
    const definition = packDefinition(
      "crm",
      formula("Get", { connection: "Required" }),
      authenticatedBy({ type: "HeaderBearerToken" }),
    );
    const { grants, todo, works } = explain({ definition: found(definition) });
    expect({ works, reason: grants?.accounts.finding?.reason }).toEqual({ works: true, reason: "AccountRequired" });
    expect(todo).toEqual(["Create a PackAccount and name it in `accountRefs`."]);
  });
});

describe("the state in one line", () => {
  const bound = packInstall("crm", boundTo(MEMBERS), ready("True", "Succeeded"));
  const gone = { configurations: [packConfiguration("members", forUsers(BEN))] };

  it.each<[string, Partial<InstallInput>, ExplainOptions, boolean, string]>([
    ["in files it would be installed", {}, OFFLINE, true, "It would be installed."],
    [
      "the controller has not acted",
      {},
      LIVE,
      false,
      "It would be installed, and not ready: the controller has not acted yet.",
    ],
    ["it runs", { install: bound }, LIVE, true, "It is installed and ready."],
    [
      "its sandbox is not ready",
      { install: changed(bound, ready("False", "Proving", "it proves.")) },
      LIVE,
      false,
      "It is installed, and not ready: it proves.",
    ],
    [
      "it rests",
      { install: changed(bound, suspended()) },
      LIVE,
      true,
      "It is installed, and nothing runs: `spec.suspend` is true",
    ],
    [
      "nobody can tell",
      { install: bound, organization: unknown("you may not list them") },
      LIVE,
      false,
      "It is installed, and held as it is: the PackOrganization",
    ],
    [
      "it waits for its grace period",
      { install: bound, configurations: [changed(gone.configurations[0] ?? MEMBERS, withGrace(60))] },
      LIVE,
      false,
      "Nothing runs, and it will be uninstalled at 2026-01-02T12:01:00Z: neither the installer",
    ],
    [
      "its uninstall is stopped",
      { install: bound, ...gone, held: { reason: "UninstallPaused", message: "many wait." } },
      LIVE,
      false,
      "Nothing runs, and its uninstall is stopped: neither the installer",
    ],
    ["it leaves", { install: bound, ...gone }, LIVE, false, "It is being uninstalled: neither the installer"],
    [
      "it was uninstalled",
      { install: packInstall("crm", uninstalledFor("PackDenied")) },
      LIVE,
      false,
      "It was uninstalled at 2026-01-02T11:59:00Z and stays so until somebody asks for it again: the cause of that time.",
    ],
  ])("%s", (_, world, options, works, headline) => {
    const explanation = explain(world, options);
    expect(explanation.headline).toContain(headline);
    expect(explanation.works).toBe(works);
  });
});

describe("where the user may not see what decides, the controller is believed", () => {
  const blind = { live: true, hidden: ["you may not list PackOrganization objects"] };
  const organization = unknown("you may not list PackOrganization objects");

  it.each([
    [ready("True", "Succeeded"), true, "It is ready."],
    [ready("False", "Proving", "it proves."), false, "It is not installed: it proves."],
  ])("case %#", (status, works, said) => {
    const explanation = explain({ install: packInstall("crm", status), organization }, blind);
    expect(explanation.headline).toBe(`You may not see all that decides it. The controller says: ${said}`);
    expect(explanation.works).toBe(works);
  });

  test("what he sees suffices for a refusal", () => {
    const { headline } = explain({ configurations: [packConfiguration("no", denied())] }, blind);
    expect(headline).toContain("'no' denies the pack");
  });
});

describe("how the installer gets in", () => {
  const groups = groupsOf({ sales: [ANN], others: [BEN] });

  it.each<[string, Partial<InstallInput>, object, string]>([
    ["as a member", {}, { admitted: "yes", by: "as a member of the organization" }, "every member of the organization"],
    [
      "by name",
      { configurations: [packConfiguration("c", forUsers(BEN, ANN))] },
      { admitted: "yes", by: "by name" },
      `the users '${BEN}' and '${ANN}'`,
    ],
    [
      "by the group that he is in",
      { configurations: [packConfiguration("c", forGroups("others", "sales"))], groups },
      { admitted: "yes", by: "by the group 'sales'" },
      "the groups 'others' and 'sales'",
    ],
    [
      "by the default",
      { configurations: [], organization: found(organization(openToMembers())) },
      { admitted: "yes", by: "as a member of the organization" },
      "every member of the organization",
    ],
    [
      "by a request",
      {
        configurations: [],
        install: packInstall("crm", boundByDefault({ namespace: "team", name: "asked", uid: "u" })),
      },
      { admitted: "yes", by: "as a member of the organization, by the approved PackRequest 'team/asked'" },
      "every member of the organization",
    ],
  ])("%s", (_, world, installer, admits) => {
    const { configuration } = explain(world);
    expect(configuration?.installer).toMatchObject({ name: ANN, ...installer });
    expect(configuration?.admits).toContain(admits);
  });

  test("who is in for the doc's owner only is told so", () => {
    const bens = packConfiguration("bens", forUsers(BEN));
    const doc = docIn(packDocObject("plan", { owner: BEN }));
    const { configuration, works } = explain({
      install: packInstall("crm", inDoc("plan"), boundTo(bens)),
      configurations: [bens],
      doc,
    });
    expect(works).toBe(true);
    expect(configuration).toMatchObject({
      installer: { name: ANN, admitted: "no" },
      owner: { name: BEN, admitted: "yes", by: "by name" },
    });
  });

  test("a configuration that is gone grants nothing that could be shown", () => {
    const install = packInstall("crm", boundTo(withGraceOf(MEMBERS)));
    const { configuration, grants } = explain({ install, configurations: [] });
    expect(configuration).toEqual({ name: "members", builtIn: false, bound: true });
    expect(grants).toBeUndefined();
  });
});

const withGraceOf = (configuration: typeof MEMBERS) => changed(configuration, withGrace(60));

describe("S0-48 what installing grants", () => {
  const definition = packDefinition(
    "crm",
    reaching("api.crm.com", "files.crm.com"),
    definedBy({
      authentication: {
        type: "OAuth2",
        networkDomains: ["api.crm.com"],
        oauth2: {
          authorizationURL: "https://api.crm.com/a",
          tokenURL: "https://api.crm.com/t",
          scopes: ["read"],
        },
      },
    }),
    formula("Get", { connection: "Required", parameters: [{ name: "project", type: "String" }] }),
    action("Write", { connection: "Required", extraOAuthScopes: ["write"] }),
    syncTable("Deals", {}),
  );
  const rules = enabling({
    fetches: "Allow",
    formulas: [{ name: "Get", parameters: [{ name: "project", rule: { values: ["X"] } }] }],
  });
  const world = {
    definition: found(definition),
    organization: found(organization(acceptingDomains(2))),
    configurations: [packConfiguration("view", rules)],
  };

  it("S0-48 lists domains, with whose credential goes there", () => {
    expect(explain(world).grants?.domains).toEqual([
      { domain: "api.crm.com", state: "Effective", text: "The credential of the account that is used goes there." },
      { domain: "files.crm.com", state: "Effective", text: "No credential goes there." },
    ]);
  });

  it("S1-54 says of each building block why it is off, by which rule, and what its inputs may be", () => {
    const components = explain(world).grants?.components;
    expect(components?.map(({ name, enabled }) => [name, enabled])).toEqual([
      ["Get", true],
      ["Write", false],
      ["Deals", true],
    ]);
    expect(components?.[0]?.restrictions).toEqual([
      {
        rule: "spec.components.formulas[Get].parameters[project]",
        text: expect.stringContaining("The parameter 'project' must be given: use "),
      },
    ]);
    expect(components?.[1]).toMatchObject({ reason: "NotListed", rule: "spec.components" });
    expect(components?.[1]?.explanation).toContain("Ask an administrator to list it.");
  });

  it("S0-48 lists scopes of what is switched on, and accounts", () => {
    const mine = changed(packAccount("mine"), sharedWith({ installRef: { name: "crm" } }), (account) => ({
      ...account,
      status: { consentedDomains: ["api.crm.com"] },
    }));
    const install = packInstall("crm", naming("mine", "other"));
    const { grants } = explain({ ...world, install, accounts: [mine] });
    expect(grants?.scopes).toEqual([{ scope: "read", allowed: true, neededBy: ["Get"] }]);
    expect(grants?.accounts).toMatchObject({
      authentication: "OAuth2",
      types: ["Private", "Shared"],
      named: [
        { name: "team/mine", usable: true, owner: ANN, hosts: ["api.crm.com"] },
        { name: "team/other", usable: false },
      ],
    });
  });

  test("S0-48 lists who is in the doc, and who of them has no access", () => {
    const doc = packDocObject("plan", { sharing: [share("User", BEN)], folderRef: { name: "clients" } });
    const { audience } = explain({
      install: packInstall("crm", inDoc("plan")),
      doc: docIn(doc, packFolder("clients", { sharing: [share("User", OUTSIDER)] })),
    });
    expect(audience).toEqual({
      entries: [
        { kind: "User", name: ANN, access: "yes" },
        { kind: "User", name: BEN, access: "yes" },
        { kind: "User", name: OUTSIDER, folder: "clients", access: "no" },
      ],
      outsiders: "yes",
    });
  });

  test("what waits for a review is closed, and says what a reviewer writes", () => {
    const unreviewed = { ...world, organization: found(organization()), granted: granting("api.crm.com") };
    const { grants, review } = explain(unreviewed);
    expect(grants).toMatchObject({
      inForce: false,
      domains: [
        { domain: "api.crm.com", state: "Effective" },
        { domain: "files.crm.com", state: "WaitingForReview" },
      ],
    });
    expect(review).toMatchObject({
      open: [expect.stringContaining("2 domains")],
      reviewDigest: expect.stringMatching(/^sha256:/),
    });
  });

  test("a domain that the configuration does not allow says which configuration that is", () => {
    const configurations = [packConfiguration("narrow", allowingDomains("files.crm.com"))];
    expect(explain({ ...world, configurations }).grants?.domains[0]).toEqual({
      domain: "api.crm.com",
      state: "NotAllowed",
      text: "The PackConfiguration 'narrow' does not allow it (`spec.network.allowedDomains`).",
    });
  });
});

test("configurations on trial say what they would do", () => {
  const trial = packConfiguration("trial", onTrial(), allowingDomains("other.com"));
  const { onTrial: concerned, trials } = explain({ configurations: [MEMBERS, trial] });
  expect(concerned).toBe(true);
  expect(trials).toMatchObject([{ configuration: "trial", reason: "DomainsNotAllowed" }]);
  expect(explain().onTrial).toBe(false);
});

test("an uninstalled pack says when, why, by which configuration, and whom to ask", () => {
  const contact = { contact: "#then" };
  const install = changed(packInstall("crm", uninstalledFor("PackDenied")), (it) =>
    withStatus({ uninstalled: { ...it.status?.uninstalled, ...contact } as never })(it),
  );
  const { contact: whom, outcome, todo, uninstalled } = explain({ install }, LIVE);
  expect({ outcome, whom }).toEqual({ outcome: "Latched", whom: "#then" });
  expect(uninstalled).toMatchObject({ reason: "PackDenied", configuration: "members" });
  expect(todo.join(" ")).toContain("packs.dev/reinstall-requested-at");
});

test("a pending uninstall names its deadline", () => {
  const install = packInstall("crm", boundTo(MEMBERS), installedBy(OUTSIDER));
  const { pendingUninstall } = explain({ install, configurations: [changed(MEMBERS, withGrace(60))] });
  expect(pendingUninstall).toEqual({
    since: "2026-01-02T12:00:00Z",
    deadline: "2026-01-02T12:01:00Z",
    reason: "InstallerAccessLost",
    message: expect.stringContaining(OUTSIDER),
    configuration: "members",
  });
  expect(NOW).toBe(Date.UTC(2026, 0, 2, 12));
});

test("a named configuration that is not accessible is not the one that it would be bound to", () => {
  const install = packInstall("crm", choosing("bens"));
  expect(
    explain({ install, configurations: [packConfiguration("bens", forUsers(BEN))] }).configuration,
  ).toBeUndefined();
});
