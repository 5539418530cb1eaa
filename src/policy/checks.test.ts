import { describe, expect, test } from "vitest";
import {
  ANN,
  about,
  aboutLabels,
  acceptingDomains,
  allowingDocs,
  allowingDomains,
  approved,
  askingToReinstall,
  BEN,
  boundTo,
  changed,
  choosing,
  configuredBy,
  createdAt,
  decidedAs,
  denied,
  docIn,
  enabling,
  forGroups,
  forUsers,
  groupsOf,
  inDoc,
  inNamespace,
  installedBy,
  installInput,
  knowing,
  labelled,
  NOW,
  OUTSIDER,
  ofGeneration,
  onTrial,
  openToMembers,
  organization,
  organizedBy,
  packConfiguration,
  packDefinition,
  packDocObject,
  packFolder,
  packGroup,
  packInstall,
  packRequest,
  packReview,
  RULES,
  reaching,
  share,
  sharedWithin,
  suspended,
  uninstalledFor,
  viewing,
  withUid,
} from "../../test/gen/objects.ts";
import { PACK_INSTALL } from "../api/kinds.ts";
import type { Reason } from "../api/reasons.ts";
import type {
  ConfigurationSharing,
  PackConfiguration,
  PackConfigurationSpec,
  PackDoc,
  PackReview,
} from "../api/v1alpha1/index.ts";
import { toTimestamp } from "../lib/clock.ts";
import { CHECKS } from "./checks.ts";
import { evaluateDefinition } from "./definition.ts";
import { namespaceDoc } from "./doc.ts";
import { docOf, type InstallInput } from "./input.ts";
import { runChecks } from "./step.ts";
import { absent, found, unknown } from "./truth.ts";

type World = Partial<InstallInput>;

/** `bind <name>`, `bind default`, `wait <reason>` or `refuse <reason>`. */
const outcome = (world: World): string => {
  const step = runChecks(CHECKS, installInput(world));
  if ("wait" in step) return `wait ${step.wait.reason}`;
  if ("refuse" in step) return `refuse ${step.refuse.reason}`;
  return step.pass.builtIn === true ? "bind default" : `bind ${step.pass.configuration?.metadata.name}`;
};

const message = (world: World): string => {
  const step = runChecks(CHECKS, installInput(world));
  return "wait" in step ? step.wait.message : "refuse" in step ? step.refuse.message : "";
};

const stale = { name: "scim", maxAgeSeconds: 60 };
/** A group `sales` that never reported, beside others that did. */
const staleSalesAnd = (others: Readonly<Record<string, readonly string[]>>) =>
  viewing(
    packGroup("sales", { members: [ANN], source: stale }),
    ...Object.entries(others).map(([name, list]) => packGroup(name, { members: list })),
  );
const staleSales = staleSalesAnd({});

const inPlan = (spec: Partial<PackDoc["spec"]> = {}): World => ({
  install: packInstall("crm", inDoc("plan")),
  doc: docIn(packDocObject("plan", spec)),
});

const unreadable = (name: string) =>
  packConfiguration(
    name,
    enabling({ formulas: [{ name: "Read", parameters: [{ name: "query", rule: { pattern: "(" } }] }] }),
  );

type Rows = readonly (readonly [sentence: string, world: World, outcome: string])[];

const members = packConfiguration("members");
const forAnn = packConfiguration("for-ann", forUsers(ANN));
const forBen = packConfiguration("for-ben", forUsers(BEN));
const deny = packConfiguration("deny", denied());
const byAnn = packInstall("crm");
const byOutsider = packInstall("crm", installedBy(OUTSIDER));
const openDefault = { organization: found(organization(openToMembers())), configurations: [] };

