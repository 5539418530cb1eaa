import { describe, expect, test } from "vitest";
import {
  ANN,
  aboutLabels,
  acceptingDomains,
  allowingDocs,
  allowingDomains,
  approved,
  askingToReconcile,
  askingToReinstall,
  authenticatedBy,
  BEN,
  boundByDefault,
  boundTo,
  type Change,
  changed,
  choosing,
  configuredBy,
  createdAt,
  decidedAs,
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
  knowing,
  labelled,
  leavingSince,
  NOW,
  namespaceOwnedBy,
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
  reaching,
  share,
  sharedWithin,
  suspended,
  uninstalledFor,
  viewing,
  withGrace,
  withStatus,
  withUid,
} from "../../test/gen/objects.ts";
import type { Reason } from "../api/reasons.ts";
import type { PackDoc, PackFolder, PackInstall, PackRequest } from "../api/v1alpha1/index.ts";
import { BUILT_IN, type Evaluation, evaluateInstall } from "./evaluate.ts";
import type { InstallInput } from "./input.ts";
import { absent, found, unknown } from "./truth.ts";

type World = Partial<InstallInput>;
type Rows = readonly (readonly [sentence: string, world: World, outcome: string])[];

const evaluate = (world: World): Evaluation => evaluateInstall(installInput(world));

/** The outcome in a few words, such as `uninstalled PackDenied` or `installed by members, suspended NetworkWidened`. */
const summary = (evaluation: Evaluation): string => {
  switch (evaluation.outcome) {
    case "Latched":
      return "latched";
    case "Waiting":
      return `waiting ${evaluation.problem.reason}`;
    case "Refused":
      return `refused ${evaluation.problem.reason}`;
    case "Uninstalled":
      return `uninstalled ${evaluation.cause.reason}`;
    case "Uninstalling":
      return `uninstalling ${evaluation.cause.reason}`;
    case "Installed":
      return [
        `installed by ${evaluation.permit.binding.name}`,
        evaluation.suspended && `suspended ${evaluation.suspended.reason}`,
        evaluation.unknown && `unknown ${evaluation.unknown.reason}`,
      ]
        .filter((part) => part !== undefined)
        .join(", ");
  }
};

const outcome = (world: World): string => summary(evaluate(world));

const hosts = (world: World): readonly string[] => {
  const evaluation = evaluate(world);
  return "permit" in evaluation ? evaluation.permit.hosts : [];
};

const inPlan = (spec: Partial<PackDoc["spec"]> = {}): World => ({
  install: bound(inDoc("plan")),
  doc: docIn(packDocObject("plan", spec)),
});

/** A group that never reported. */
const staleGroup = (name: string, ...members: readonly string[]) =>
  viewing(packGroup(name, { members, source: { name: "scim", maxAgeSeconds: 60 } }));

const members = packConfiguration("members");
const deny = packConfiguration("deny", denied());
const bound = (...changes: readonly Change<PackInstall>[]) => packInstall("crm", boundTo(members), ...changes);
/** Ann's install, bound to `members`, and reaching what the definition declares. */
const INSTALLED: World = { install: bound(), granted: granting("api.crm.com") };
const crm = (...changes: Parameters<typeof changed<ReturnType<typeof packDefinition>>>[1][]) => ({
  definition: found(packDefinition("crm", ...changes)),
});
const FINE = "installed by members";

const table = (rows: Rows, base: World = INSTALLED): void => {
  test.each(rows)("%s", (_, world, expected) => {
    expect(outcome({ ...base, ...world })).toBe(expected);
  });
};

describe("a new install", () => {
  table(
    [
      ["that passes every check is installed", {}, FINE],
      ["that has to wait waits", { definition: absent }, "waiting PackNotFound"],
      ["that the rules refuse is refused", { configurations: [deny] }, "refused PackDenied"],
      [
        "that is suspended is installed, suspended",
        { install: packInstall("crm", suspended()) },
        "installed by members, suspended Suspended",
      ],
      [
        "whose sandbox a foreign policy widens is installed, suspended",
        { widenedBy: ["packs-sandboxes/evil"] },
        "installed by members, suspended NetworkWidened",
      ],
    ],
    {},
  );

  test("S1-53 that may use several configurations is refused with the candidates", () => {
    const evaluation = evaluate({ configurations: [members, packConfiguration("also")] });
    expect(evaluation).toMatchObject({ outcome: "Refused", candidates: ["also", "members"] });
  });

  test("S1-51 is bound to the configuration as it is now", () => {
    const configuration = packConfiguration("members", ofGeneration(7), withGrace(60));
    expect(evaluate({ configurations: [configuration] })).toMatchObject({
      permit: { binding: { name: "members", uid: "uid-of-members", generation: 7, gracePeriodSeconds: 60 } },
    });
  });

  test("is bound to the organization's default under a name that no object can have", () => {
    const world = { organization: found(organization(openToMembers())), configurations: [] };
    expect(evaluate(world)).toMatchObject({ permit: { binding: { name: BUILT_IN, builtIn: true } } });
    expect(BUILT_IN).not.toMatch(/^[a-z0-9]/);
  });
});

