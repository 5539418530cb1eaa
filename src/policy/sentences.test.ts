/** Every sentence that people read about an install, word for word: what is wrong, whose it is, what to do. */
import { describe, expect, test } from "vitest";
import {
  ANN,
  about,
  aboutLabels,
  allowingDocs,
  allowingDomains,
  BEN,
  boundByDefault,
  boundTo,
  type Change,
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
  granting,
  groupsOf,
  inDoc,
  installedBy,
  installInput,
  knowing,
  leavingSince,
  NOW,
  namespaceOwnedBy,
  OUTSIDER,
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
  viewing,
  withStatus,
  withUid,
} from "../../test/gen/objects.ts";
import type { PackDoc, PackInstall } from "../api/v1alpha1/index.ts";
import { audienceOf } from "./audience.ts";
import { packDoc } from "./doc.ts";
import { type Evaluation, evaluateInstall, withoutCertainty } from "./evaluate.ts";
import { groupPart, viewGroups } from "./groups.ts";
import type { InstallInput } from "./input.ts";
import { problem } from "./problem.ts";
import { absent, found, unknown } from "./truth.ts";

type World = Partial<InstallInput>;
type Rows = readonly (readonly [situation: string, world: World, sentence: string])[];

/** Reason and sentence of what stands against an install, or of why it is held or closed. */
const spoken = (evaluation: Evaluation): string => {
  const say = (...problems: readonly (ReturnType<typeof problem> | undefined)[]): string =>
    problems.flatMap((it) => (it === undefined ? [] : [`${it.reason}: ${it.message}`])).join(" | ");
  switch (evaluation.outcome) {
    case "Latched":
      return "";
    case "Waiting":
    case "Refused":
      return say(evaluation.problem);
    case "Installed":
      return say(evaluation.suspended, evaluation.unknown);
    case "Uninstalling":
      return say(evaluation.cause, evaluation.paused);
    case "Uninstalled":
      return say(evaluation.cause);
  }
};

const sentence = (world: World): string => spoken(evaluateInstall(installInput(world)));

const table = (rows: Rows, base: World = {}): void => {
  test.each(rows)("%s", (_, world, expected) => {
    expect(sentence({ ...base, ...world })).toBe(expected);
  });
};

const members = packConfiguration("members");
const deny = packConfiguration("deny", denied());
const required = found(organization(organizedBy({ approvals: { mode: "Required" } })));
const open = { organization: found(organization(openToMembers())) };
const staleSales = viewing(packGroup("sales", { members: [ANN], source: { name: "scim", maxAgeSeconds: 60 } }));
const unlistedGroups = viewGroups(() => [], false, NOW);
const byOutsider = packInstall("crm", installedBy(OUTSIDER));
const badRule = enabling({ formulas: [{ name: "Read", parameters: [{ name: "query", rule: { pattern: "(" } }] }] });
const crm = (...changes: readonly Change<ReturnType<typeof packDefinition>>[]): World => ({
  definition: found(packDefinition("crm", ...changes)),
});
const strict = packConfiguration("strict", forUsers(ANN), sharedWithin());

const STALE_ANN = `GroupDataStale: whether '${ANN}' or the doc's owner belongs to a group that a configuration of the pack names is not known: the group's members are older than it allows, or cannot be listed.`;
const HELD = " This install is held as it is.";