describe("what everything else needs", () => {
  const rows: Rows = [
    ["without an organization the install waits", { organization: absent }, "wait OrganizationNotFound"],
    [
      "an organization that cannot be used is as good as none",
      { organization: unknown("why") },
      "wait OrganizationNotFound",
    ],
    [
      "an approval of everybody does not replace the organization",
      { organization: absent, configurations: [packConfiguration("c", approved())] },
      "wait OrganizationNotFound",
    ],
    [
      "while nobody vouches for who asks, the install waits",
      { unvouched: { reason: "AdmissionMissing", message: "the policies are gone." } },
      "wait AdmissionMissing",
    ],
    [
      "S2-4 accounts are no condition of installing",
      {
        install: changed(packInstall("crm"), (it) => ({
          ...it,
          spec: { ...it.spec, accountRefs: [{ name: "mine" }] },
        })),
      },
      "bind members",
    ],
  ];
  test.each(rows)("%s", (_, world, expected) => {
    expect(outcome(world)).toBe(expected);
  });
});

describe("row 1: the definition", () => {
  const rows: Rows = [
    ["that exists and is accepted passes", {}, "bind members"],
    ["that does not exist is waited for", { definition: absent }, "wait PackNotFound"],
    ["that cannot be read is waited for", { definition: unknown("its kind is not served") }, "wait PackNotFound"],
    [
      "S0-3 with a domain that may not be declared is waited for",
      { definition: found(packDefinition("crm", reaching("co.uk"))) },
      "wait DefinitionNotAccepted",
    ],
    [
      "S0-23 with two domains is waited for",
      { definition: found(packDefinition("crm", reaching("a.com", "b.com"))) },
      "wait ReviewRequired",
    ],
    [
      "with two domains passes where the organization accepts two",
      {
        definition: found(packDefinition("crm", reaching("a.com", "b.com"))),
        organization: found(organization(acceptingDomains(2))),
      },
      "bind members",
    ],
    [
      "whose domain replaced another one in use is waited for",
      { definition: found(packDefinition("crm", reaching("b.com"), knowing("a.com"))) },
      "wait ReviewRequired",
    ],
    ["S0-22 without domains passes", { definition: found(packDefinition("crm", reaching())) }, "bind members"],
  ];
  test.each(rows)("%s", (_, world, expected) => {
    expect(outcome(world)).toBe(expected);
  });

  test("that is not accepted says why", () => {
    const world = { definition: found(packDefinition("crm", reaching("co.uk"))) };
    expect(message(world)).toMatch(/'crm' is not accepted \(InvalidDomain\).*public suffix/);
  });
});

describe("row 3: a pack that is denied", () => {
  const gold = { definition: found(packDefinition("crm", labelled({ tier: "gold" }))) };
  const rows: Rows = [
    ["S1-15 is refused, whatever else is configured", { configurations: [members, forAnn, deny] }, "refuse PackDenied"],
    [
      "S1-15 is refused, though it is approved too",
      { configurations: [packConfiguration("a", approved()), deny] },
      "refuse PackDenied",
    ],
    [
      "is refused, though the install names another configuration",
      { install: packInstall("crm", choosing("members")), configurations: [members, deny] },
      "refuse PackDenied",
    ],
    [
      "is refused by its labels",
      { ...gold, configurations: [members, packConfiguration("d", aboutLabels({ tier: "gold" }), denied())] },
      "refuse PackDenied",
    ],
    [
      "is not one with other labels",
      { ...gold, configurations: [members, packConfiguration("d", aboutLabels({ tier: "tin" }), denied())] },
      "bind members",
    ],
    [
      "is not another pack",
      { configurations: [members, packConfiguration("d", about("mail"), denied())] },
      "bind members",
    ],
    [
      "is refused though the organization's default admits members",
      { ...openDefault, configurations: [deny] },
      "refuse PackDenied",
    ],
  ];
  test.each(rows)("%s", (_, world, expected) => {
    expect(outcome(world)).toBe(expected);
  });
});