describe("an installed pack stays, and follows, when", () => {
  table([
    ["nothing changes", {}, FINE],
    ["S1-62 components are restricted", { configurations: [changed(members, enabling())] }, FINE],
    [
      "S1-62 accounts are restricted",
      { configurations: [changed(members, configuredBy({ accounts: { allow: "Listed" } }))] },
      FINE,
    ],
    [
      "S1-62 scopes are restricted",
      { configurations: [changed(members, configuredBy({ oauthScopes: { allow: "Listed" } }))] },
      FINE,
    ],
    ["the definition loses its domain", crm(reaching(), knowing("api.crm.com")), FINE],
    ["the definition gains components", crm(formula("New")), FINE],
    [
      "S1-51 another configuration appears that it may use, too",
      { configurations: [members, packConfiguration("also")] },
      FINE,
    ],
    [
      "a configuration for everybody appears",
      { configurations: [members, packConfiguration("open", approved())] },
      FINE,
    ],
    ["S1-47 more people may use its configuration", { configurations: [changed(members, forUsers(ANN, BEN))] }, FINE],
    [
      "the organization owns another domain",
      { organization: found(organization(organizedBy({ ownedDomains: ["example.com", "new.com"] }))) },
      FINE,
    ],
    [
      "its domain is still allowed by a narrower list",
      { configurations: [changed(members, allowingDomains("crm.com"))] },
      FINE,
    ],
    ["its doc is still listed", { configurations: [changed(members, allowingDocs("team"))] }, FINE],
    ["its doc has another owner", { doc: namespaceOwnedBy(found(OUTSIDER)) }, FINE],
    ["an older install appears in its doc", { siblings: [packInstall("older")] }, FINE],
  ]);

  test("with the hosts of the definition as it is now", () => {
    expect(hosts(INSTALLED)).toEqual(["api.crm.com"]);
    expect(hosts({ ...INSTALLED, ...crm(reaching()) })).toEqual([]);
  });

  test("with the configuration as it is now", () => {
    const configurations = [changed(members, enabling(), ofGeneration(2))];
    expect(evaluate({ ...INSTALLED, configurations })).toMatchObject({
      permit: { binding: { generation: 2 }, configuration: { spec: { components: { allow: "Listed" } } } },
    });
  });
});

describe("an installed pack is suspended, and recovers by itself, when", () => {
  const swapped = crm(reaching("evil.net"), knowing("api.crm.com"));
  table([
    [
      "its definition is not accepted any more",
      crm(reaching("co.uk")),
      "installed by members, suspended DefinitionNotAccepted",
    ],
    [
      "the domain that it uses was swapped before the definition remembers it",
      crm(reaching("evil.net")),
      "installed by members, suspended Progressing",
    ],
    [
      "the rules of its configuration cannot be read",
      {
        configurations: [
          changed(
            members,
            enabling({ formulas: [{ name: "Read", parameters: [{ name: "query", rule: { pattern: "(" } }] }] }),
          ),
        ],
      },
      "installed by members, suspended ConfigurationNotAccepted",
    ],
    ["it is asked to rest", { install: bound(suspended()) }, "installed by members, suspended Suspended"],
    [
      "it is asked to rest, whatever else would suspend it",
      { ...swapped, install: bound(suspended()), widenedBy: ["x/y"] },
      "installed by members, suspended Suspended",
    ],
    [
      "a foreign policy widens its reach",
      { widenedBy: ["packs-sandboxes/evil"] },
      "installed by members, suspended NetworkWidened",
    ],
  ]);

  test("nothing is in the way any more", () => {
    expect(outcome(INSTALLED)).toBe(FINE);
  });

  test("the foreign policies are named", () => {
    const evaluation = evaluate({ ...INSTALLED, widenedBy: ["packs-sandboxes/a", "packs-sandboxes/b"] });
    expect(evaluation).toMatchObject({
      suspended: { message: expect.stringContaining("'packs-sandboxes/a' and 'packs-sandboxes/b'") },
    });
  });

  test("a domain that was swapped without a review is not reached", () => {
    expect(hosts({ ...INSTALLED, ...swapped })).toEqual([]);
  });
});

