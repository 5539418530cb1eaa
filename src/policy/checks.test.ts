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
  createdAt,
  denied,
  forGroups,
  forUsers,
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
  packInstall,
  reaching,
  suspended,
  uninstalledFor,
  withUid,
} from "../../test/gen/objects.ts";
import { PACK_INSTALL } from "../api/kinds.ts";
import type { Reason } from "../api/reasons.ts";
import { CHECKS, runChecks } from "./checks.ts";
import { docOf, type InstallInput } from "./input.ts";
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
      "a doc that is not a namespace has to wait for a version that knows docs",
      { install: packInstall("crm", inDoc("plan")) },
      "wait NotYetSupported",
    ],
    [
      "accounts have to wait for a version that knows accounts",
      {
        install: changed(packInstall("crm"), (it) => ({
          ...it,
          spec: { ...it.spec, accountRefs: [{ name: "mine" }] },
        })),
      },
      "wait NotYetSupported",
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
      "wait DefinitionNotAccepted",
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
      "wait DefinitionNotAccepted",
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
      "is waited for while it uses what is not enforced yet",
      { ...naming("g"), configurations: [packConfiguration("g", forGroups("sales"))] },
      "wait ConfigurationNotAccepted",
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
      "S1-53 is ambiguous if several have access",
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
      "that uses what is not enforced yet is never bound",
      { configurations: [groups] },
      "refuse NoAccessibleConfiguration",
    ],
    [
      "that uses what is not enforced yet makes nothing ambiguous",
      { configurations: [members, groups] },
      "bind members",
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

describe("row 7: the doc", () => {
  const allowing = (...docs: readonly string[]) => ({
    configurations: [packConfiguration("c", allowingDocs(...docs))],
  });
  const rows: Rows = [
    ["S1-27 that is listed passes", allowing("other", "team"), "bind c"],
    ["S1-27 that is not listed is refused", allowing("other"), "refuse DocNotAllowed"],
    ["is refused if the list is empty", allowing(), "refuse DocNotAllowed"],
    [
      "is another one for an install of the same name elsewhere",
      { ...allowing("team"), install: packInstall("crm", inNamespace("other")) },
      "refuse DocNotAllowed",
    ],
  ];
  test.each(rows)("%s", (_, world, expected) => {
    expect(outcome(world)).toBe(expected);
  });
});

describe("suspend", () => {
  test("is no check", () => {
    expect(outcome({ install: packInstall("crm", suspended()) })).toBe("bind members");
  });
});

test("the first check that does not pass gives the reason, in the order of the table", () => {
  const everythingWrong: World = {
    organization: absent,
    install: packInstall("mine", choosing("wrong"), inDoc("plan"), createdAt(NOW)),
    definition: absent,
    configurations: [deny, packConfiguration("wrong", forUsers(BEN), allowingDomains(), allowingDocs())],
    siblings: [packInstall("other", boundTo(members))],
  };
  const undocumented = packInstall("mine", choosing("wrong"), createdAt(NOW));
  const repairs: readonly (readonly [expected: Reason, repair: World])[] = [
    ["OrganizationNotFound", { organization: found(organization()) }],
    ["NotYetSupported", { install: undocumented }],
    ["PackNotFound", { definition: found(packDefinition("crm", reaching("co.uk"))) }],
    ["DefinitionNotAccepted", { definition: found(packDefinition("crm")) }],
    ["PackDenied", { configurations: everythingWrong.configurations?.slice(1) ?? [] }],
    ["AlreadyInstalled", { siblings: [] }],
    ["ConfigurationNotAccessible", { configurations: [packConfiguration("wrong", allowingDomains(), allowingDocs())] }],
    ["DomainsNotAllowed", { configurations: [packConfiguration("wrong", allowingDocs())] }],
    ["DocNotAllowed", { configurations: [packConfiguration("wrong")] }],
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
