/** A world of parsed objects instead of a cluster: what the rules look at, gathered without one. */
import { API_VERSION, NAMESPACE, NETWORK_POLICY, PACK_KINDS } from "../api/kinds.ts";
import { type KubeObject, keyOf } from "../api/meta.ts";
import { ANNOTATION, ORGANIZATION_NAME, SANDBOX_NAMESPACE } from "../api/names.ts";
import type { PackConfiguration, PackDefinition, PackInstall, PackOrganization } from "../api/v1alpha1/index.ts";
import type { NetworkPolicy } from "../api/wire.ts";
import { docOf, type InstallInput } from "../policy/input.ts";
import { organizationProblem } from "../policy/organization.ts";
import { absent, found, type Lookup, lookup, unknown } from "../policy/truth.ts";
import { childNameOf } from "../resources/identity.ts";
import { observePolicy } from "../resources/observed.ts";
import { wideningPolicies } from "../resources/reach.ts";
import { podLabels } from "../resources/sandbox-pod.ts";
import { domainRules, type Settings } from "../resources/settings.ts";

/** What only a cluster gives out. */
export const ZERO_UID = "00000000-0000-0000-0000-000000000000";

/** Objects of a cluster that is empty but for what was given, as the API server stored them a moment ago. */
export type OfflineWorld = {
  readonly organization: Lookup<PackOrganization>;
  readonly definitions: ReadonlyMap<string, PackDefinition>;
  readonly configurations: readonly PackConfiguration[];
  /** In the order in which they were given, which is the order in which they were made. */
  readonly installs: readonly PackInstall[];
  /** The same by pack and doc. */
  readonly installsByDoc: ReadonlyMap<string, readonly PackInstall[]>;
  /** The owners of namespaces that are docs. */
  readonly owners: ReadonlyMap<string, string>;
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

/** The objects must be valid. Of several with one name the last counts. `namespace`: of objects that name none. */
export const buildWorld = (objects: readonly KubeObject[], namespace: string): OfflineWorld => {
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
    organization: usable(organizations.find(({ metadata }) => metadata.name === ORGANIZATION_NAME)),
    definitions: new Map(ours<PackDefinition>("PackDefinition").map((it) => [it.metadata.name, it])),
    configurations: ours<PackConfiguration>("PackConfiguration"),
    installs,
    installsByDoc: Map.groupBy(installs, docKey),
    owners: ownersIn(objects),
    foreignPolicies: objects
      .filter(isSandboxPolicy)
      .map(observePolicy)
      .flatMap(({ metadata, foreign }) => (foreign === undefined ? [] : [{ metadata, spec: foreign }])),
  };
};

/** An organization with switches that this version does not enforce is no help. */
const usable = (organization: PackOrganization | undefined): Lookup<PackOrganization> => {
  const wrong = organization === undefined ? undefined : organizationProblem(organization);
  return wrong === undefined ? lookup(organization) : unknown(wrong.message);
};

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
  now: 0,
  install,
  organization: world.organization,
  definition: lookup(world.definitions.get(install.spec.packRef.name)),
  configurations: world.configurations,
  configurationsKnown: true,
  siblings: (world.installsByDoc.get(docKey(install)) ?? []).filter((other) => other !== install),
  docOwner: ownerOf(world, install),
  granted: undefined,
  widenedBy: wideningPolicies(world.foreignPolicies, [podLabels(install)], {
    name: childNameOf(install),
    uid: install.metadata.uid ?? "",
  }),
  rules: domainRules(settings),
});

const ownerOf = ({ owners }: OfflineWorld, install: PackInstall): Lookup<string> => {
  const owner = owners.get(install.metadata.namespace ?? "");
  return owner === undefined ? absent : found(owner);
};