describe("an installed pack works on within what was effective when", () => {
  const rows: readonly (readonly [sentence: string, world: World, hosts: readonly string[]])[] = [
    [
      "its definition grows in a way that needs a review",
      crm(reaching("api.crm.com", "more.com"), knowing("api.crm.com")),
      ["api.crm.com"],
    ],
    ["S0-23 the only domain is swapped by the maker", crm(reaching("evil.net"), knowing("api.crm.com")), []],
    [
      "its definition asks for an authentication that needs a review",
      crm(authenticatedBy({ type: "Custom" })),
      ["api.crm.com"],
    ],
    ["its definition shrinks", crm(reaching(), knowing("api.crm.com")), []],
  ];
  test.each(rows)("%s", (_, world, expected) => {
    expect(outcome({ ...INSTALLED, ...world })).toBe(FINE);
    expect(hosts({ ...INSTALLED, ...world })).toEqual(expected);
  });

  test("its reviews cannot be listed: nothing changes until they can", () => {
    const world = { ...INSTALLED, ...crm(reaching("api.crm.com", "more.com")), reviewsKnown: false };
    expect(outcome(world)).toBe("installed by members, unknown KindNotServed");
    expect(evaluate(world)).toMatchObject({ permit: { definition: undefined } });
  });
});

describe("S1-56 an installed pack is uninstalled when", () => {
  const two = found(organization(acceptingDomains(2)));
  const gold = packConfiguration("gold", aboutLabels({ tier: "gold" }));
  const byLabel = { install: packInstall("crm", boundTo(gold)), configurations: [gold] };
  table([
    ["its definition is deleted", { definition: absent }, "uninstalled PackNotFound"],
    ["S1-15 a configuration denies the pack", { configurations: [members, deny] }, "uninstalled PackDenied"],
    [
      "S1-15 its own configuration denies the pack",
      { configurations: [changed(members, denied())] },
      "uninstalled PackDenied",
    ],
    ["S1-64 its configuration is deleted", { configurations: [] }, "uninstalled ConfigurationDeleted"],
    [
      "S1-64 its configuration is deleted, though another one would admit the installer",
      { configurations: [packConfiguration("also")] },
      "uninstalled ConfigurationDeleted",
    ],
    [
      "its configuration is put on trial",
      { configurations: [changed(members, onTrial())] },
      "uninstalled ConfigurationDeleted",
    ],
    [
      "its configuration's selector stops matching",
      { ...byLabel, ...crm(labelled({ tier: "tin" })) },
      "uninstalled ConfigurationDeleted",
    ],
    [
      "S1-68 S1-26 the installer is not named any more",
      { configurations: [changed(members, forUsers(BEN))] },
      "uninstalled InstallerAccessLost",
    ],
    [
      "S1-68 the list of those who are admitted is emptied",
      { configurations: [changed(members, forUsers())] },
      "uninstalled InstallerAccessLost",
    ],
    [
      "S1-16 the installer is not a member any more",
      { organization: found(organization(organizedBy({ ownedDomains: ["new.com"] }))) },
      "uninstalled InstallerAccessLost",
    ],
    [
      "its domain is not allowed any more",
      { configurations: [changed(members, allowingDomains("other.com"))] },
      "uninstalled DomainsNotAllowed",
    ],
    [
      "the list of allowed domains is emptied",
      { configurations: [changed(members, allowingDomains())] },
      "uninstalled DomainsNotAllowed",
    ],
    [
      "a domain is added that the organization accepts and the configuration does not",
      {
        organization: two,
        configurations: [changed(members, allowingDomains("crm.com"))],
        ...crm(reaching("api.crm.com", "more.com")),
      },
      "uninstalled DomainsNotAllowed",
    ],
    [
      "its doc is not listed any more",
      { configurations: [changed(members, allowingDocs("other"))] },
      "uninstalled DocNotAllowed",
    ],
    [
      "the list of docs is emptied",
      { configurations: [changed(members, allowingDocs())] },
      "uninstalled DocNotAllowed",
    ],
    [
      "its configuration is deleted while it is suspended",
      { install: bound(suspended()), configurations: [] },
      "uninstalled ConfigurationDeleted",
    ],
  ]);

  test("and the cause names the configuration and whom to ask", () => {
    const world = {
      organization: found(organization(organizedBy({ supportContact: "it@example.com" }))),
      configurations: [deny],
    };
    expect(evaluate({ ...INSTALLED, ...world })).toMatchObject({
      cause: { configuration: "members", contact: "it@example.com", message: expect.stringMatching(/'deny' denies/) },
    });
  });
});

