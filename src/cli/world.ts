/** A world of parsed objects instead of a cluster: what the rules look at, gathered without one. */
import { API_VERSION, NAMESPACE, NETWORK_POLICY, PACK_KINDS } from "../api/kinds.ts";
import { type KubeObject, keyOf } from "../api/meta.ts";
import { ANNOTATION, ORGANIZATION_NAME, SANDBOX_NAMESPACE } from "../api/names.ts";
import type {
  PackAccount,
  PackConfiguration,
  PackDefinition,
  PackDoc,
  PackFolder,
  PackGroup,
  PackInstall,
  PackOrganization,
  PackRequest,
  PackReview,
} from "../api/v1alpha1/index.ts";
import type { NetworkPolicy } from "../api/wire.ts";
import { audienceOf } from "../policy/audience.ts";
import { type Doc, namespaceDoc, packDoc } from "../policy/doc.ts";
import { type GroupPart, groupPart, viewGroups } from "../policy/groups.ts";
import { docOf, type InstallInput } from "../policy/input.ts";
import { absent, found, type Lookup, lookup } from "../policy/truth.ts";
import { childNameOf } from "../resources/identity.ts";
import { observePolicy } from "../resources/observed.ts";
import { wideningPolicies } from "../resources/reach.ts";
import { podLabels } from "../resources/sandbox-pod.ts";
import { domainRules, type Settings } from "../resources/settings.ts";

/** What only a cluster gives out. */
export const ZERO_UID = "00000000-0000-0000-0000-000000000000";

/** Objects of a cluster that is empty but for what was given, as the API server stored them a moment ago. */
export type OfflineWorld = {
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly organization: Lookup<PackOrganization>;
  readonly definitions: ReadonlyMap<string, PackDefinition>;
  readonly configurations: readonly PackConfiguration[];
  /** In the order in which they were given, which is the order in which they were made. */
  readonly installs: readonly PackInstall[];
  /** The same by pack and doc. */
  readonly installsByDoc: ReadonlyMap<string, readonly PackInstall[]>;
  /** The owners of namespaces that are docs. */
  readonly owners: ReadonlyMap<string, string>;
  readonly reviews: readonly PackReview[];
  readonly requests: readonly PackRequest[];
  /** By the name of the group. */
  readonly groups: ReadonlyMap<string, readonly GroupPart[]>;
  /** By `namespace/name`, as the next two. */
  readonly docs: ReadonlyMap<string, PackDoc>;
  readonly folders: ReadonlyMap<string, PackFolder>;
  readonly accounts: ReadonlyMap<string, PackAccount>;
  readonly foreignPolicies: readonly Pick<NetworkPolicy, "metadata" | "spec">[];
};

/** Objects without a time come after those that have one, in the order in which they were given. */
const madeAt = (order: number): string => new Date(Date.UTC(9000, 0, 1) + order * 1000).toISOString();

/** A new object: no status, generation 1. Its defaults must be filled in already. */
const stored = <T extends KubeObject>(object: T, order: number, namespace: string): T => {
  const { status: _, ...written } = object as T & { readonly status?: unknown };
  const namespaced = PACK_KINDS.find(({ kind }) => kind === object.kind)?.namespaced === true;
  const { namespace: given, ...metadata } = object.metadata;
  return {
    ...written,
    metadata: {
      ...metadata,
      ...(namespaced ? { namespace: given ?? namespace } : {}),
      uid: metadata.uid ?? ZERO_UID,
      generation: 1,
      creationTimestamp: metadata.creationTimestamp ?? madeAt(order),
    },
  } as unknown as T;
};

const lastOf = <T extends KubeObject>(objects: readonly T[]): readonly T[] => [
  ...new Map(objects.map((object) => [keyOf(object), object])).values(),
];

const docKey = (install: PackInstall): string => `${install.spec.packRef.name}|${docOf(install)}`;

