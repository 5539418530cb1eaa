/**
 * Builders of objects and worlds for tests: `packInstall("a", inNamespace("team"), of("crm"), boundTo(configuration))`.
 * A change that comes later wins. What a builder returns is frozen, so that code under test cannot alter it unnoticed.
 */
import { API_VERSION } from "../../src/api/kinds.ts";
import type { KubeObject, ObjectMeta } from "../../src/api/meta.ts";
import { ANNOTATION } from "../../src/api/names.ts";
import type { Reason } from "../../src/api/reasons.ts";
import type {
  Authentication,
  BoundRequest,
  Formula,
  PackConfiguration,
  PackConfigurationSpec,
  PackDefinition,
  PackDefinitionSpec,
  PackDoc,
  PackDocSpec,
  PackFolder,
  PackFolderSpec,
  PackGroup,
  PackGroupSpec,
  PackInstall,
  PackInstallStatus,
  PackOrganization,
  PackOrganizationSpec,
  PackRequest,
  PackRequestSpec,
  PackReview,
  PackReviewSpec,
  Share,
  SyncTable,
} from "../../src/api/v1alpha1/index.ts";
import { toTimestamp } from "../../src/lib/clock.ts";
import { audienceOf } from "../../src/policy/audience.ts";
import { type Doc, namespaceDoc, packDoc } from "../../src/policy/doc.ts";
import { BUILT_IN } from "../../src/policy/evaluate.ts";
import { type GroupView, groupPart, viewGroups } from "../../src/policy/groups.ts";
import type { DomainRules } from "../../src/policy/host.ts";
import type { InstallInput } from "../../src/policy/input.ts";
import { absent, found, type Lookup, lookup } from "../../src/policy/truth.ts";

/** What every world of these builders takes for now: milliseconds since 1970, a full second. */
export const NOW = Date.UTC(2026, 0, 2, 12);

export const RULES: DomainRules = { clusterDomain: "cluster.local", testMode: false };

export const ANN = "ann@example.com";
export const BEN = "ben@example.com";
/** A user whose mail domain the organization of these builders does not own. */
export const OUTSIDER = "oz@elsewhere.org";

export type Change<T> = (object: T) => T;

const freeze = <T>(value: T): T => {
  if (value !== null && typeof value === "object" && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(freeze);
  }
  return value;
};

const build = <T>(base: T, changes: readonly Change<T>[]): T =>
  freeze(changes.reduce((object, change) => change(object), base));

/** One more change of an object that is built already. */
export const changed = <T>(object: T, ...changes: readonly Change<T>[]): T => build(object, changes);

// Any kind.

export const withMeta =
  (metadata: Partial<ObjectMeta>) =>
  <T extends KubeObject>(object: T): T => ({ ...object, metadata: { ...object.metadata, ...metadata } });

export const withUid = (uid: string) => withMeta({ uid });
export const labelled = (labels: Readonly<Record<string, string>>) => withMeta({ labels });
export const ofGeneration = (generation: number) => withMeta({ generation });
/** `ms`: milliseconds since 1970. */
export const createdAt = (ms: number) => withMeta({ creationTimestamp: toTimestamp(ms) });

const annotated =
  (key: string, value: string) =>
  <T extends KubeObject>(object: T): T =>
    withMeta({ annotations: { ...object.metadata.annotations, [key]: value } })(object);

const metadata = (name: string, uid: string): ObjectMeta => ({
  name,
  uid,
  generation: 1,
  creationTimestamp: toTimestamp(NOW - 3_600_000),
});

// PackInstall.

type InstallChange = Change<PackInstall>;

/** Of the pack `crm` in the namespace `team`, by {@link ANN}; not looked at yet. */
export const packInstall = (name: string, ...changes: readonly InstallChange[]): PackInstall =>
  build<PackInstall>(
    {
      apiVersion: API_VERSION,
      kind: "PackInstall",
      metadata: { ...metadata(name, `uid-of-${name}`), namespace: "team" },
      spec: { packRef: { name: "crm" }, installer: ANN },
    },
    changes,
  );

const installSpec =
  (spec: Partial<PackInstall["spec"]>): InstallChange =>
  (install) => ({ ...install, spec: { ...install.spec, ...spec } });