describe("an installed pack is not uninstalled when", () => {
  table([
    [
      "its configuration by labels still matches",
      {
        install: packInstall("crm", boundTo(packConfiguration("gold"))),
        configurations: [packConfiguration("gold", aboutLabels({ tier: "gold" }))],
        ...crm(labelled({ tier: "gold", more: "x" })),
      },
      "installed by gold",
    ],
    [
      "a domain that needs a review is not allowed: it is not in effect",
      { configurations: [changed(members, allowingDomains("crm.com"))], ...crm(reaching("api.crm.com", "more.com")) },
      FINE,
    ],
    [
      "a domain that is not allowed is not declared any more",
      { configurations: [changed(members, allowingDomains("crm.com"))], ...crm(reaching(), knowing("api.crm.com")) },
      FINE,
    ],
    [
      "another pack is denied",
      { configurations: [members, packConfiguration("d", configuredBy({ packRef: { name: "mail" } }), denied())] },
      FINE,
    ],
  ]);
});

describe("S1-69 access counts of the installer and of the doc's owner:", () => {
  const onlyBen = [changed(members, forUsers(BEN))];
  const salesOnly = [changed(members, forGroups("sales"))];
  table([
    ["the installer has it, the owner has not", { doc: namespaceOwnedBy(found(OUTSIDER)) }, FINE],
    [
      "the owner has it, the installer has lost it",
      { configurations: onlyBen, doc: namespaceOwnedBy(found(BEN)) },
      FINE,
    ],
    [
      "neither has it",
      { configurations: onlyBen, doc: namespaceOwnedBy(found("cy@example.com")) },
      "uninstalled InstallerAccessLost",
    ],
    [
      "the owner is named, but not a member",
      { configurations: [changed(members, forUsers(OUTSIDER))], doc: namespaceOwnedBy(found(OUTSIDER)) },
      "uninstalled InstallerAccessLost",
    ],
    [
      "the installer has lost it, and nobody owns the doc",
      { configurations: onlyBen },
      "uninstalled InstallerAccessLost",
    ],
    [
      "the installer has lost it, and nobody can tell who owns the doc",
      { configurations: onlyBen, doc: namespaceOwnedBy(unknown("why")) },
      "installed by members, unknown KindNotServed",
    ],
    [
      "the installer has lost it, the owner of the PackDoc has it",
      { configurations: onlyBen, ...inPlan({ owner: BEN }) },
      FINE,
    ],
    [
      "the installer has lost it, and so has the owner of the PackDoc",
      { configurations: onlyBen, ...inPlan({ owner: "cy@example.com" }) },
      "uninstalled InstallerAccessLost",
    ],
    [
      "S1-65 the installer left the group",
      { configurations: salesOnly, groups: groupsOf({ sales: [BEN] }) },
      "uninstalled InstallerAccessLost",
    ],
    [
      "S1-65 the group was deleted",
      { configurations: salesOnly, groups: groupsOf({}) },
      "uninstalled InstallerAccessLost",
    ],
    ["the installer is in the group", { configurations: salesOnly, groups: groupsOf({ sales: [ANN] }) }, FINE],
    [
      "the installer left the group, and the owner is in it",
      { configurations: salesOnly, ...inPlan({ owner: BEN }), groups: groupsOf({ sales: [BEN] }) },
      FINE,
    ],
    [
      "the group is stale",
      { configurations: salesOnly, groups: staleGroup("sales", ANN) },
      "installed by members, unknown GroupDataStale",
    ],
    [
      "the group is stale, and the installer not in it",
      { configurations: salesOnly, groups: staleGroup("sales", BEN) },
      "installed by members, unknown GroupDataStale",
    ],
    ["the installer has it, and nobody can tell who owns the doc", { doc: namespaceOwnedBy(unknown("why")) }, FINE],
  ]);

  test("but only the installer's to become installed", () => {
    const world = { configurations: [packConfiguration("c", forUsers(BEN))], doc: namespaceOwnedBy(found(BEN)) };
    expect(outcome(world)).toBe("refused NoAccessibleConfiguration");
  });
});

describe("a configuration that was deleted and made again", () => {
  const again = (...changes: readonly Parameters<typeof packConfiguration>[1][]) => ({
    configurations: [packConfiguration("members", withUid("another"), ...changes.filter((it) => it !== undefined))],
  });
  table([
    ["is bound again if it admits the installer", again(), FINE],
    ["is as deleted if it does not", again(forUsers(BEN)), "uninstalled ConfigurationDeleted"],
    [
      "is as deleted if only the owner has access",
      { ...again(forUsers(BEN)), doc: namespaceOwnedBy(found(BEN)) },
      "uninstalled ConfigurationDeleted",
    ],
    [
      "is waited for while a stale group may admit the installer",
      { ...again(forGroups("sales")), groups: staleGroup("sales", ANN) },
      "installed by members, unknown GroupDataStale",
    ],
    [
      "is bound again inside the grace period",
      { ...again(), install: bound(leavingSince(NOW - 5_000, "ConfigurationDeleted")) },
      FINE,
    ],
  ]);

  test("is bound with its new UID", () => {
    expect(evaluate({ ...INSTALLED, ...again() })).toMatchObject({ permit: { binding: { uid: "another" } } });
  });
});