describe("a new install reads", () => {
  const install = (...changes: readonly Change<PackInstall>[]): World => ({ install: packInstall("crm", ...changes) });
  table([
    ["nothing where all is well", {}, ""],
    [
      "that nobody vouches for it",
      { unvouched: problem("AdmissionMissing", "the policies are gone.") },
      "AdmissionMissing: the policies are gone.",
    ],
    [
      "that there is no organization",
      { organization: absent },
      "OrganizationNotFound: there is no PackOrganization 'default', so nobody knows who is a member; an administrator creates it.",
    ],
    [
      "why the organization cannot be used",
      { organization: unknown("it is being deleted") },
      "OrganizationNotFound: the PackOrganization 'default' cannot be used: it is being deleted.",
    ],
    [
      "that the definition is missing",
      { definition: absent },
      "PackNotFound: there is no PackDefinition 'crm'; its maker or an administrator applies it.",
    ],
    [
      "why the definition cannot be read",
      { definition: unknown("its kind is not served") },
      "PackNotFound: the PackDefinition 'crm' cannot be read: its kind is not served.",
    ],
    [
      "that the reviews cannot be listed",
      { ...crm(reaching("a.com", "b.com")), reviewsKnown: false },
      "KindNotServed: the PackReviews cannot be listed at present.",
    ],
    [
      "which configuration denies the pack, of several the first by name",
      { configurations: [packConfiguration("no", denied()), deny, packConfiguration("nay", denied())] },
      "PackDenied: the PackConfiguration 'deny' denies the pack 'crm' to everybody.",
    ],
    [
      "that the configurations cannot be listed",
      { configurationsKnown: false },
      "KindNotServed: the PackConfigurations cannot be listed at present.",
    ],
    [
      "which install is there already, of several the first by name",
      {
        siblings: ["second", "first", "third"].map((name) =>
          packInstall(name, createdAt(NOW - 7_200_000), boundTo(members)),
        ),
      },
      "AlreadyInstalled: the pack 'crm' is already installed in 'team' by the PackInstall 'first'; delete one of the two.",
    ],
    [
      "in which doc an install is there already",
      {
        ...install(inDoc("plan")),
        doc: docIn(packDocObject("plan")),
        siblings: [packInstall("other", boundTo(members))],
      },
      "AlreadyInstalled: the pack 'crm' is already installed in 'team/plan' by the PackInstall 'other'; delete one of the two.",
    ],
    [
      "that the requests cannot be listed",
      { organization: required, configurations: [], requestsKnown: false },
      "KindNotServed: the PackRequests cannot be listed at present.",
    ],
    [
      "that the requests cannot be listed, where only one of them could admit it",
      { configurations: [], requestsKnown: false },
      "KindNotServed: the PackRequests cannot be listed at present.",
    ],
    [
      "that the pack has to be asked for",
      { organization: required, configurations: [] },
      "ApprovalPending: the pack 'crm' has to be approved first; create a PackRequest for it.",
    ],
    [
      "which request waits, of several the oldest",
      {
        organization: required,
        configurations: [],
        requests: [
          packRequest("a"),
          changed(packRequest("z"), createdAt(NOW - 9_000_000)),
          changed(packRequest("m"), createdAt(NOW)),
        ],
      },
      "ApprovalPending: the pack 'crm' waits for a decision about the PackRequest 'team/z'.",
    ],
    [
      "which request waits, of two of the same age the first by name",
      { organization: required, configurations: [], requests: [packRequest("b"), packRequest("a"), packRequest("c")] },
      "ApprovalPending: the pack 'crm' waits for a decision about the PackRequest 'team/a'.",
    ],
    [
      "who denied the request, without a reason",
      { organization: required, configurations: [], requests: [packRequest("no", decidedAs("Denied"))] },
      `ApprovalDenied: '${BEN}' denied the request 'team/no' for the pack 'crm'.`,
    ],
    [
      "who denied the request, and why",
      { organization: required, configurations: [], requests: [packRequest("no", decidedAs("Denied", "Not now!"))] },
      `ApprovalDenied: '${BEN}' denied the request 'team/no' for the pack 'crm': Not now!`,
    ],
    [
      "that nobody knows whether a configuration admits it",
      { configurations: [packConfiguration("c", forGroups("sales"))], groups: staleSales },
      STALE_ANN,
    ],
    [
      "that nobody knows whether the named configuration admits it, where groups cannot be listed",
      {
        ...install(choosing("c")),
        configurations: [packConfiguration("c", forGroups("sales"))],
        groups: unlistedGroups,
      },
      STALE_ANN,
    ],
    [
      "that the named configuration is missing",
      { ...install(choosing("gone")) },
      "ConfigurationNotFound: there is no PackConfiguration 'gone' for the pack 'crm'.",
    ],
    [
      "that the named configuration is on trial",
      { ...install(choosing("t")), configurations: [packConfiguration("t", onTrial())] },
      "ConfigurationNotAccessible: the PackConfiguration 't' is on trial (`enforcement: Audit`) and binds nobody.",
    ],
    [
      "that the named configuration is for others",
      { ...install(choosing("c")), configurations: [packConfiguration("c", forUsers(BEN))] },
      `ConfigurationNotAccessible: '${ANN}' may not use the PackConfiguration 'c'; an administrator adds the installer to a PackConfiguration of the pack, or the install names another one.`,
    ],
    [
      "between how many configurations to choose",
      { configurations: [packConfiguration("b"), members, packConfiguration("a")] },
      `ConfigurationAmbiguous: '${ANN}' may use 3 configurations of the pack: 'a', 'b' and 'members'. Choose one in \`spec.configurationRef\`.`,
    ],
    [
      "that no configuration admits it",
      { configurations: [packConfiguration("c", forUsers(BEN))] },
      `NoAccessibleConfiguration: no PackConfiguration of the pack 'crm' admits '${ANN}'; an administrator adds the installer to a PackConfiguration of the pack.`,
    ],
    [
      "that no configuration admits it, and how many cannot be used",
      {
        configurations: [
          packConfiguration("c", forUsers(BEN)),
          packConfiguration("d", badRule),
          packConfiguration("e", badRule),
        ],
      },
      `NoAccessibleConfiguration: no PackConfiguration of the pack 'crm' admits '${ANN}' (2 of its configurations are not accepted); an administrator adds the installer to a PackConfiguration of the pack.`,
    ],
    [
      "that nobody has configured the pack",
      { configurations: [packConfiguration("mail", about("mail"))] },
      "NoAccessibleConfiguration: no PackConfiguration speaks about the pack 'crm', and the organization's default is 'Deny'; an administrator creates a PackConfiguration, or approves a PackRequest.",
    ],
    [
      "that the default is for members alone",
      { ...open, configurations: [], install: byOutsider },
      `NoAccessibleConfiguration: '${OUTSIDER}' is not a member of the organization; an administrator adds the installer to a PackConfiguration of the pack.`,
    ],
    [
      "which domains are not allowed",
      { configurations: [packConfiguration("c", allowingDomains("mail.com"))] },
      "DomainsNotAllowed: the pack needs 'api.crm.com', which the PackConfiguration 'c' does not allow (`spec.network.allowedDomains`).",
    ],
    [
      "that the doc is missing",
      { ...install(inDoc("plan")), doc: absent },
      "DocNotFound: there is no PackDoc 'plan' in the namespace 'team'.",
    ],
    [
      "why the doc cannot be read",
      { ...install(inDoc("plan")), doc: unknown("its kind is not served") },
      "KindNotServed: the doc cannot be read: its kind is not served.",
    ],
    [
      "that the doc is not listed",
      {
        ...install(inDoc("plan")),
        doc: docIn(packDocObject("plan")),
        configurations: [packConfiguration("c", allowingDocs("x"))],
      },
      "DocNotAllowed: the PackConfiguration 'c' does not list the doc 'team/plan' (`spec.doc.sharing.allowedDocs`).",
    ],
  ]);

  test("why the definition is not accepted, and why the named configuration is not", () => {
    expect(sentence(crm(reaching("co.uk")))).toMatch(
      /^DefinitionNotAccepted: the PackDefinition 'crm' is not accepted \(InvalidDomain\): .*'co\.uk'/,
    );
    expect(sentence({ ...install(choosing("c")), configurations: [packConfiguration("c", badRule)] })).toMatch(
      /^ConfigurationNotAccepted: the PackConfiguration 'c' is not accepted: .*'query'/,
    );
  });

  test("what needs a review, and how to give it", () => {
    expect(sentence(crm(reaching("a.com", "b.com")))).toMatch(
      /^ReviewRequired: the PackDefinition 'crm' needs a review: .+\. A reviewer creates a PackReview with `spec\.reviewDigest: sha256:[0-9a-f]{64}`\.$/,
    );
  });

  test("several facts that need a review, one after the other", () => {
    const both = crm(reaching("a.com", "b.com"), (it) => ({
      ...it,
      spec: { ...it.spec, authentication: { type: "Custom" } },
    }));
    expect(sentence(both)).toMatch(/\(`maxUnreviewedDomains`\); its authentication is 'Custom'\. A reviewer/);
  });
});

