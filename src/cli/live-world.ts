/**
 * A cluster as one user sees it at one moment: what the rules look at, from one list of each kind instead of the
 * controller's stores.
 *
 * Guarantees: what the cluster stored is kept (statuses, UIDs, times); what the user may not list is unknown to the
 * rules, never absent, and {@link LiveWorld} says so.
 */
import {
  NAMESPACE,
  NETWORK_POLICY,
  PACK_GRANT,
  PACK_INSTALL,
  PACK_KINDS,
  POD,
  type Resource,
  VALIDATING_ADMISSION_POLICY,
  VALIDATING_ADMISSION_POLICY_BINDING,
} from "../api/kinds.ts";
import { type KubeObject, keyOf } from "../api/meta.ts";
import { ANNOTATION, LABEL, ORGANIZATION_NAME, SANDBOX_NAMESPACE, SYSTEM_NAMESPACE } from "../api/names.ts";
import type {
  Condition,
  PackAccount,
  PackConfiguration,
  PackDefinition,
  PackDoc,
  PackFolder,
  PackGrant,
  PackGroup,
  PackInstall,
  PackOrganization,
  PackRequest,
  PackReview,
} from "../api/v1alpha1/index.ts";
import type { NetworkPolicy } from "../api/wire.ts";
import type { Client } from "../kube/client.ts";
import { isForbidden, isNotFound, isNotServed } from "../kube/errors.ts";
import { audienceOf } from "../policy/audience.ts";
import { claimsOf, type Doc, namespaceDoc, packDoc } from "../policy/doc.ts";
import { type GroupPart, groupPart, viewGroups } from "../policy/groups.ts";
import { docOf, type Granted, type InstallInput } from "../policy/input.ts";
import { type Problem, problem } from "../policy/problem.ts";
import { vouchedReviews } from "../policy/review.ts";
import { absent, found, type Lookup, unknown } from "../policy/truth.ts";
import { admissionProblem } from "../resources/admission.ts";
import {
  observeAdmissionBinding,
  observeAdmissionPolicy,
  type ValidatingAdmissionPolicy,
  type ValidatingAdmissionPolicyBinding,
} from "../resources/admission-observed.ts";
import { conditionOf } from "../resources/conditions.ts";
import { childNameOf } from "../resources/identity.ts";
import { observeGrant, observePolicy } from "../resources/observed.ts";
import { type Labels, wideningPolicies } from "../resources/reach.ts";
import { podLabels } from "../resources/sandbox-pod.ts";
import { domainRules, type Settings } from "../resources/settings.ts";
import { CALL_TIMEOUT_MS, listAll } from "./cluster.ts";

/** Why not all objects of a kind are there. */
export type Hidden = {
  /** A clause: `you may not list PackReview objects`. */
  readonly why: string;
  /** The namespace whose objects are all there nevertheless. */
  readonly except?: string;
};

export type LiveWorld = {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** By kind. What is not in it is complete. */
  readonly hidden: ReadonlyMap<string, Hidden>;
  readonly objects: readonly KubeObject[];
  /** In the order of the API server. */
  readonly installs: readonly PackInstall[];
  /** By what {@link packAndDoc} gives. */
  readonly installsByDoc: ReadonlyMap<string, readonly PackInstall[]>;
  readonly organization: Lookup<PackOrganization>;
  /** By name. */
  readonly definitions: ReadonlyMap<string, PackDefinition>;
  readonly configurations: readonly PackConfiguration[];
  /** By the name of the group. */
  readonly groups: ReadonlyMap<string, readonly GroupPart[]>;
  /** By the name of the pack, as the next one. */
  readonly reviews: ReadonlyMap<string, readonly PackReview[]>;
  readonly requests: ReadonlyMap<string, readonly PackRequest[]>;
  /** By `namespace/name`, as the next two. */
  readonly docs: ReadonlyMap<string, PackDoc>;
  readonly folders: ReadonlyMap<string, PackFolder>;
  readonly accounts: ReadonlyMap<string, PackAccount>;
  /** The PackDocs that make a claim. */
  readonly claimants: ReadonlyMap<string, readonly PackDoc[]>;
  /** The owners of namespaces that are docs. */
  readonly owners: ReadonlyMap<string, string>;
  /** By the name of the install's objects, as the labels of pods. */
  readonly grants: ReadonlyMap<string, PackGrant>;
  readonly podLabels: ReadonlyMap<string, Labels>;
  readonly foreignPolicies: readonly Pick<NetworkPolicy, "metadata" | "spec">[];
  /** Why nobody vouches for the names in objects; undefined while somebody does. */
  readonly unvouched: Problem | undefined;
};