describe("an installed pack in a PackDoc", () => {
  const strict = [changed(members, forUsers(ANN, BEN), sharedWithin())];
  const listed = (...docs: readonly string[]): World => ({ configurations: [changed(members, allowingDocs(...docs))] });
  const inFolder = (folder: PackFolder, known?: readonly string[]): World => ({
    install: bound(inDoc("plan"), ...(known === undefined ? [] : [withStatus({ folders: known })])),
    doc: docIn(packDocObject("plan", { folderRef: { name: folder.metadata.name } }), folder),
    configurations: strict,
  });
  const open = packFolder("open", { sharing: [share("User", OUTSIDER)] });
  const deep = packFolder("loop", { parentRef: { name: "loop" } });
  table([
    ["stays while its doc is there", inPlan(), FINE],
    ["leaves when its doc is deleted", { ...inPlan(), doc: absent }, "uninstalled DocNotFound"],
    [
      "is held while its doc cannot be read",
      { ...inPlan(), doc: unknown("its kind is not served") },
      "installed by members, unknown KindNotServed",
    ],
    ["S1-27 stays while its doc is listed", { ...inPlan(), ...listed("team/plan") }, FINE],
    ["leaves when its doc is no longer listed", { ...inPlan(), ...listed("team/other") }, "uninstalled DocNotAllowed"],
    [
      "S1-63 stays while everybody in the doc has access",
      { ...inPlan({ sharing: [share("User", BEN)] }), configurations: strict },
      FINE,
    ],
    [
      "S1-63 leaves when the doc is shared with somebody who has none",
      { ...inPlan({ sharing: [share("User", OUTSIDER)] }), configurations: strict },
      "uninstalled SharingIncompatible",
    ],
    [
      "S1-70 leaves when the subjects are narrowed to fewer than the doc has",
      {
        ...inPlan({ sharing: [share("User", BEN)] }),
        configurations: [changed(members, forUsers(ANN), sharedWithin())],
      },
      "uninstalled SharingIncompatible",
    ],
    [
      "S1-67 leaves when the doc moves to a folder with an outsider",
      inFolder(open, ["closed"]),
      "uninstalled FolderIncompatible",
    ],
    [
      "leaves when the folder that it was in is shared wider",
      inFolder(open, ["open"]),
      "uninstalled SharingIncompatible",
    ],
    [
      "S1-67 leaves when the doc moves from the top into a folder with an outsider",
      inFolder(open),
      "uninstalled FolderIncompatible",
    ],
    [
      "is held while its folders form a loop",
      inFolder(deep, ["loop"]),
      "installed by members, unknown AudienceUnknown",
    ],
    [
      "is held while a group in its audience is stale",
      {
        ...inPlan({ sharing: [share("Group", "sales")] }),
        configurations: [changed(members, sharedWithin())],
        groups: staleGroup("sales", ANN),
      },
      "installed by members, unknown GroupDataStale",
    ],
    ["is not concerned by whom its doc is shared with where nobody asks", inPlan({ sharing: [share("Anyone")] }), FINE],
  ]);

  test("remembers nothing of folders in its evaluation that the rules do not need", () => {
    expect(evaluate({ ...INSTALLED, ...inPlan() })).not.toHaveProperty("folders");
  });
});

describe("while nobody vouches for names, an installed pack", () => {
  const unvouched = { reason: "AdmissionMissing", message: "the policies are gone." } as const;
  const byRequest = { namespace: "team", name: "yes", uid: "uid-of-yes" };
  table([
    ["goes on", { unvouched }, FINE],
    [
      "is closed if nothing was ever granted to it: somebody may have written its binding by hand",
      { unvouched, granted: undefined },
      "installed by members, suspended AdmissionMissing, unknown AdmissionMissing",
    ],
    ["S1-15 leaves when its pack is denied", { unvouched, configurations: [members, deny] }, "uninstalled PackDenied"],
    [
      "is not uninstalled by a denial of its request that nobody vouches for",
      {
        unvouched,
        install: packInstall("crm", boundByDefault(byRequest)),
        configurations: [],
        requests: [packRequest("yes", decidedAs("Denied"))],
      },
      `installed by ${BUILT_IN}`,
    ],
  ]);
});

describe("a definition that cannot be read", () => {
  const gone = { definition: unknown("its kind is not served") };
  table([
    ["is waited for", gone, "installed by members, unknown KindNotServed"],
    ["S1-15 does not hide a denial", { ...gone, configurations: [members, deny] }, "uninstalled PackDenied"],
  ]);
});