describe("row 3: another install of the pack in the same doc", () => {
  const hour = 3_600_000;
  const mine = packInstall("mine", createdAt(NOW - hour), withUid("m"));
  const other = (...changes: Parameters<typeof packInstall> extends [string, ...infer Rest] ? Rest : never) =>
    packInstall("other", withUid("o"), createdAt(NOW - 2 * hour), ...changes);
  const automatic = { organization: found(organization(organizedBy({ reinstallPolicy: "Automatic" }))) };
  const back = uninstalledFor("PackDenied");
  const rows: Rows = [
    [
      "that is installed wins, even if it is younger",
      { siblings: [other(createdAt(NOW), boundTo(members))] },
      "refuse AlreadyInstalled",
    ],
    ["that is older and passes the other checks wins", { siblings: [other()] }, "refuse AlreadyInstalled"],
    ["that is younger loses", { siblings: [other(createdAt(NOW))] }, "bind members"],
    [
      "of the same second and a smaller UID wins",
      { siblings: [other(createdAt(NOW - hour), withUid("l"))] },
      "refuse AlreadyInstalled",
    ],
    [
      "of the same second and a larger UID loses",
      { siblings: [other(createdAt(NOW - hour), withUid("n"))] },
      "bind members",
    ],
    ["that is older and would be refused loses", { siblings: [other(installedBy(OUTSIDER))] }, "bind members"],
    ["that is older and would have to wait loses", { siblings: [other(choosing("gone"))] }, "bind members"],
    ["that is older and was uninstalled loses", { siblings: [other(back)] }, "bind members"],
    [
      "that is older, was uninstalled and is asked for again wins",
      { siblings: [other(back, askingToReinstall("1"))] },
      "refuse AlreadyInstalled",
    ],
    [
      "that is older, was uninstalled and was edited since wins",
      { siblings: [other(back, ofGeneration(2))] },
      "refuse AlreadyInstalled",
    ],
    [
      "that is older and was uninstalled wins where packs come back by themselves",
      { ...automatic, siblings: [other(back)] },
      "refuse AlreadyInstalled",
    ],
    [
      "that is older and suspended wins: it stays installed",
      { siblings: [other(suspended())] },
      "refuse AlreadyInstalled",
    ],
    [
      "is one of several, and one that wins is enough",
      { siblings: [other(installedBy(OUTSIDER)), other(boundTo(members))] },
      "refuse AlreadyInstalled",
    ],
  ];
  test.each(rows)("%s", (_, world, expected) => {
    expect(outcome({ install: mine, ...world })).toBe(expected);
  });

  test("exactly one of two new installs wins, whoever is asked first", () => {
    const [a, b] = [mine, other()];
    expect(outcome({ install: a, siblings: [b] })).toBe("refuse AlreadyInstalled");
    expect(outcome({ install: b, siblings: [a] })).toBe("bind members");
  });

  test("the refusal names it", () => {
    expect(message({ install: mine, siblings: [other()] })).toMatch(/'crm' is already installed in 'team' .*'other'/);
  });
});

describe("row 5: the configuration that the install names", () => {
  const naming = (name: string) => ({ install: packInstall("crm", choosing(name)) });
  const rows: Rows = [
    [
      "is bound if it admits the installer",
      { ...naming("for-ann"), configurations: [members, forAnn] },
      "bind for-ann",
    ],
    ["S1-53 decides between several", { ...naming("members"), configurations: [members, forAnn] }, "bind members"],
    ["is waited for while it does not exist", naming("gone"), "wait ConfigurationNotFound"],
    [
      "is waited for if it speaks about another pack",
      { ...naming("mail"), configurations: [packConfiguration("mail", about("mail"))] },
      "wait ConfigurationNotFound",
    ],
    [
      "is refused if it does not admit the installer, though another one would",
      { ...naming("for-ben"), configurations: [members, forBen] },
      "refuse ConfigurationNotAccessible",
    ],
    [
      "is refused if it is on trial",
      { ...naming("trial"), configurations: [members, packConfiguration("trial", onTrial())] },
      "refuse ConfigurationNotAccessible",
    ],
    [
      "is waited for while its rules cannot be read",
      { ...naming("g"), configurations: [unreadable("g")] },
      "wait ConfigurationNotAccepted",
    ],
    [
      "S1-60 is bound if a group that it names has the installer",
      {
        ...naming("g"),
        configurations: [packConfiguration("g", forGroups("sales"))],
        groups: groupsOf({ sales: [ANN] }),
      },
      "bind g",
    ],
    [
      "is refused if no group that it names has the installer",
      {
        ...naming("g"),
        configurations: [packConfiguration("g", forGroups("sales"))],
        groups: groupsOf({ sales: [BEN] }),
      },
      "refuse ConfigurationNotAccessible",
    ],
    [
      "is waited for while a group that it names is stale",
      { ...naming("g"), configurations: [packConfiguration("g", forGroups("sales"))], groups: staleSales },
      "wait GroupDataStale",
    ],
    [
      "is not replaced by the organization's default",
      { ...openDefault, ...naming("gone") },
      "wait ConfigurationNotFound",
    ],
  ];
  test.each(rows)("%s", (_, world, expected) => {
    expect(outcome(world)).toBe(expected);
  });
});