describe("an install whose doc has to be shared with nobody but those admitted reads", () => {
  const inPlan = (spec: Partial<PackDoc["spec"]> = {}, ...folders: Parameters<typeof packFolder>[]): World => ({
    install: packInstall("crm", inDoc("plan")),
    doc: docIn(packDocObject("plan", spec), ...folders.map((it) => packFolder(...it))),
    configurations: [strict],
  });
  const refused = (who: string): string =>
    `SharingIncompatible: the doc is shared with ${who}, who may not use the PackConfiguration 'strict' (\`spec.doc.sharing.enforcePackConfigurationPermissions\`); share it with fewer people, or give them access.`;
  const plan = packDocObject("plan");
  const unsure = packConfiguration("strict", forGroups("staff", "sales"), sharedWithin());
  const groups = viewing(
    packGroup("staff", { members: [ANN] }),
    packGroup("sales", { members: [ANN], source: { name: "scim", maxAgeSeconds: 60 } }),
  );
  const stale = (who: string): string =>
    `GroupDataStale: whether everybody in ${who} may use the PackConfiguration 'strict' is not known: a group's members are older than it allows, or cannot be listed.`;
  table([
    ["which user is too many", inPlan({ sharing: [share("User", BEN)] }), refused(`the user '${BEN}'`)],
    [
      "which group is too many",
      { ...inPlan({ sharing: [share("Group", "sales")] }), groups: groupsOf({ sales: [BEN] }) },
      refused("the group 'sales'"),
    ],
    [
      "which domain is too many",
      inPlan({ sharing: [share("Domain", "example.com")] }),
      refused("the domain 'example.com'"),
    ],
    ["that anyone is too many", inPlan({ sharing: [share("Anyone")] }), refused("anyone")],
    [
      "by which folder somebody is too many",
      inPlan({ folderRef: { name: "f" } }, ["f", { sharing: [share("Anyone")] }]),
      refused("anyone (by the folder 'f')"),
    ],
    [
      "who is too many, though nobody knows all",
      inPlan({ sharing: [share("User", BEN)], folderRef: { name: "gone" } }),
      refused(`the user '${BEN}'`),
    ],
    [
      "that a namespace says nothing about people",
      { configurations: [strict] },
      "AudienceUnknown: whom the doc is shared with is not known: without a PackDoc nobody has written down whom the doc is shared with.",
    ],
    [
      "that there is nothing that says who is in the doc",
      {
        ...inPlan(),
        doc: found({
          ...packDoc(
            plan,
            audienceOf(plan, () => absent),
            [plan],
          ),
          audience: absent,
        }),
      },
      "AudienceUnknown: whom the doc is shared with is not known: there is no doc.",
    ],
    [
      "which folder is missing",
      inPlan({ folderRef: { name: "gone" } }),
      "AudienceUnknown: whom the doc is shared with is not known: there is no PackFolder 'gone' in this namespace.",
    ],
    [
      "which group nobody knows",
      { ...inPlan({ sharing: [share("Group", "sales")] }), configurations: [unsure], groups },
      stale("the group 'sales'"),
    ],
    [
      "which group of a folder nobody knows, though a folder above is missing",
      {
        ...inPlan({ folderRef: { name: "f" } }, [
          "f",
          { sharing: [share("Group", "sales")], parentRef: { name: "gone" } },
        ]),
        configurations: [unsure],
        groups,
      },
      stale("the group 'sales' (by the folder 'f')"),
    ],
  ]);
});