describe("a grant that is closed by a cause, while nobody can tell whether that stands", () => {
  const closedBy = (reason: Reason): World => ({
    granted: { ...granting("api.crm.com"), closedBy: { reason, message: "the cause." } },
  });
  const unreadable = { ...inPlan(), doc: unknown("its kind is not served") };
  table([
    [
      "stays closed",
      { ...unreadable, ...closedBy("DocNotAllowed") },
      "installed by members, suspended DocNotAllowed, unknown KindNotServed",
    ],
    [
      "opens again if it was closed by what ends by itself",
      { ...unreadable, ...closedBy("NetworkWidened") },
      "installed by members, unknown KindNotServed",
    ],
    ["opens again once everything is known", { ...inPlan(), ...closedBy("DocNotAllowed") }, FINE],
  ]);
});

test("S0-23 a domain that any install of the pack uses cannot be swapped without a review", () => {
  const swapped = crm(reaching("evil.net"));
  expect(outcome({ ...swapped, grantedToPack: ["api.crm.com"] })).toBe("waiting ReviewRequired");
  expect(hosts({ ...INSTALLED, ...swapped, grantedToPack: ["api.crm.com"] })).toEqual([]);
});

describe("bound through an approved request, a pack", () => {
  const yes = packRequest("yes", decidedAs("Approved"));
  const bindsBy = (request: PackRequest): World => ({
    install: packInstall("crm", boundByDefault({ namespace: "team", name: "yes", uid: request.metadata.uid ?? "" })),
    organization: found(organization()),
    configurations: [],
    granted: granting("api.crm.com"),
    requests: [request],
  });
  const installedByDefault = `installed by ${BUILT_IN}`;
  table(
    [
      ["stays, though the organization's default denies", {}, installedByDefault],
      ["stays when the request is deleted", { requests: [] }, installedByDefault],
      ["stays when the requests cannot be listed", { requests: [], requestsKnown: false }, installedByDefault],
      ["stays when the decision is taken back", { requests: [packRequest("yes")] }, installedByDefault],
      [
        "leaves when the request is denied",
        { requests: [packRequest("yes", decidedAs("Denied"))] },
        "uninstalled ApprovalDenied",
      ],
      [
        "stays when another request is denied",
        { requests: [yes, packRequest("no", decidedAs("Denied"))] },
        installedByDefault,
      ],
      [
        "leaves when the installer is no member any more",
        { organization: found(organization(organizedBy({ ownedDomains: [] }))) },
        "uninstalled InstallerAccessLost",
      ],
    ],
    bindsBy(yes),
  );

  test("remembers the request", () => {
    expect(evaluate({ configurations: [], requests: [yes] })).toMatchObject({
      permit: { binding: { builtIn: true, request: { namespace: "team", name: "yes", uid: "uid-of-yes" } } },
    });
  });
});

describe("bound to the organization's default access, a pack", () => {
  const base: World = {
    install: packInstall("crm", boundByDefault()),
    organization: found(organization(openToMembers())),
    configurations: [],
    granted: granting("api.crm.com"),
  };
  table(
    [
      ["stays while no configuration speaks about it", {}, `installed by ${BUILT_IN}`],
      [
        "stays while all configurations are on trial",
        { configurations: [packConfiguration("t", onTrial())] },
        `installed by ${BUILT_IN}`,
      ],
      ["is bound to the first configuration if that admits the installer", { configurations: [members] }, FINE],
      [
        "leaves if the first configuration does not admit the installer",
        { configurations: [packConfiguration("c", forUsers(BEN))] },
        "uninstalled NoAccessibleConfiguration",
      ],
      [
        "leaves if the first configuration admits only the owner",
        { configurations: [packConfiguration("c", forUsers(BEN))], doc: namespaceOwnedBy(found(BEN)) },
        "uninstalled NoAccessibleConfiguration",
      ],
      [
        "is bound to the oldest of several that appear together and admit the installer",
        {
          configurations: [
            packConfiguration("a-younger", createdAt(NOW - 1_000)),
            packConfiguration("b-older", createdAt(NOW - 9_000)),
          ],
        },
        "installed by b-older",
      ],
      [
        "is closed while a stale group may admit the installer to the first configuration",
        { configurations: [packConfiguration("c", forGroups("sales"))], groups: staleGroup("sales", ANN) },
        `installed by ${BUILT_IN}, suspended GroupDataStale, unknown GroupDataStale`,
      ],
      [
        "is bound to the first configuration while nobody knows whom the doc is shared with",
        { configurations: [packConfiguration("c", sharedWithin())] },
        "installed by c, unknown AudienceUnknown",
      ],
      [
        "leaves if the doc is shared with somebody whom the first configuration leaves out",
        {
          install: packInstall("crm", boundByDefault(), inDoc("plan")),
          doc: docIn(packDocObject("plan", { sharing: [share("User", OUTSIDER)] })),
          configurations: [packConfiguration("c", sharedWithin())],
        },
        "uninstalled SharingIncompatible",
      ],
      [
        "is held while the configurations cannot be listed, though one is seen that does not admit the installer",
        { configurations: [packConfiguration("c", forUsers(BEN))], configurationsKnown: false },
        `installed by ${BUILT_IN}, unknown KindNotServed`,
      ],
      ["leaves if the first configuration denies it", { configurations: [deny] }, "uninstalled PackDenied"],
      [
        "leaves if the first configuration does not allow its domain",
        { configurations: [packConfiguration("c", allowingDomains())] },
        "uninstalled DomainsNotAllowed",
      ],
      [
        "leaves if the first configuration does not list its doc",
        { configurations: [packConfiguration("c", allowingDocs())] },
        "uninstalled DocNotAllowed",
      ],
      [
        "leaves if the default is not for members any more",
        { organization: found(organization()) },
        "uninstalled InstallerAccessLost",
      ],
      [
        "leaves if the installer is not a member",
        { install: packInstall("crm", installedBy(OUTSIDER), boundByDefault()) },
        "uninstalled InstallerAccessLost",
      ],
      [
        "leaves if the definition is deleted",
        { definition: absent, configurations: [members] },
        "uninstalled PackNotFound",
      ],
      [
        "is held with its first configuration while the definition is not accepted",
        { configurations: [members], ...crm(reaching("co.uk")) },
        `installed by ${BUILT_IN}, suspended DefinitionNotAccepted`,
      ],
      [
        "stays, though an older install would be in its way",
        { siblings: [packInstall("older")], configurations: [members] },
        FINE,
      ],
    ],
    base,
  );
});