describe("row 5: without a name, the configuration", () => {
  const trial = packConfiguration("trial", onTrial());
  const groups = packConfiguration("groups", forGroups("sales"));
  const rows: Rows = [
    ["S1-13 S1-51 that is the only one with access is bound", { configurations: [members] }, "bind members"],
    ["S1-1 that does not admit the installer does not count", { configurations: [forAnn, forBen] }, "bind for-ann"],
    [
      "S1-23 S1-53 is ambiguous if several have access",
      { configurations: [members, forAnn] },
      "refuse ConfigurationAmbiguous",
    ],
    ["S1-52 is missing if none has access", { configurations: [forBen] }, "refuse NoAccessibleConfiguration"],
    [
      "S1-52 is missing if its list is empty",
      { configurations: [packConfiguration("c", forUsers())] },
      "refuse NoAccessibleConfiguration",
    ],
    [
      "S1-14 that approves the pack admits an outsider",
      { install: byOutsider, configurations: [packConfiguration("c", approved())] },
      "bind c",
    ],
    [
      "S1-16 for the organization does not admit an outsider",
      { install: byOutsider, configurations: [members] },
      "refuse NoAccessibleConfiguration",
    ],
    [
      "for every user is one for the organization if everyone is a member",
      { install: byOutsider, organization: found(organization(organizedBy({ members: "Everyone" }))) },
      "bind members",
    ],
    [
      "S1-16 that names an outsider does not admit him",
      { install: byOutsider, configurations: [packConfiguration("c", forUsers(OUTSIDER))] },
      "refuse NoAccessibleConfiguration",
    ],
    ["on trial is never bound", { configurations: [members, trial] }, "bind members"],
    [
      "that names a group that does not exist admits nobody",
      { configurations: [groups] },
      "refuse NoAccessibleConfiguration",
    ],
    [
      "that names a group without the installer makes nothing ambiguous",
      { configurations: [members, groups] },
      "bind members",
    ],
    [
      "that may admit the installer by a stale group makes it wait, though another one admits him",
      { configurations: [members, groups], groups: staleSales },
      "wait GroupDataStale",
    ],
    [
      "that may admit the installer by a stale group changes nothing where two others admit him",
      { configurations: [members, packConfiguration("also"), groups], groups: staleSales },
      "refuse ConfigurationAmbiguous",
    ],
    [
      "S1-16 that names a group of the installer does not admit an outsider",
      { install: byOutsider, configurations: [groups], groups: groupsOf({ sales: [OUTSIDER] }) },
      "refuse NoAccessibleConfiguration",
    ],
    [
      "whose rules cannot be read is never bound",
      { configurations: [unreadable("c")] },
      "refuse NoAccessibleConfiguration",
    ],
    [
      "S1-61 by labels counts like one by name",
      {
        definition: found(packDefinition("crm", labelled({ tier: "gold" }))),
        configurations: [packConfiguration("gold", aboutLabels({ tier: "gold" }))],
      },
      "bind gold",
    ],
  ];
  test.each(rows)("%s", (_, world, expected) => {
    expect(outcome(world)).toBe(expected);
  });

  test("S1-53 is chosen from sorted candidates, in whatever order they come", () => {
    const candidates = (...configurations: InstallInput["configurations"]) => {
      const step = runChecks(CHECKS, installInput({ configurations }));
      return "refuse" in step ? step.candidates : undefined;
    };
    expect(candidates(members, forBen, forAnn)).toEqual(["for-ann", "members"]);
    expect(candidates(forAnn, members, forBen)).toEqual(["for-ann", "members"]);
  });

  test("is one of 32 candidates at most", () => {
    const configurations = Array.from({ length: 40 }, (_, index) => packConfiguration(`c${index}`));
    const step = runChecks(CHECKS, installInput({ configurations }));
    expect("refuse" in step && step.candidates?.length).toBe(32);
  });
});

