/**
 * From the stores to the one value that the rules look at. Reads only; decides nothing. What a store shows counts; that
 * something is absent counts only if the store is synced.
 */
import { ORGANIZATION_NAME, SANDBOX_NAMESPACE, SYSTEM_NAMESPACE } from "../api/names.ts";
import type { PackConfiguration, PackInstall, PackOrganization } from "../api/v1alpha1/index.ts";
import type { InstallInput } from "../policy/input.ts";
import { organizationProblem } from "../policy/organization.ts";
import { absent, found, type Lookup, unknown } from "../policy/truth.ts";
import { childNameOf } from "../resources/identity.ts";
import type { ObservedPod } from "../resources/observed.ts";
import type { Children } from "../resources/plan.ts";
import { type Labels, wideningPolicies } from "../resources/reach.ts";
import { podLabels } from "../resources/sandbox-pod.ts";
import { domainRules, type Settings } from "../resources/settings.ts";
import type { Informer } from "../runtime/informer.ts";
import { ANY, docKey, type World } from "./world.ts";

const read = <T>(informer: Informer<T>, key: string): Lookup<T> => {
  const value = informer.store.get(key);
  if (value !== undefined) return found(value);
  return informer.synced() ? absent : unknown(`${informer.resource.kind} objects cannot be listed at present`);
};

/** The organization, unless it has switches that this version does not enforce. */
export const gatherOrganization = (world: World): Lookup<PackOrganization> => {
  const organization = read(world.organizations, ORGANIZATION_NAME);
  if (organization.state !== "found") return organization;
  const wrong = organizationProblem(organization.value);
  return wrong === undefined ? organization : unknown(wrong.message);
};

export const gatherChildren = (world: World, install: PackInstall): Children => {
  const name = childNameOf(install);
  return {
    grant: world.grants.store.get(`${SYSTEM_NAMESPACE}/${name}`),
    networkPolicy: world.policies.store.get(`${SANDBOX_NAMESPACE}/${name}`),
    pod: world.pods.store.get(`${SANDBOX_NAMESPACE}/${name}`),
  };
};

const configurationsFor = (
  { configurations: { store } }: World,
  install: PackInstall,
): readonly PackConfiguration[] => [...store.by("pack", install.spec.packRef.name), ...store.by("selector", ANY)];

const ownerOf = (world: World, install: PackInstall): Lookup<string> => {
  const namespace = read(world.namespaces, install.metadata.namespace ?? "");
  if (namespace.state !== "found") return namespace;
  return namespace.value.owner === undefined ? absent : found(namespace.value.owner);
};

const siblingsOf = ({ installs: { store } }: World, install: PackInstall): readonly PackInstall[] =>
  store
    .by("doc", docKey(install))
    .filter(({ metadata }) => metadata.uid !== install.metadata.uid && metadata.deletionTimestamp === undefined);

const foreignPolicies = ({ policies: { store } }: World) =>
  store
    .by("foreign", ANY)
    .flatMap(({ metadata, foreign }) => (foreign === undefined ? [] : [{ metadata, spec: foreign }]));

/** The labels that the sandbox's pod should have, and those that it has: a policy may select it by either. */
const labelsOf = (install: PackInstall, pod: ObservedPod | undefined): readonly Labels[] => [
  podLabels(install),
  ...(pod?.metadata.labels === undefined ? [] : [pod.metadata.labels]),
];

/** The names of the foreign policies that widen what the install's sandbox reaches. */
export const widenedBy = (world: World, install: PackInstall, pod: ObservedPod | undefined): readonly string[] =>
  wideningPolicies(foreignPolicies(world), labelsOf(install, pod), {
    name: childNameOf(install),
    uid: install.metadata.uid ?? "",
  });

/** `now`: milliseconds since 1970. */
export const gatherInput = (world: World, install: PackInstall, settings: Settings, now: number): InstallInput => {
  const { grant, pod } = gatherChildren(world, install);
  return {
    now,
    install,
    organization: gatherOrganization(world),
    definition: read(world.definitions, install.spec.packRef.name),
    configurations: configurationsFor(world, install),
    configurationsKnown: world.configurations.synced(),
    siblings: siblingsOf(world, install),
    docOwner: ownerOf(world, install),
    granted: grant?.granted,
    widenedBy: widenedBy(world, install, pod),
    rules: domainRules(settings),
  };
};