describe("the grace period", () => {
  const patient = packConfiguration("members", withGrace(60));
  const world = (now: number, ...changes: readonly Change<PackInstall>[]): World => ({
    install: packInstall("crm", boundTo(patient), ...changes),
    configurations: [patient, deny],
    now,
  });
  const leaving = leavingSince(NOW, "PackDenied");

  test("starts when the cause is first seen", () => {
    expect(evaluate(world(NOW))).toMatchObject({ outcome: "Uninstalling", since: NOW, deadline: NOW + 60_000 });
  });

  test("goes on from when it started", () => {
    expect(evaluate(world(NOW + 59_999, leaving))).toMatchObject({ since: NOW, deadline: NOW + 60_000 });
  });

  test("ends at its deadline", () => {
    expect(outcome(world(NOW + 60_000, leaving))).toBe("uninstalled PackDenied");
  });

  test("goes on though the cause becomes another one", () => {
    const deleted = { ...world(NOW + 60_000, leaving), configurations: [] };
    expect(outcome(deleted)).toBe("uninstalled ConfigurationDeleted");
  });

  test("is that of the configuration as it was last seen, once it is deleted", () => {
    expect(evaluate({ ...world(NOW), configurations: [] })).toMatchObject({
      outcome: "Uninstalling",
      deadline: NOW + 60_000,
    });
  });

  test("is over at once where there is none", () => {
    expect(outcome({ ...INSTALLED, configurations: [members, deny] })).toBe("uninstalled PackDenied");
  });

  test("is averted if the cause goes away in time, and nothing is lost", () => {
    expect(outcome({ ...world(NOW + 30_000, leaving), configurations: [patient] })).toBe(FINE);
  });

  test("does not last longer because the clock was set back", () => {
    expect(evaluate(world(NOW - 3_600_000, leaving))).toMatchObject({ deadline: NOW - 3_600_000 + 60_000 });
  });
});

describe("after an uninstall", () => {
  const latched = (...changes: readonly Change<PackInstall>[]): World => ({
    install: packInstall("crm", uninstalledFor("PackDenied"), ...changes),
  });
  const asked = (mark: string, handled: string): World =>
    latched(askingToReinstall(mark), withStatus({ lastHandledReinstallAt: handled }));
  const automatic = { organization: found(organization(organizedBy({ reinstallPolicy: "Automatic" }))) };
  table(
    [
      ["nothing comes back by itself, though every check passes", latched(), "latched"],
      ["nothing comes back because the same object is applied again", latched(askingToReconcile("now")), "latched"],
      ["nothing comes back because of a request that was handled", asked("1", "1"), "latched"],
      ["a request starts over", latched(askingToReinstall("1")), FINE],
      ["another request starts over", asked("2", "1"), FINE],
      [
        "a request that still does not fit is refused",
        { ...latched(askingToReinstall("1")), configurations: [deny] },
        "refused PackDenied",
      ],
      ["a new generation starts over", latched(ofGeneration(2)), FINE],
      [
        "a new generation that still does not fit is refused",
        { ...latched(ofGeneration(2)), configurations: [] },
        "refused NoAccessibleConfiguration",
      ],
      ["under `Automatic` it comes back by itself once every check passes", { ...latched(), ...automatic }, FINE],
      [
        "under `Automatic` it stays latched while the cause stands",
        { ...latched(), ...automatic, configurations: [deny] },
        "latched",
      ],
      [
        "under `Automatic` it stays latched while something is waited for",
        { ...latched(), ...automatic, definition: absent },
        "latched",
      ],
      ["it stays latched while the organization is unknown", { ...latched(), organization: absent }, "latched"],
    ],
    {},
  );

  test("it may come back by another configuration", () => {
    const install = packInstall("crm", uninstalledFor("ConfigurationDeleted"), choosing("new"), ofGeneration(2));
    expect(outcome({ install, configurations: [packConfiguration("new")] })).toBe("installed by new");
  });
});