/** The objects must be valid. Of several with one name the last counts. `namespace`: of objects that name none; `now`: milliseconds since 1970. */
export const buildWorld = (objects: readonly KubeObject[], namespace: string, now: number): OfflineWorld => {
  const ours = <T extends KubeObject>(kind: string): readonly T[] =>
    lastOf(
      objects
        .map((object, order) => ({ object, order }))
        .filter(({ object }) => object.apiVersion === API_VERSION && object.kind === kind)
        .map(({ object, order }) => stored(object as T, order, namespace)),
    );
  const organizations = ours<PackOrganization>("PackOrganization");
  const installs = ours<PackInstall>("PackInstall");
  return {
    now,
    organization: lookup(organizations.find(({ metadata }) => metadata.name === ORGANIZATION_NAME)),
    definitions: new Map(ours<PackDefinition>("PackDefinition").map((it) => [it.metadata.name, it])),
    configurations: ours<PackConfiguration>("PackConfiguration"),
    installs,
    installsByDoc: Map.groupBy(installs, docKey),
    owners: ownersIn(objects),
    reviews: ours<PackReview>("PackReview"),
    requests: ours<PackRequest>("PackRequest"),
    groups: Map.groupBy(ours<PackGroup>("PackGroup").map(groupPart), ({ group }) => group),
    docs: byKey(ours<PackDoc>("PackDoc")),
    folders: byKey(ours<PackFolder>("PackFolder")),
    accounts: byKey(ours<PackAccount>("PackAccount")),
    foreignPolicies: objects
      .filter(isSandboxPolicy)
      .map(observePolicy)
      .flatMap(({ metadata, foreign }) => (foreign === undefined ? [] : [{ metadata, spec: foreign }])),
  };
};

const byKey = <T extends KubeObject>(objects: readonly T[]): ReadonlyMap<string, T> =>
  new Map(objects.map((object) => [keyOf(object), object]));

const ownersIn = (objects: readonly KubeObject[]): ReadonlyMap<string, string> =>
  new Map(
    objects
      .filter(({ apiVersion, kind }) => apiVersion === NAMESPACE.apiVersion && kind === NAMESPACE.kind)
      .flatMap(({ metadata }): [string, string][] => {
        const owner = metadata.annotations?.[ANNOTATION.owner];
        return typeof owner === "string" ? [[metadata.name, owner]] : [];
      }),
  );

const isSandboxPolicy = (object: KubeObject): object is NetworkPolicy =>
  object.apiVersion === NETWORK_POLICY.apiVersion &&
  object.kind === NETWORK_POLICY.kind &&
  object.metadata.namespace === SANDBOX_NAMESPACE;

/** The very input that the controller would gather for a new install, before it has written anything. */
export const inputFor = (world: OfflineWorld, install: PackInstall, settings: Settings): InstallInput => ({
  now: world.now,
  install,
  organization: world.organization,
  definition: lookup(world.definitions.get(install.spec.packRef.name)),
  configurations: world.configurations,
  configurationsKnown: true,
  siblings: (world.installsByDoc.get(docKey(install)) ?? []).filter((other) => other !== install),
  reviews: world.reviews.filter(({ spec }) => spec.packRef.name === install.spec.packRef.name),
  reviewsKnown: true,
  requests: world.requests.filter(({ spec }) => spec.packRef.name === install.spec.packRef.name),
  requestsKnown: true,
  doc: docFor(world, install),
  groups: viewGroups((group) => world.groups.get(group) ?? [], true, world.now),
  accounts: accountsFor(world, install),
  accountsKnown: true,
  unvouched: undefined,
  granted: undefined,
  grantedToPack: [],
  widenedBy: wideningPolicies(world.foreignPolicies, [podLabels(install)], {
    name: childNameOf(install),
    uid: install.metadata.uid ?? "",
  }),
  rules: domainRules(settings),
});

const docFor = ({ docs, folders, owners }: OfflineWorld, install: PackInstall): Lookup<Doc> => {
  const namespace = install.metadata.namespace ?? "";
  const name = install.spec.docRef?.name;
  if (name === undefined) return found(namespaceDoc(namespace, lookup(owners.get(namespace))));
  const doc = docs.get(`${namespace}/${name}`);
  if (doc === undefined) return absent;
  const audience = audienceOf(doc, (folder) => lookup(folders.get(`${namespace}/${folder}`)));
  return found(packDoc(doc, audience, [...docs.values()]));
};

const accountsFor = ({ accounts }: OfflineWorld, { metadata, spec }: PackInstall): readonly PackAccount[] =>
  (spec.accountRefs ?? []).flatMap(({ name, namespace = metadata.namespace }) => {
    const account = accounts.get(`${namespace}/${name}`);
    return account === undefined ? [] : [account];
  });