export const inNamespace = (namespace: string) => withMeta({ namespace });
export const of = (pack: string): InstallChange => installSpec({ packRef: { name: pack } });
export const installedBy = (installer: string): InstallChange => installSpec({ installer });
export const inDoc = (name: string): InstallChange => installSpec({ docRef: { name } });
export const choosing = (configuration: string): InstallChange =>
  installSpec({ configurationRef: { name: configuration } });
export const suspended = (): InstallChange => installSpec({ suspend: true });
export const askingToReinstall = (mark: string) => annotated(ANNOTATION.reinstallRequestedAt, mark);
export const askingToReconcile = (mark: string) => annotated(ANNOTATION.reconcileRequestedAt, mark);

export const withStatus =
  (status: Partial<PackInstallStatus>): InstallChange =>
  (install) => ({ ...install, status: { ...install.status, ...status } });

/** Installed by this configuration, as it was then. */
export const boundTo = ({ metadata: { generation = 0, name, uid = "" }, spec }: PackConfiguration): InstallChange =>
  withStatus({ boundConfiguration: { name, uid, generation, gracePeriodSeconds: spec.gracePeriodSeconds ?? 0 } });

/** Installed by the organization's default access, or through an approved request. */
export const boundByDefault = (request?: BoundRequest): InstallChange =>
  withStatus({
    boundConfiguration: {
      name: BUILT_IN,
      uid: "",
      generation: 0,
      gracePeriodSeconds: 0,
      builtIn: true,
      ...(request === undefined ? {} : { request }),
    },
  });

/** Uninstalled at the generation that it has now; asked for since only by changes that follow. */
export const uninstalledFor =
  (reason: Reason, configuration = "members"): InstallChange =>
  (install) =>
    withStatus({
      uninstalled: {
        time: toTimestamp(NOW - 60_000),
        reason,
        message: "the cause of that time.",
        configuration,
        observedGeneration: install.metadata.generation ?? 0,
      },
    })(install);

/** Waiting for its grace period since `ms` (milliseconds since 1970). */
export const leavingSince = (ms: number, reason: Reason): InstallChange =>
  withStatus({
    pendingUninstall: { since: toTimestamp(ms), deadline: toTimestamp(ms), reason, message: "the cause." },
  });

// PackDefinition.

type DefinitionChange = Change<PackDefinition>;

/** Reaches `api.crm.com`, has no authentication and no building blocks. */
export const packDefinition = (name: string, ...changes: readonly DefinitionChange[]): PackDefinition =>
  build<PackDefinition>(
    {
      apiVersion: API_VERSION,
      kind: "PackDefinition",
      metadata: metadata(name, `uid-of-${name}`),
      spec: {
        displayName: name,
        version: "1.0.0",
        source: { bundle: { configMapRef: { name: `${name}-code`, key: "pack.js" }, sha256: "0".repeat(64) } },
        networkDomains: ["api.crm.com"],
        authentication: { type: "None" },
      },
    },
    changes,
  );

export const definedBy =
  (spec: Partial<PackDefinitionSpec>): DefinitionChange =>
  (definition) => ({ ...definition, spec: { ...definition.spec, ...spec } });

/** Without arguments: none, so no way out at all. */
export const reaching = (...domains: readonly string[]): DefinitionChange => definedBy({ networkDomains: domains });

export const authenticatedBy = (authentication: Authentication): DefinitionChange => definedBy({ authentication });

export const runningImage = (reference: string): DefinitionChange => definedBy({ source: { image: { reference } } });

/** Domains that were effective while installs existed. */
export const knowing =
  (...domains: readonly string[]): DefinitionChange =>
  (definition) => ({ ...definition, status: { ...definition.status, knownDomains: domains } });

export const formula =
  (name: string, more: Omit<Formula, "name"> = {}): DefinitionChange =>
  (definition) =>
    definedBy({ formulas: [...(definition.spec.formulas ?? []), { name, ...more }] })(definition);

export const action = (name: string, more: Omit<Formula, "name" | "action"> = {}): DefinitionChange =>
  formula(name, { ...more, action: true });

export const syncTable =
  (name: string, more: Omit<SyncTable, "name"> = {}): DefinitionChange =>
  (definition) =>
    definedBy({ syncTables: [...(definition.spec.syncTables ?? []), { name, ...more }] })(definition);

export const columnFormat =
  (name: string, ofFormula: string): DefinitionChange =>
  (definition) =>
    definedBy({ columnFormats: [...(definition.spec.columnFormats ?? []), { name, formula: ofFormula }] })(definition);