describe("row 5: a pack without any configuration", () => {
  const open = organization(openToMembers());
  const rows: Rows = [
    ["S3-35 S0-47 is refused by default", { configurations: [] }, "refuse NoAccessibleConfiguration"],
    ["S0-47 is open to members if the organization says so", openDefault, "bind default"],
    ["is not open to outsiders", { ...openDefault, install: byOutsider }, "refuse NoAccessibleConfiguration"],
    [
      "is one whose configurations are all on trial",
      { ...openDefault, configurations: [packConfiguration("t", onTrial())] },
      "bind default",
    ],
    [
      "is not one with a configuration for others",
      { ...openDefault, configurations: [forBen] },
      "refuse NoAccessibleConfiguration",
    ],
    [
      "is one whose configurations are about other packs",
      { organization: found(open), configurations: [packConfiguration("m", about("mail"))] },
      "bind default",
    ],
  ];
  test.each(rows)("%s", (_, world, expected) => {
    expect(outcome(world)).toBe(expected);
  });
});

describe("row 6: the effective domains", () => {
  const allowing = (...domains: readonly string[]) => ({
    configurations: [packConfiguration("c", allowingDomains(...domains))],
  });
  const rows: Rows = [
    ["that are all allowed pass", allowing("api.crm.com"), "bind c"],
    ["that lie under an allowed one pass", allowing("crm.com"), "bind c"],
    ["above an allowed one are refused", { ...allowing("eu.api.crm.com") }, "refuse DomainsNotAllowed"],
    ["are refused if the list is empty", allowing(), "refuse DomainsNotAllowed"],
    [
      "of a pack that has none pass an empty list",
      { ...allowing(), definition: found(packDefinition("crm", reaching())) },
      "bind c",
    ],
    [
      "of which one is not allowed are refused",
      {
        ...allowing("a.com"),
        definition: found(packDefinition("crm", reaching("a.com", "b.com"))),
        organization: found(organization(acceptingDomains(2))),
      },
      "refuse DomainsNotAllowed",
    ],
  ];
  test.each(rows)("%s", (_, world, expected) => {
    expect(outcome(world)).toBe(expected);
  });

  test("that are refused are named, with the configuration and the field", () => {
    expect(message(allowing("other.com"))).toMatch(/'api\.crm\.com'.*'c'.*spec\.network\.allowedDomains/);
  });
});

describe("row 7 (S1-4): the doc", () => {
  const allowing = (...docs: readonly string[]) => ({
    configurations: [packConfiguration("c", allowingDocs(...docs))],
  });
  const rows: Rows = [
    ["S1-27 that is listed passes", allowing("other", "team"), "bind c"],
    ["S1-27 that is not listed is refused", allowing("other"), "refuse DocNotAllowed"],
    ["is refused if the list is empty", allowing(), "refuse DocNotAllowed"],
    [
      "is another one for an install of the same name elsewhere",
      {
        ...allowing("team"),
        install: packInstall("crm", inNamespace("other")),
        doc: found(namespaceDoc("other", absent)),
      },
      "refuse DocNotAllowed",
    ],
    ["S1-27 is allowed by its namespace and name", { ...inPlan(), ...allowing("team/plan") }, "bind c"],
    ["S1-27 is allowed by its id", { ...inPlan({ id: "d-1" }), ...allowing("d-1") }, "bind c"],
    [
      "S1-27 is allowed by its URL, whatever its spelling",
      { ...inPlan({ id: "d-1", url: "https://docs.acme.com/d/1" }), ...allowing("https://DOCS.acme.com:443/d/./1") },
      "bind c",
    ],
    ["of its namespace is not the namespace", { ...inPlan(), ...allowing("team") }, "refuse DocNotAllowed"],
    [
      "that does not exist is waited for",
      { install: packInstall("crm", inDoc("plan")), doc: absent },
      "wait DocNotFound",
    ],
    [
      "that does not exist is waited for under the organization's default, too",
      { ...openDefault, install: packInstall("crm", inDoc("plan")), doc: absent },
      "wait DocNotFound",
    ],
    [
      "that cannot be read is waited for",
      { install: packInstall("crm", inDoc("plan")), doc: unknown("its kind is not served") },
      "wait KindNotServed",
    ],
  ];
  test.each(rows)("%s", (_, world, expected) => {
    expect(outcome(world)).toBe(expected);
  });
});

