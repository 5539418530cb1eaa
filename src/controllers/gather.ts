/**
 * From the stores to the one value that the rules look at. Reads only; decides nothing.
 * The stores must be synced: in one that is not, absence means nothing.
 */
import { ORGANIZATION_NAME, SANDBOX_NAMESPACE, SYSTEM_NAMESPACE } from "../api/names.ts";
import type { PackConfiguration, PackInstall, PackOrganization } from "../api/v1alpha1/index.ts";
import type { DomainRules } from "../policy/host.ts";
import type { InstallInput } from "../policy/input.ts";
import { organizationProblem } from "../policy/organization.ts";
import { absent, found, type Lookup, lookup, unknown } from "../policy/truth.ts";
import { childNameOf } from "../resources/identity.ts";
import type { Children } from "../resources/plan.ts";
import { wideningPolicies } from "../resources/reach.ts";
import { podLabels } from "../resources/sandbox-pod.ts";
import type { Settings } from "../resources/settings.ts";
import { ANY, docKey, type World } from "./world.ts";

export const domainRules = ({ clusterDomain, testMode }: Settings): DomainRules => ({ clusterDomain, testMode });

/** The organization, unless it has switches that this version does not enforce. */
export const gatherOrganization = (world: World): Lookup<PackOrganization> => {
  const organization = lookup(world.organizations.store.get(ORGANIZATION_NAME));
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
  const owner = world.namespaces.store.get(install.metadata.namespace ?? "")?.owner;
  return owner === undefined ? absent : found(owner);
};

const siblingsOf = ({ installs: { store } }: World, install: PackInstall): readonly PackInstall[] =>
  store
    .by("doc", docKey(install))
    .filter(({ metadata }) => metadata.uid !== install.metadata.uid && metadata.deletionTimestamp === undefined);

export const foreignPolicies = ({ policies: { store } }: World) =>
  store
    .by("foreign", ANY)
    .flatMap(({ metadata, foreign }) => (foreign === undefined ? [] : [{ metadata, spec: foreign }]));

/** `now`: milliseconds since 1970. */
export const gatherInput = (world: World, install: PackInstall, settings: Settings, now: number): InstallInput => {
  const { grant } = gatherChildren(world, install);
  return {
    now,
    install,
    organization: gatherOrganization(world),
    definition: lookup(world.definitions.store.get(install.spec.packRef.name)),
    configurations: configurationsFor(world, install),
    siblings: siblingsOf(world, install),
    docOwner: ownerOf(world, install),
    granted: grant?.granted,
    widenedBy: wideningPolicies(foreignPolicies(world), podLabels(install), {
      name: childNameOf(install),
      uid: install.metadata.uid ?? "",
    }),
    rules: domainRules(settings),
  };
};