// PackConfiguration.

type ConfigurationChange = Change<PackConfiguration>;

/** About the pack `crm`, `Configured`, for every member, without restrictions. */
export const packConfiguration = (name: string, ...changes: readonly ConfigurationChange[]): PackConfiguration =>
  build<PackConfiguration>(
    {
      apiVersion: API_VERSION,
      kind: "PackConfiguration",
      metadata: metadata(name, `uid-of-${name}`),
      spec: { packRef: { name: "crm" }, access: { scope: "Organization" } },
    },
    changes,
  );

export const configuredBy =
  (spec: Partial<PackConfigurationSpec>): ConfigurationChange =>
  (configuration) => ({ ...configuration, spec: { ...configuration.spec, ...spec } });

const without =
  (key: keyof PackConfigurationSpec): ConfigurationChange =>
  (configuration) => {
    const { [key]: _, ...spec } = configuration.spec;
    return { ...configuration, spec };
  };

export const about = (pack: string): ConfigurationChange => configuredBy({ packRef: { name: pack } });

export const aboutLabels =
  (matchLabels: Readonly<Record<string, string>>): ConfigurationChange =>
  (configuration) =>
    configuredBy({ packSelector: { matchLabels } })(without("packRef")(configuration));

const inState =
  (state: "Approved" | "Denied"): ConfigurationChange =>
  (configuration) =>
    configuredBy({ state })(without("access")(configuration));

export const approved = (): ConfigurationChange => inState("Approved");
export const denied = (): ConfigurationChange => inState("Denied");
export const onTrial = (): ConfigurationChange => configuredBy({ enforcement: "Audit" });

/** Without arguments: nobody. */
export const forUsers = (...users: readonly string[]): ConfigurationChange =>
  configuredBy({ access: { scope: "Subjects", subjects: users.map((name) => ({ kind: "User", name })) } });

export const forGroups = (...groups: readonly string[]): ConfigurationChange =>
  configuredBy({ access: { scope: "Subjects", subjects: groups.map((name) => ({ kind: "Group", name })) } });

/** `allow: Listed` with these directives; without any, nothing is enabled. */
export const enabling = (
  components: Omit<NonNullable<PackConfigurationSpec["components"]>, "allow"> = {},
): ConfigurationChange => configuredBy({ components: { allow: "Listed", ...components } });

export const allowingDomains = (...allowedDomains: readonly string[]): ConfigurationChange =>
  configuredBy({ network: { allow: "Listed", allowedDomains } });

export const allowingDocs = (...allowedDocs: readonly string[]): ConfigurationChange =>
  configuredBy({ doc: { sharing: { allow: "Listed", allowedDocs } } });

/** Everybody whom the doc is shared with must have access. */
export const sharedWithin = (): ConfigurationChange =>
  configuredBy({ doc: { sharing: { allow: "All", enforcePackConfigurationPermissions: true } } });

export const withGrace = (seconds: number): ConfigurationChange => configuredBy({ gracePeriodSeconds: seconds });

// PackOrganization.

type OrganizationChange = Change<PackOrganization>;

/** Owns `example.com`; everything else as the CRD defaults it. */
export const organization = (...changes: readonly OrganizationChange[]): PackOrganization =>
  build<PackOrganization>(
    {
      apiVersion: API_VERSION,
      kind: "PackOrganization",
      metadata: metadata("default", "uid-of-organization"),
      spec: { members: "OwnedDomains", ownedDomains: ["example.com"] },
    },
    changes,
  );

export const organizedBy =
  (spec: Partial<PackOrganizationSpec>): OrganizationChange =>
  (object) => ({ ...object, spec: { ...object.spec, ...spec } });

export const openToMembers = (): OrganizationChange => organizedBy({ defaultAccess: "Members" });
export const acceptingDomains = (maxUnreviewedDomains: number): OrganizationChange =>
  organizedBy({ maxUnreviewedDomains });

// PackReview, PackRequest.

/** Of the pack `crm`, by {@link BEN}; approves nothing yet. */
export const packReview = (name: string, spec: Partial<PackReviewSpec> = {}): PackReview =>
  build<PackReview>(
    {
      apiVersion: API_VERSION,
      kind: "PackReview",
      metadata: metadata(name, `uid-of-${name}`),
      spec: { packRef: { name: "crm" }, reviewDigest: `sha256:${"0".repeat(64)}`, reviewer: BEN, ...spec },
    },
    [],
  );