describe("row 2: the review", () => {
  const two = packDefinition("crm", reaching("a.com", "b.com"));
  const digest = evaluateDefinition({
    definition: two,
    organization: found(organization()),
    known: [],
    reviews: [],
    now: NOW,
    rules: RULES,
  }).reviewDigest;
  const review = (spec: Partial<PackReview["spec"]> = {}): PackReview =>
    packReview("r", { reviewDigest: digest, approve: { networkDomains: ["a.com", "b.com"] }, ...spec });
  const world = (reviews: readonly PackReview[]): World => ({ definition: found(two), reviews });
  const rows: Rows = [
    ["S0-23 of every domain lets the pack in", world([review()]), "bind members"],
    [
      "S0-23 of some domains is not enough",
      world([review({ approve: { networkDomains: ["a.com"] } })]),
      "wait ReviewRequired",
    ],
    [
      "of another state of the definition does not count",
      world([packReview("r", { approve: { networkDomains: ["a.com", "b.com"] } })]),
      "wait ReviewRequired",
    ],
    [
      "that has expired counts no more",
      world([review({ expireTime: toTimestamp(NOW - 1000) })]),
      "wait ReviewRequired",
    ],
    ["that cannot be listed is waited for", { ...world([]), reviewsKnown: false }, "wait KindNotServed"],
  ];
  test.each(rows)("%s", (_, it, expected) => {
    expect(outcome(it)).toBe(expected);
  });

  test("the digest that a reviewer needs is named", () => {
    expect(message(world([]))).toContain(digest);
  });
});