describe("what is unknown holds an installed pack as it is:", () => {
  const held = "installed by members, unknown";
  table([
    ["no organization", { organization: absent }, `${held} OrganizationNotFound`],
    ["an organization that cannot be used", { organization: unknown("why") }, `${held} OrganizationNotFound`],
    ["a definition that cannot be read", { definition: unknown("why") }, `${held} KindNotServed`],
    [
      "a definition that cannot be read, though the configuration is gone",
      { definition: unknown("why"), configurations: [] },
      `${held} KindNotServed`,
    ],
    [
      "a configuration that is not there, while configurations cannot be listed",
      { configurations: [], configurationsKnown: false },
      `${held} KindNotServed`,
    ],
  ]);

  test("with the hosts that it has, while the definition cannot be read", () => {
    expect(hosts({ ...INSTALLED, definition: unknown("why") })).toEqual(["api.crm.com"]);
  });

  test("but a request to rest and a foreign policy are heeded all the same", () => {
    const world = { ...INSTALLED, definition: unknown("why") };
    expect(outcome({ ...world, install: bound(suspended()) })).toMatch(/suspended Suspended/);
    expect(outcome({ ...world, widenedBy: ["x/y"] })).toMatch(/suspended NetworkWidened/);
  });
});

describe("without an organization nothing is uninstalled and nothing widens:", () => {
  const closed = (reason: string): string => `installed by members, suspended ${reason}, unknown OrganizationNotFound`;
  table(
    [
      ["a denied pack is closed", { configurations: [members, deny] }, closed("PackDenied")],
      ["a pack whose configuration is deleted is closed", { configurations: [] }, closed("ConfigurationDeleted")],
      [
        "a pack whose configuration was made again is closed, for nobody knows whom it admits",
        { configurations: [packConfiguration("members", withUid("another"))] },
        closed("ConfigurationDeleted"),
      ],
      ["a pack whose definition is deleted is closed", { definition: absent }, closed("PackNotFound")],
      [
        "a pack whose doc is not listed is closed",
        { configurations: [changed(members, allowingDocs())] },
        closed("DocNotAllowed"),
      ],
      [
        "a pack whose installer is not named is closed",
        { configurations: [changed(members, forUsers(BEN))] },
        closed("InstallerAccessLost"),
      ],
      [
        "a pack whose definition asks for a review stays within what was granted",
        crm(definedBy({ sandbox: { maxResponseBytes: 100_000_000 } })),
        `${FINE}, unknown OrganizationNotFound`,
      ],
      [
        "a pack with a domain that may not be declared is closed",
        crm(reaching("api.crm.com", "co.uk")),
        closed("DefinitionNotAccepted"),
      ],
      ["a pack that rests rests", { install: bound(suspended()), configurations: [deny] }, closed("Suspended")],
      [
        "a grace period does not end",
        { install: bound(leavingSince(0, "PackDenied")), configurations: [members, deny] },
        closed("PackDenied"),
      ],
      [
        "the default access is held",
        { install: packInstall("crm", boundByDefault()), configurations: [packConfiguration("c", forUsers(BEN))] },
        `installed by ${BUILT_IN}, unknown OrganizationNotFound`,
      ],
    ],
    { ...INSTALLED, organization: absent },
  );

  test("a domain that was not granted before is not reached", () => {
    const world = { ...INSTALLED, organization: absent, ...crm(reaching("api.crm.com", "more.com")) };
    expect(hosts(world)).toEqual(["api.crm.com"]);
  });

  test("a domain that was granted and is not declared any more is not reached", () => {
    const world = {
      ...INSTALLED,
      organization: absent,
      granted: granting("api.crm.com", "old.com"),
      ...crm(knowing("old.com")),
    };
    expect(hosts(world)).toEqual(["api.crm.com"]);
  });

  test("more domains than one stay in effect, if they were granted", () => {
    const both = ["a.com", "b.com"];
    const world = { organization: absent, granted: granting(...both), ...crm(reaching(...both)) };
    expect(hosts({ ...INSTALLED, ...world })).toEqual(both);
  });
});