// Reading.

type Part = { readonly resource: Resource; readonly namespace?: string; readonly metadataOnly?: true };

const PARTS: readonly Part[] = [
  ...PACK_KINDS.filter((resource) => resource !== PACK_GRANT).map((resource) => ({ resource })),
  { resource: PACK_GRANT, namespace: SYSTEM_NAMESPACE },
  { resource: NETWORK_POLICY, namespace: SANDBOX_NAMESPACE },
  { resource: POD, namespace: SANDBOX_NAMESPACE, metadataOnly: true },
  { resource: NAMESPACE, metadataOnly: true },
  { resource: VALIDATING_ADMISSION_POLICY },
  { resource: VALIDATING_ADMISSION_POLICY_BINDING },
];

type Read = { readonly objects: readonly KubeObject[]; readonly hidden?: Hidden };

/**
 * Lists every kind once. `now`: milliseconds since 1970. `namespace`: what may not be listed in the whole cluster is
 * listed there, so that somebody with rights in one namespace sees what is in it.
 * @throws ApiError, TransportError; also where the cluster does not serve this API at all
 */
export const readLiveWorld = async (
  client: Pick<Client, "getMetadata" | "list">,
  now: number,
  namespace?: string,
): Promise<LiveWorld> => {
  const parts = await Promise.all(PARTS.map(async (part) => ({ part, read: await readPart(client, part, namespace) })));
  return buildLiveWorld(
    parts.flatMap(({ read }) => read.objects),
    new Map(
      parts.flatMap(({ part, read }) =>
        read.hidden === undefined ? [] : [[part.resource.kind, read.hidden] as const],
      ),
    ),
    now,
  );
};

const readPart = async (
  client: Pick<Client, "getMetadata" | "list">,
  part: Part,
  own: string | undefined,
): Promise<Read> => {
  const { resource } = part;
  try {
    return { objects: await listPart(client, part) };
  } catch (error) {
    if (isNotServed(error) && resource !== PACK_INSTALL) {
      return { objects: [], hidden: { why: `the cluster does not serve ${resource.kind} objects` } };
    }
    if (!isForbidden(error)) throw error;
    return ownPart(client, part, own);
  }
};

type Listed = KubeObject & { readonly metadata: { readonly managedFields?: unknown } };

/** Lists keep `kind` and `apiVersion` to themselves, and metadata comes under a kind of its own. */
const listPart = async (client: Pick<Client, "list">, part: Part): Promise<readonly KubeObject[]> => {
  const { metadataOnly, namespace, resource } = part;
  const { apiVersion, kind } = resource;
  const items = await listAll<Listed>(client, resource, {
    ...(namespace === undefined ? {} : { namespace }),
    ...(metadataOnly === undefined ? {} : { metadataOnly }),
  });
  return items.map(({ metadata: { managedFields: _, ...metadata }, ...item }) => ({
    ...item,
    metadata,
    apiVersion,
    kind,
  }));
};