describe("row 4: approvals", () => {
  const required = found(organization(organizedBy({ approvals: { mode: "Required" } })));
  const yes = packRequest("yes", decidedAs("Approved"));
  const no = packRequest("no", decidedAs("Denied", "we have another tool"));
  const open = packRequest("open");
  const rows: Rows = [
    [
      "S1-57 neither: without a configuration and without a request the pack waits",
      { organization: required, configurations: [] },
      "wait ApprovalPending",
    ],
    [
      "S1-57 approval only: an approved request admits a member",
      { organization: required, configurations: [], requests: [yes] },
      "bind default",
    ],
    [
      "S1-58 an approved request admits every member, not only who asked",
      { organization: required, configurations: [], requests: [yes], install: packInstall("crm", installedBy(BEN)) },
      "bind default",
    ],
    [
      "S1-16 an approved request admits no outsider",
      { organization: required, configurations: [], requests: [yes], install: byOutsider },
      "refuse NoAccessibleConfiguration",
    ],
    [
      "S1-57 S1-13 configuration only: one that admits the installer needs no request",
      { organization: required },
      "bind members",
    ],
    ["S1-57 both: the configuration is bound", { organization: required, requests: [yes] }, "bind members"],
    [
      "an approved request does not open a configuration to those whom it leaves out",
      { organization: required, configurations: [forBen], requests: [yes] },
      "refuse NoAccessibleConfiguration",
    ],
    [
      "a configuration that leaves the installer out is no approval",
      { organization: required, configurations: [forBen] },
      "wait ApprovalPending",
    ],
    [
      "a configuration on trial is no approval",
      { organization: required, configurations: [packConfiguration("c", onTrial())] },
      "wait ApprovalPending",
    ],
    [
      "a configuration that may admit the installer by a stale group is waited for",
      { organization: required, configurations: [packConfiguration("c", forGroups("sales"))], groups: staleSales },
      "wait GroupDataStale",
    ],
    [
      "S1-11 a request without a decision is waited for",
      { organization: required, configurations: [], requests: [open] },
      "wait ApprovalPending",
    ],
    [
      "S1-12 a denied request is a refusal",
      { organization: required, configurations: [], requests: [no] },
      "refuse ApprovalDenied",
    ],
    [
      "a denied request beside an approved one takes nothing away",
      { organization: required, configurations: [], requests: [no, yes] },
      "bind default",
    ],
    [
      "a denied request beside an open one leaves it open",
      { organization: required, configurations: [], requests: [no, open] },
      "wait ApprovalPending",
    ],
    [
      "requests that cannot be listed are waited for",
      { organization: required, configurations: [], requestsKnown: false },
      "wait KindNotServed",
    ],
    [
      "while nobody has to ask, an approved request admits members although the default is to deny",
      { configurations: [], requests: [yes] },
      "bind default",
    ],
    [
      "while nobody has to ask, a denied request takes nothing away",
      { ...openDefault, requests: [no] },
      "bind default",
    ],
    [
      "the default access of members does not replace an approval",
      {
        configurations: [],
        organization: found(organization(openToMembers(), organizedBy({ approvals: { mode: "Required" } }))),
      },
      "wait ApprovalPending",
    ],
  ];
  test.each(rows)("%s", (_, world, expected) => {
    expect(outcome(world)).toBe(expected);
  });

  test("a denial says who decided and why", () => {
    expect(message({ organization: required, configurations: [], requests: [no] })).toBe(
      `'${BEN}' denied the request 'team/no' for the pack 'crm': we have another tool.`,
    );
  });

  test("a pending approval names the request that waits", () => {
    expect(message({ organization: required, configurations: [], requests: [open] })).toContain("'team/open'");
  });
});

describe("row 8: everybody whom the doc is shared with", () => {
  const strict = packConfiguration("strict", forUsers(ANN, BEN), sharedWithin());
  const rows: Rows = [
    ["S1-7 has access: the owner alone", { ...inPlan(), configurations: [strict] }, "bind strict"],
    [
      "S1-7 has access: the owner and another subject",
      { ...inPlan({ sharing: [share("User", BEN)] }), configurations: [strict] },
      "bind strict",
    ],
    [
      "S1-7 has no access: a user who is no subject",
      { ...inPlan({ sharing: [share("User", "cy@example.com")] }), configurations: [strict] },
      "refuse SharingIncompatible",
    ],
    [
      "is not asked where the configuration does not ask",
      { ...inPlan({ sharing: [share("Anyone")] }) },
      "bind members",
    ],
    ["is not known without a PackDoc", { configurations: [strict] }, "wait AudienceUnknown"],
    [
      "is not known in a folder that does not exist",
      { ...inPlan({ folderRef: { name: "gone" } }), configurations: [strict] },
      "wait AudienceUnknown",
    ],
    [
      "is not known while a group is stale",
      {
        ...inPlan({ sharing: [share("Group", "sales")] }),
        configurations: [packConfiguration("c", forGroups("sales", "all"), sharedWithin())],
        groups: staleSalesAnd({ all: [ANN] }),
      },
      "wait GroupDataStale",
    ],
    [
      "S1-7 has no access: an outsider by mail, though a group is stale",
      {
        ...inPlan({ sharing: [share("Group", "sales"), share("User", OUTSIDER)] }),
        configurations: [packConfiguration("c", forGroups("sales", "all"), sharedWithin())],
        groups: staleSalesAnd({ all: [ANN] }),
      },
      "refuse SharingIncompatible",
    ],
  ];
  test.each(rows)("%s", (_, world, expected) => {
    expect(outcome(world)).toBe(expected);
  });

  test("the refusal names the entry and its folder", () => {
    const folder = packFolder("shared", { sharing: [share("User", OUTSIDER)] });
    const doc = docIn(packDocObject("plan", { folderRef: { name: "shared" } }), folder);
    expect(message({ ...inPlan(), doc, configurations: [strict] })).toMatch(
      new RegExp(`the user '${OUTSIDER}' \\(by the folder 'shared'\\), who may not use the PackConfiguration 'strict'`),
    );
  });
});