describe("an installed pack reads", () => {
  const bound = (...changes: readonly Change<PackInstall>[]) => packInstall("crm", boundTo(members), ...changes);
  const BASE: World = { install: bound(), granted: granting("api.crm.com") };
  const sales = [changed(members, forGroups("sales"))];
  const byDefault = (...changes: readonly Change<PackInstall>[]): World => ({
    install: packInstall("crm", boundByDefault(), ...changes),
    ...open,
    configurations: [],
  });
  const ownedBy = (owner: Parameters<typeof namespaceOwnedBy>[0]): World => ({ doc: namespaceOwnedBy(owner) });
  table(
    [
      ["nothing where all is well", {}, ""],
      [
        "that it rests",
        { install: bound(suspended()) },
        "Suspended: `spec.suspend` is true: the pack stays installed, and nothing runs.",
      ],
      [
        "that its definition is not accepted any more",
        crm(reaching("co.uk")),
        "DefinitionNotAccepted: the PackDefinition 'crm' is not accepted any more; its condition `Accepted` says why.",
      ],
      [
        "which policies widen its reach",
        { widenedBy: ["s/a", "s/b"] },
        "NetworkWidened: the NetworkPolicy 's/a' and 's/b' in the sandboxes' namespace widens what this sandbox reaches; delete it or narrow its `podSelector`.",
      ],
      [
        "that its domains are being recorded",
        crm(reaching("evil.net")),
        "Progressing: the domains that the pack used until now are being recorded in its definition's status.",
      ],
      [
        "that it rests while its domains are being recorded",
        { ...crm(reaching("evil.net")), install: bound(suspended()) },
        "Suspended: `spec.suspend` is true: the pack stays installed, and nothing runs.",
      ],
      [
        "that its definition was deleted",
        { definition: absent },
        "PackNotFound: the PackDefinition 'crm' was deleted.",
      ],
      [
        "which configuration denies the pack",
        { configurations: [members, deny] },
        "PackDenied: the PackConfiguration 'deny' denies the pack 'crm' to everybody.",
      ],
      [
        "which older install it gives way to, of several the first by name",
        {
          siblings: ["b", "a", "c"].map((name) => packInstall(name, createdAt(NOW - 7_200_000), boundTo(members))),
        },
        "AlreadyInstalled: the pack 'crm' is already installed in 'team' by the PackInstall 'a'; delete one of the two.",
      ],
      ["nothing of a younger install", { siblings: [packInstall("young", createdAt(NOW), boundTo(members))] }, ""],
      [
        "nothing of an older install that is not bound",
        { siblings: [packInstall("old", createdAt(NOW - 7_200_000))] },
        "",
      ],
      [
        "that its doc is gone",
        { install: bound(inDoc("plan")), doc: absent },
        "DocNotFound: there is no PackDoc 'plan' in the namespace 'team'.",
      ],
      [
        "that its configuration was deleted",
        { configurations: [] },
        "ConfigurationDeleted: the PackConfiguration 'members' was deleted, or does not speak about this pack any more.",
      ],
      [
        "that nobody in charge of it may use its configuration",
        { configurations: [changed(members, forUsers(BEN))] },
        `InstallerAccessLost: neither the installer '${ANN}' nor the doc's owner may use the PackConfiguration 'members' any more.`,
      ],
      [
        "that nobody in charge of it may use the default",
        { ...byDefault(), organization: found(organization()) },
        `InstallerAccessLost: neither the installer '${ANN}' nor the doc's owner may use the pack by the organization's default any more.`,
      ],
      [
        "who denied its request",
        {
          ...byDefault(boundByDefault({ namespace: "team", name: "no", uid: "uid-of-no" })),
          requests: [packRequest("no", decidedAs("Denied", "too dear"))],
        },
        `ApprovalDenied: '${BEN}' denied the request 'team/no' for the pack 'crm': too dear.`,
      ],
      [
        "which domains are not allowed any more",
        { configurations: [changed(members, allowingDomains())] },
        "DomainsNotAllowed: the pack needs 'api.crm.com', which the PackConfiguration 'members' does not allow (`spec.network.allowedDomains`).",
      ],
      [
        "that its doc is not listed any more",
        { configurations: [changed(members, allowingDocs())] },
        "DocNotAllowed: the PackConfiguration 'members' does not list the doc 'team' (`spec.doc.sharing.allowedDocs`).",
      ],
      [
        "why the definition cannot be read",
        { definition: unknown("its kind is not served") },
        `KindNotServed: the PackDefinition cannot be read: its kind is not served.${HELD}`,
      ],
      [
        "that the configurations cannot be listed",
        { configurations: [], configurationsKnown: false },
        `KindNotServed: the PackConfigurations cannot be listed at present.${HELD}`,
      ],
      [
        "that the configurations cannot be listed, under the organization's default",
        { ...byDefault(), configurationsKnown: false },
        `KindNotServed: the PackConfigurations cannot be listed at present.${HELD}`,
      ],
      ["nothing of configurations that cannot be listed while its own is there", { configurationsKnown: false }, ""],
      [
        "which configuration denies the pack, though they cannot all be listed",
        { configurations: [deny], configurationsKnown: false },
        "PackDenied: the PackConfiguration 'deny' denies the pack 'crm' to everybody.",
      ],
      [
        "which configuration denies the pack, though its own was made again and nobody knows whom it admits",
        {
          configurations: [packConfiguration("members", withUid("another"), forGroups("sales")), deny],
          groups: staleSales,
        },
        "PackDenied: the PackConfiguration 'deny' denies the pack 'crm' to everybody.",
      ],
      [
        "that nobody knows whom its configuration admits, which was made again",
        { configurations: [packConfiguration("members", withUid("another"), forGroups("sales"))], groups: staleSales },
        `${STALE_ANN}${HELD}`,
      ],
      [
        "that the reviews cannot be listed",
        { ...crm(reaching("api.crm.com", "more.com")), reviewsKnown: false },
        `KindNotServed: the PackReviews cannot be listed at present.${HELD}`,
      ],
      ["nothing of reviews that cannot be listed where none is needed", { reviewsKnown: false }, ""],
      [
        "that its definition is not accepted any more, though the reviews cannot be listed",
        { ...crm(reaching("co.uk")), reviewsKnown: false },
        "DefinitionNotAccepted: the PackDefinition 'crm' is not accepted any more; its condition `Accepted` says why.",
      ],
      [
        "that the organization is gone",
        { organization: absent },
        "OrganizationNotFound: the PackOrganization 'default' is gone; this install is held as it is.",
      ],
      [
        "why the organization cannot be used",
        { organization: unknown("it is being deleted") },
        "OrganizationNotFound: the PackOrganization 'default' cannot be used (it is being deleted); this install is held as it is.",
      ],
      [
        "why its doc cannot be read",
        { install: bound(inDoc("plan")), doc: unknown("its kind is not served") },
        "KindNotServed: the doc cannot be read (its kind is not served); this install is held as it is.",
      ],
      [
        "that its doc cannot be read, where only the owner may still have access",
        {
          install: bound(inDoc("plan")),
          doc: unknown("its kind is not served"),
          configurations: [changed(members, forUsers(BEN))],
        },
        "KindNotServed: the doc cannot be read (its kind is not served); this install is held as it is.",
      ],
      ["nothing of an owner whom nobody knows while the installer has access", ownedBy(unknown("no watch")), ""],
      [
        "why its owner is not known, where only the owner may still have access",
        { ...ownedBy(unknown("no watch")), configurations: [changed(members, forUsers(BEN))] },
        "KindNotServed: who owns the doc cannot be read (no watch); this install is held as it is.",
      ],
      [
        "that the installer's groups are not known",
        { configurations: sales, groups: staleSales },
        `${STALE_ANN}${HELD}`,
      ],
      [
        "that the installer's groups are not known, before the owner who is not known either",
        { ...ownedBy(unknown("no watch")), configurations: sales, groups: staleSales },
        `${STALE_ANN}${HELD}`,
      ],
      [
        "that the owner's groups are not known",
        {
          ...ownedBy(found(BEN)),
          configurations: [changed(members, forGroups("sales"))],
          groups: viewGroups(
            () => [groupPart(packGroup("sales", { members: [BEN], source: { name: "scim", maxAgeSeconds: 60 } }))],
            true,
            NOW,
          ),
        },
        `${STALE_ANN}${HELD}`,
      ],
      [
        "nothing of the installer's groups while the owner has access",
        {
          ...ownedBy(found(BEN)),
          configurations: [
            changed(
              members,
              configuredBy({
                access: {
                  scope: "Subjects",
                  subjects: [
                    { kind: "User", name: BEN },
                    { kind: "Group", name: "sales" },
                  ],
                },
              }),
            ),
          ],
          groups: staleSales,
        },
        "",
      ],
      [
        "why it is closed still, while nobody knows whether the cause has gone",
        { install: bound(leavingSince(NOW - 1000, "InstallerAccessLost")), configurations: sales, groups: staleSales },
        `InstallerAccessLost: the cause. | ${STALE_ANN}${HELD}`,
      ],
      ["nothing of a cause that has gone", { install: bound(leavingSince(NOW - 1000, "InstallerAccessLost")) }, ""],
      [
        "nothing of a cause that no rule knows",
        {
          install: bound(
            withStatus({
              pendingUninstall: {
                since: "2026-01-01T00:00:00Z",
                deadline: "2026-01-01T00:00:00Z",
                reason: "Whim",
                message: "so.",
              },
            }),
          ),
          configurations: sales,
          groups: staleSales,
        },
        `${STALE_ANN}${HELD}`,
      ],
      [
        "why it is not uninstalled yet",
        { configurations: [members, deny], held: problem("UninstallPaused", "too many at once.") },
        "PackDenied: the PackConfiguration 'deny' denies the pack 'crm' to everybody. | UninstallPaused: too many at once.",
      ],
      [
        "that its first configuration is for others",
        { ...byDefault(), configurations: [packConfiguration("c", forUsers(BEN))] },
        `NoAccessibleConfiguration: no PackConfiguration of the pack 'crm' admits '${ANN}'; an administrator adds the installer to a PackConfiguration of the pack.`,
      ],
      [
        "that nobody knows whether its first configuration admits it",
        { ...byDefault(), configurations: [packConfiguration("c", forGroups("sales"))], groups: staleSales },
        `${STALE_ANN} | ${STALE_ANN}`,
      ],
    ],
    BASE,
  );

  test("why its configuration is not accepted any more", () => {
    expect(sentence({ ...BASE, configurations: [changed(members, badRule)] })).toMatch(
      /^ConfigurationNotAccepted: the PackConfiguration 'members' is not accepted any more: .*'query'/,
    );
  });

  test("what stands against it while nobody vouches for what is absent", () => {
    const why = problem("KindNotServed", "the caches are not synced.");
    const said = (world: World): string => {
      const input = installInput({ ...BASE, ...world });
      return spoken(withoutCertainty(input, evaluateInstall(input), why));
    };
    const deleted =
      "ConfigurationDeleted: the PackConfiguration 'members' was deleted, or does not speak about this pack any more.";
    const synced = "KindNotServed: the caches are not synced.";
    expect(said({ configurations: [] })).toBe(`${deleted} | ${synced}`);
    expect(said({ configurations: [], install: bound(suspended()) })).toMatch(/^Suspended: .* \| KindNotServed/);
    const patient = changed(members, configuredBy({ gracePeriodSeconds: 60 }));
    const denying = { install: packInstall("crm", boundTo(patient)), configurations: [patient, deny] };
    expect(said(denying)).toMatch(/^PackDenied: .* \| KindNotServed: the caches are not synced\.$/);
    expect(said({})).toBe("");
    expect(said({ install: packInstall("crm") })).toBe(synced);
    expect(said({ install: packInstall("crm"), configurations: [deny] })).toMatch(/^PackDenied/);
  });

  test("nothing by labels that the definition has lost", () => {
    const gold = packConfiguration("gold", aboutLabels({ tier: "gold" }));
    expect(
      sentence({ ...BASE, install: packInstall("crm", boundTo(gold)), configurations: [gold], ...crm(knowing()) }),
    ).toBe(
      "ConfigurationDeleted: the PackConfiguration 'gold' was deleted, or does not speak about this pack any more.",
    );
  });
});