/** For the pack `crm`, by {@link ANN}; nobody has decided yet. */
export const packRequest = (name: string, spec: Partial<PackRequestSpec> = {}): PackRequest =>
  build<PackRequest>(
    {
      apiVersion: API_VERSION,
      kind: "PackRequest",
      metadata: { ...metadata(name, `uid-of-${name}`), namespace: "team" },
      spec: { packRef: { name: "crm" }, requester: ANN, ...spec },
    },
    [],
  );

export const decidedAs = (decision: "Approved" | "Denied", decisionReason?: string): Partial<PackRequestSpec> => ({
  decision,
  decidedBy: BEN,
  ...(decisionReason === undefined ? {} : { decisionReason }),
});

// PackGroup, PackDoc, PackFolder.

export const packGroup = (name: string, spec: PackGroupSpec, status?: PackGroup["status"]): PackGroup =>
  build<PackGroup>(
    {
      apiVersion: API_VERSION,
      kind: "PackGroup",
      metadata: metadata(name, `uid-of-group-${name}`),
      spec,
      ...(status === undefined ? {} : { status }),
    },
    [],
  );

/** A view of groups that never become stale; a list of several parts is one group. */
export const groupsOf = (members: Readonly<Record<string, readonly string[]>>): GroupView =>
  viewing(...Object.entries(members).map(([name, list]) => packGroup(name, { members: list })));

/** What the rules see of these groups at {@link NOW}, all of which are listed. */
export const viewing = (...groups: readonly PackGroup[]): GroupView => {
  const parts = Map.groupBy(groups.map(groupPart), ({ group }) => group);
  return viewGroups((group) => parts.get(group) ?? [], true, NOW);
};

/** The namespace `team` as a doc. */
export const namespaceOwnedBy = (owner: Lookup<string>): Lookup<Doc> => found(namespaceDoc("team", owner));

/** In the namespace `team`, owned by {@link ANN}, shared with nobody else. */
export const packDocObject = (name: string, spec: Partial<PackDocSpec> = {}): PackDoc =>
  build<PackDoc>(
    {
      apiVersion: API_VERSION,
      kind: "PackDoc",
      metadata: { ...metadata(name, `uid-of-doc-${name}`), namespace: "team" },
      spec: { owner: ANN, ...spec },
    },
    [],
  );

/** In the namespace `team`, at the top, shared with nobody. */
export const packFolder = (name: string, spec: PackFolderSpec = {}): PackFolder =>
  build<PackFolder>(
    {
      apiVersion: API_VERSION,
      kind: "PackFolder",
      metadata: { ...metadata(name, `uid-of-folder-${name}`), namespace: "team" },
      spec,
    },
    [],
  );

export const share = (kind: Share["kind"], name = "*"): Share => ({ kind, name, role: "Viewer" });

/** The doc as the rules see it, in these folders of its namespace. */
export const docIn = (doc: PackDoc, ...folders: readonly PackFolder[]): Lookup<Doc> =>
  found(
    packDoc(
      doc,
      audienceOf(doc, (name) => lookup(folders.find((it) => it.metadata.name === name))),
      [doc],
    ),
  );

// Worlds.

/**
 * What the rules look at for one install. Without overrides: {@link ANN}, a member, installs `crm`, which exists; the
 * only configuration admits every member.
 */
export const installInput = (overrides: Partial<InstallInput> = {}): InstallInput =>
  freeze({
    now: NOW,
    install: packInstall("crm"),
    organization: found(organization()),
    definition: found(packDefinition("crm")),
    configurations: [packConfiguration("members")],
    configurationsKnown: true,
    siblings: [],
    reviews: [],
    reviewsKnown: true,
    requests: [],
    requestsKnown: true,
    doc: namespaceOwnedBy(absent),
    groups: groupsOf({}),
    accounts: [],
    accountsKnown: true,
    unvouched: undefined,
    granted: undefined,
    grantedToPack: [],
    widenedBy: [],
    rules: RULES,
    ...overrides,
  });

/** What a stored grant lets reach, for {@link InstallInput.granted}. */
export const granting = (...hosts: readonly string[]): NonNullable<InstallInput["granted"]> => ({
  hosts,
  members: "OwnedDomains",
  ownedDomains: ["example.com"],
});