describe("suspend", () => {
  test("is no check", () => {
    expect(outcome({ install: packInstall("crm", suspended()) })).toBe("bind members");
  });
});

test("the first check that does not pass gives the reason, in the order of the table", () => {
  const wrong = (...changes: Parameters<typeof changed<PackConfiguration>>[1][]) =>
    packConfiguration("wrong", ...changes);
  const twoDomains = packDefinition("crm", reaching("a.com", "b.com"));
  const oneDomain = packDefinition("crm");
  const sharing = (allow: Partial<ConfigurationSharing>): NonNullable<PackConfigurationSpec["doc"]> => ({
    sharing: { allow: "All", ...allow },
  });
  const listed = { allow: "Listed", allowedDocs: [], enforcePackConfigurationPermissions: true } as const;
  const everythingWrong: World = {
    unvouched: { reason: "AdmissionMissing", message: "the policies are gone." },
    organization: absent,
    install: packInstall("mine", choosing("wrong"), inDoc("plan"), createdAt(NOW)),
    definition: absent,
    configurations: [deny, wrong(forUsers(BEN), allowingDomains(), configuredBy({ doc: sharing(listed) }))],
    siblings: [packInstall("other", boundTo(members))],
    doc: absent,
  };
  const asked = organization(organizedBy({ approvals: { mode: "Required" } }));
  const repairs: readonly (readonly [expected: Reason, repair: World])[] = [
    ["AdmissionMissing", { unvouched: undefined }],
    ["OrganizationNotFound", { organization: found(asked) }],
    ["PackNotFound", { definition: found(packDefinition("crm", reaching("co.uk"))) }],
    ["DefinitionNotAccepted", { definition: found(twoDomains) }],
    ["ReviewRequired", { definition: found(oneDomain) }],
    ["PackDenied", { configurations: everythingWrong.configurations?.slice(1) ?? [] }],
    ["AlreadyInstalled", { siblings: [] }],
    ["ApprovalPending", { requests: [packRequest("yes", decidedAs("Approved"))] }],
    [
      "ConfigurationNotAccessible",
      { configurations: [wrong(allowingDomains(), configuredBy({ doc: sharing(listed) }))] },
    ],
    ["DomainsNotAllowed", { configurations: [wrong(configuredBy({ doc: sharing(listed) }))] }],
    ["DocNotFound", { doc: docIn(packDocObject("plan", { sharing: [share("Anyone")] })) }],
    ["DocNotAllowed", { configurations: [wrong(configuredBy({ doc: sharing({ ...listed, allow: "All" }) }))] }],
    ["SharingIncompatible", { doc: docIn(packDocObject("plan")) }],
  ];
  let world = everythingWrong;
  for (const [expected, repair] of repairs) {
    expect(outcome(world)).toMatch(new RegExp(` ${expected}$`));
    world = { ...world, ...repair };
  }
  expect(outcome(world)).toBe("bind wrong");
});

test("S0-35 an install is of one doc: the same name in another namespace is another doc", () => {
  expect(PACK_INSTALL.namespaced).toBe(true);
  expect(docOf(byAnn)).toBe("team");
  expect(docOf(packInstall("crm", inNamespace("other")))).toBe("other");
  expect(docOf(packInstall("crm", inDoc("plan")))).toBe("team/plan");
});

test("S1-20 a configuration may be there before the definition and the install", () => {
  expect(outcome({ definition: absent, configurations: [members] })).toBe("wait PackNotFound");
  expect(outcome({ configurations: [members] })).toBe("bind members");
});