/** What somebody sees who has rights in one namespace only. */
const ownPart = async (
  client: Pick<Client, "getMetadata" | "list">,
  part: Part,
  own: string | undefined,
): Promise<Read> => {
  const { resource } = part;
  const why = `you may not list ${resource.kind} objects`;
  const isElsewhere = part.namespace !== undefined || !(resource.namespaced || resource === NAMESPACE);
  if (own === undefined || isElsewhere) return { objects: [], hidden: { why } };
  try {
    const objects =
      resource === NAMESPACE ? await oneNamespace(client, own) : await listPart(client, { ...part, namespace: own });
    return { objects, hidden: { why, except: own } };
  } catch (error) {
    if (isForbidden(error)) return { objects: [], hidden: { why } };
    throw error;
  }
};

const oneNamespace = async (client: Pick<Client, "getMetadata">, name: string): Promise<readonly KubeObject[]> => {
  const { apiVersion, kind } = NAMESPACE;
  try {
    return [{ ...(await client.getMetadata(NAMESPACE, { name }, { timeoutMs: CALL_TIMEOUT_MS })), apiVersion, kind }];
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
};

// Indexing.

/** Of one pack in one doc. */
export const packAndDoc = (pack: string, doc: string): string => `${pack}|${doc}`;

/**
 * A world of these objects: those of a world as they were listed, or changed since. Each is as the API server would give
 * it, with `kind`, defaults, and the status that it has.
 */
export const buildLiveWorld = (objects: readonly KubeObject[], hidden: LiveWorld["hidden"], now: number): LiveWorld => {
  const byKind = Map.groupBy(objects, ({ kind }) => kind);
  const all = <T extends KubeObject>(kind: string): readonly T[] => (byKind.get(kind) ?? []) as unknown as readonly T[];
  const installs = all<PackInstall>("PackInstall");
  const docs = all<PackDoc>("PackDoc");
  const organization = lookIn(
    all<PackOrganization>("PackOrganization").find(({ metadata }) => metadata.name === ORGANIZATION_NAME),
    hidden.get("PackOrganization"),
  );
  return {
    now,
    hidden,
    objects,
    installs,
    installsByDoc: Map.groupBy(installs, (install) => packAndDoc(install.spec.packRef.name, docOf(install))),
    organization,
    definitions: new Map(all<PackDefinition>("PackDefinition").map((it) => [it.metadata.name, it])),
    configurations: all("PackConfiguration"),
    groups: Map.groupBy(all<PackGroup>("PackGroup").map(groupPart), ({ group }) => group),
    reviews: Map.groupBy(all<PackReview>("PackReview"), ({ spec }) => spec.packRef.name),
    requests: Map.groupBy(all<PackRequest>("PackRequest"), ({ spec }) => spec.packRef.name),
    docs: byKey(docs),
    folders: byKey(all("PackFolder")),
    accounts: byKey(all("PackAccount")),
    claimants: claimantsAmong(docs),
    owners: ownersAmong(all(NAMESPACE.kind)),
    grants: new Map(all<PackGrant>("PackGrant").map((it) => [it.metadata.name, it])),
    podLabels: new Map(all(POD.kind).map(({ metadata }) => [metadata.name, metadata.labels ?? {}])),
    foreignPolicies: all<NetworkPolicy>(NETWORK_POLICY.kind)
      .map(observePolicy)
      .flatMap(({ metadata, foreign }) => (foreign === undefined ? [] : [{ metadata, spec: foreign }])),
    unvouched: unvouchedIn(all(VALIDATING_ADMISSION_POLICY.kind), all(VALIDATING_ADMISSION_POLICY_BINDING.kind), {
      organization,
      hidden: hidden.get(VALIDATING_ADMISSION_POLICY.kind) ?? hidden.get(VALIDATING_ADMISSION_POLICY_BINDING.kind),
    }),
  };
};

const byKey = <T extends KubeObject>(objects: readonly T[]): ReadonlyMap<string, T> =>
  new Map(objects.map((object) => [keyOf(object), object]));

const claimantsAmong = (docs: readonly PackDoc[]): ReadonlyMap<string, readonly PackDoc[]> => {
  const claims = docs.flatMap((doc) => claimsOf(doc).map((claim) => ({ claim, doc })));
  const byClaim = Map.groupBy(claims, ({ claim }) => claim);
  return new Map([...byClaim].map(([claim, made]) => [claim, made.map(({ doc }) => doc)]));
};

const ownersAmong = (namespaces: readonly KubeObject[]): ReadonlyMap<string, string> =>
  new Map(
    namespaces.flatMap(({ metadata }) => {
      const owner = metadata.annotations?.[ANNOTATION.owner];
      return owner === undefined ? [] : [[metadata.name, owner] as const];
    }),
  );

/** What the controller says of itself counts: it may have been told not to look. Who may not look takes its word. */
const unvouchedIn = (
  policies: readonly (KubeObject & Partial<ValidatingAdmissionPolicy>)[],
  bindings: readonly (KubeObject & Partial<ValidatingAdmissionPolicyBinding>)[],
  { hidden, organization }: { readonly hidden: Hidden | undefined; readonly organization: LiveWorld["organization"] },
): Problem | undefined => {
  const said = organization.state === "found" ? conditionOf(organization.value, "AdmissionEnforced") : undefined;
  if (said?.reason === "AdmissionUnchecked") return undefined;
  if (hidden !== undefined) return unvouchedAsSaid(said, hidden);
  return admissionProblem(
    policies.map((it) => observeAdmissionPolicy(it as ValidatingAdmissionPolicy)),
    bindings.map((it) => observeAdmissionBinding(it as ValidatingAdmissionPolicyBinding)),
  );
};

const unvouchedAsSaid = (said: Condition | undefined, { why }: Hidden): Problem | undefined => {
  if (said?.status === "True") return undefined;
  return problem(
    "AdmissionMissing",
    said?.message ?? `whether somebody vouches for the names in objects is not known: ${why}.`,
  );
};

// Asking.

const lookIn = <T>(value: T | undefined, hidden: Hidden | undefined, namespace?: string): Lookup<T> => {
  if (value !== undefined) return found(value);
  return isWhole(hidden, namespace) ? absent : unknown(hidden?.why ?? "");
};

/** Whether what is not there is surely absent; of one namespace, if it is given. */
const isWhole = (hidden: Hidden | undefined, namespace?: string): boolean =>
  hidden === undefined || (namespace !== undefined && hidden.except === namespace);

/** Everything that was listed, grants and pods included; of pods and namespaces only the metadata. */
export const liveObjects = ({ objects }: LiveWorld): readonly KubeObject[] => objects;

/**
 * The very input that the controller would gather for an install of this world. Where the user may not see the grant,
 * what the install's status says of its hosts stands for it.
 */
export const liveInput = (world: LiveWorld, install: PackInstall, settings: Settings): InstallInput => {
  const { hidden, now } = world;
  const pack = install.spec.packRef.name;
  const held = heldBack(world);
  const unvouched = settings.admission === "Unchecked" ? undefined : world.unvouched;
  return {
    now,
    install,
    organization: world.organization,
    definition: lookIn(world.definitions.get(pack), hidden.get("PackDefinition")),
    configurations: world.configurations,
    configurationsKnown: isWhole(hidden.get("PackConfiguration")),
    siblings: siblingsOf(world, install),
    reviews: vouchedReviews(world.reviews.get(pack) ?? [], unvouched),
    reviewsKnown: isWhole(hidden.get("PackReview")),
    requests: world.requests.get(pack) ?? [],
    requestsKnown: isWhole(hidden.get("PackRequest")),
    doc: docFor(world, install),
    groups: viewGroups((group) => world.groups.get(group) ?? [], isWhole(hidden.get("PackGroup")), now),
    ...accountsFor(world, install),
    unvouched,
    ...(held === undefined ? {} : { held }),
    granted: grantedTo(world, install),
    grantedToPack: grantedToPack(world, install.spec.packRef.name),
    widenedBy: wideningPolicies(world.foreignPolicies, labelsOf(world, install), {
      name: childNameOf(install),
      uid: install.metadata.uid ?? "",
    }),
    rules: domainRules(settings),
  };
};

const siblingsOf = ({ installsByDoc }: LiveWorld, install: PackInstall): readonly PackInstall[] =>
  (installsByDoc.get(packAndDoc(install.spec.packRef.name, docOf(install))) ?? []).filter(
    ({ metadata }) => keyOf({ metadata }) !== keyOf(install) && metadata.deletionTimestamp === undefined,
  );

const docFor = (world: LiveWorld, install: PackInstall): Lookup<Doc> => {
  const { claimants, docs, folders, hidden, owners } = world;
  const namespace = install.metadata.namespace ?? "";
  const name = install.spec.docRef?.name;
  if (name === undefined) {
    return found(namespaceDoc(namespace, lookIn(owners.get(namespace), hidden.get(NAMESPACE.kind), namespace)));
  }
  const doc = lookIn(docs.get(`${namespace}/${name}`), hidden.get("PackDoc"), namespace);
  if (doc.state !== "found") return doc;
  const audience = audienceOf(doc.value, (folder) =>
    lookIn(folders.get(`${namespace}/${folder}`), hidden.get("PackFolder"), namespace),
  );
  const rivals = claimsOf(doc.value).flatMap((claim) => claimants.get(claim) ?? []);
  return found(packDoc(doc.value, audience, rivals));
};

const accountsFor = (
  { accounts, hidden }: LiveWorld,
  { metadata, spec }: PackInstall,
): Pick<InstallInput, "accounts" | "accountsKnown"> => {
  const named = (spec.accountRefs ?? []).map(({ name, namespace = metadata.namespace ?? "" }) => {
    const account = accounts.get(`${namespace}/${name}`);
    return { account, known: account !== undefined || isWhole(hidden.get("PackAccount"), namespace) };
  });
  return {
    accounts: named.flatMap(({ account }) => account ?? []),
    accountsKnown: named.every(({ known }) => known),
  };
};

const grantedTo = ({ grants, hidden, organization }: LiveWorld, install: PackInstall): Granted | undefined => {
  const grant = grants.get(childNameOf(install));
  if (grant !== undefined) return observeGrant(grant).granted;
  const { hosts } = install.status ?? {};
  if (hosts === undefined || isWhole(hidden.get(PACK_GRANT.kind))) return undefined;
  const { members = "OwnedDomains", ownedDomains = [] } = organization.state === "found" ? organization.value.spec : {};
  return { hosts, members, ownedDomains };
};

const grantedToPack = ({ grants }: LiveWorld, pack: string): readonly string[] => {
  const ofPack = [...grants.values()].filter(({ metadata }) => metadata.labels?.[LABEL.pack] === pack);
  return [...new Set(ofPack.flatMap(({ spec }) => (spec.hosts ?? []).map(({ domain }) => domain)))].sort();
};

const labelsOf = (world: LiveWorld, install: PackInstall): readonly Labels[] => {
  const labels = world.podLabels.get(childNameOf(install));
  return [podLabels(install), ...(labels === undefined ? [] : [labels])];
};

/** While the uninstall guard has stopped, nothing is uninstalled. */
const heldBack = ({ organization }: LiveWorld): Problem | undefined => {
  if (organization.state !== "found" || organization.value.status?.uninstallGuard?.paused !== true) return undefined;
  const paused = conditionOf(organization.value, "UninstallPaused");
  return problem("UninstallPaused", paused?.message ?? "");
};

/** What of a world the user cannot see, a clause for each, sorted. */
export const blindSpots = ({ hidden }: LiveWorld): readonly string[] =>
  [...hidden.values()]
    .map(({ except, why }) => (except === undefined ? why : `${why} outside of the namespace '${except}'`))
    .sort();
