/**
 * From the stores to the one value that the rules look at. Reads only; decides nothing. What a store shows counts; that
 * something is absent counts only if the store is synced.
 */
import { ORGANIZATION_NAME, SANDBOX_NAMESPACE, SYSTEM_NAMESPACE } from "../api/names.ts";
import type {
  PackAccount,
  PackConfiguration,
  PackDefinition,
  PackDoc,
  PackFolder,
  PackInstall,
  PackOrganization,
  PackReview,
} from "../api/v1alpha1/index.ts";
import { audienceOf } from "../policy/audience.ts";
import { type DefinitionFacts, evaluateDefinition } from "../policy/definition.ts";
import { claimsOf, type Doc, namespaceDoc, packDoc } from "../policy/doc.ts";
import { type GroupView, viewGroups } from "../policy/groups.ts";
import type { InstallInput } from "../policy/input.ts";
import { type Problem, problem } from "../policy/problem.ts";
import { vouchedReviews } from "../policy/review.ts";
import { absent, found, type Lookup, unknown } from "../policy/truth.ts";
import { admissionProblem } from "../resources/admission.ts";
import { childNameOf } from "../resources/identity.ts";
import type { ObservedPod } from "../resources/observed.ts";
import type { Children } from "../resources/plan.ts";
import { type Labels, wideningPolicies } from "../resources/reach.ts";
import { podLabels } from "../resources/sandbox-pod.ts";
import { domainRules, type Settings } from "../resources/settings.ts";
import type { Informer } from "../runtime/informer.ts";
import { grantedHosts } from "./granted-hosts.ts";
import { ANY, docKey, type World } from "./world.ts";

const read = <T>(informer: Informer<T>, key: string): Lookup<T> => {
  const value = informer.store.get(key);
  if (value !== undefined) return found(value);
  return informer.synced() ? absent : unknown(`${informer.resource.kind} objects cannot be listed at present`);
};

export const gatherOrganization = (world: World): Lookup<PackOrganization> =>
  read(world.organizations, ORGANIZATION_NAME);

/** What a store shows counts; a group that is not there has no members only if the groups are synced. `now`: ms since 1970. */
export const gatherGroups = ({ groups }: World, now: number): GroupView =>
  viewGroups((group) => groups.store.by("group", group).map(({ part }) => part), groups.synced(), now);

export const gatherChildren = (world: World, install: PackInstall): Children => {
  const name = childNameOf(install);
  return {
    grant: world.grants.store.get(`${SYSTEM_NAMESPACE}/${name}`),
    networkPolicy: world.policies.store.get(`${SANDBOX_NAMESPACE}/${name}`),
    pod: world.pods.store.get(`${SANDBOX_NAMESPACE}/${name}`),
  };
};

/**
 * Every configuration of the pack; of an install that is bound to one, that one and those that concern it all the same:
 * denials, and configurations on trial. Whether accounts may be connected depends on all of them, too.
 */
const configurationsFor = (
  { configurations: { store } }: World,
  install: PackInstall,
): readonly PackConfiguration[] => {
  const pack = install.spec.packRef.name;
  const binding = install.status?.boundConfiguration;
  const bySelector = store.by("selector", ANY);
  const needsAll = binding === undefined || binding.builtIn === true || (install.spec.accountRefs ?? []).length > 0;
  if (needsAll) return [...store.by("pack", pack), ...bySelector];
  const bound = store.get(binding.name);
  return [...new Set([...(bound === undefined ? [] : [bound]), ...store.by("apart", pack), ...bySelector])];
};

const ownerOf = (world: World, namespace: string): Lookup<string> => {
  const observed = read(world.namespaces, namespace);
  if (observed.state !== "found") return observed;
  return observed.value.owner === undefined ? absent : found(observed.value.owner);
};

/** The folders of one namespace, by name. */
export const foldersOf =
  (world: World, namespace: string) =>
  (name: string): Lookup<PackFolder> =>
    read(world.folders, `${namespace}/${name}`);

/** The PackDocs of the cluster that claim something that this one claims, too. */
export const claimantsOf = ({ docs: { store } }: World, doc: PackDoc): readonly PackDoc[] =>
  claimsOf(doc).flatMap((claim) => store.by("claim", claim));

const gatherDoc = (world: World, install: PackInstall): Lookup<Doc> => {
  const namespace = install.metadata.namespace ?? "";
  const name = install.spec.docRef?.name;
  if (name === undefined) return found(namespaceDoc(namespace, ownerOf(world, namespace)));
  if (!world.docs.synced()) return unknown("PackDoc objects cannot be listed at present");
  const doc = world.docs.store.get(`${namespace}/${name}`);
  if (doc === undefined) return absent;
  return found(packDoc(doc, audienceOf(doc, foldersOf(world, namespace)), claimantsOf(world, doc)));
};

const accountsFor = ({ accounts: { store } }: World, { metadata, spec }: PackInstall): readonly PackAccount[] =>
  (spec.accountRefs ?? []).flatMap(({ name, namespace = metadata.namespace }) => {
    const account = store.get(`${namespace}/${name}`);
    return account === undefined ? [] : [account];
  });

/**
 * Why nobody vouches for the names in objects; undefined while the admission policies are in force, or where nobody asks
 * for them.
 */
export const gatherUnvouched = (
  { admissionBindings, admissionPolicies }: World,
  { admission }: Settings,
): Problem | undefined => {
  if (admission === "Unchecked") return undefined;
  if (!admissionPolicies.synced() || !admissionBindings.synced()) {
    return problem(
      "AdmissionMissing",
      "the admission policies cannot be listed at present, so nobody vouches for names.",
    );
  }
  return admissionProblem(admissionPolicies.store.list(), admissionBindings.store.list());
};

/** The reviews of a pack that count for what is decided now. */
export const gatherReviews = (
  { reviews }: World,
  pack: string,
  unvouched: Problem | undefined,
): readonly PackReview[] => vouchedReviews(reviews.store.by("pack", pack), unvouched);

/** Every domain that was effective: what the status remembers, and what any install of the pack has been granted since. */
export const gatherKnownDomains = ({ grants }: World, { metadata, status }: PackDefinition): readonly string[] => {
  return [...new Set([...(status?.knownDomains ?? []), ...grantedHosts(grants, metadata.name)])].sort();
};

/** What of a definition is in effect at `now` (milliseconds since 1970). */
export const gatherFacts = (
  world: World,
  definition: PackDefinition,
  settings: Settings,
  now: number,
): DefinitionFacts =>
  evaluateDefinition({
    definition,
    organization: gatherOrganization(world),
    known: gatherKnownDomains(world, definition),
    reviews: gatherReviews(world, definition.metadata.name, gatherUnvouched(world, settings)),
    now,
    rules: domainRules(settings),
  });

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
  const unvouched = gatherUnvouched(world, settings);
  return {
    now,
    install,
    organization: gatherOrganization(world),
    definition: read(world.definitions, install.spec.packRef.name),
    configurations: configurationsFor(world, install),
    configurationsKnown: world.configurations.synced(),
    siblings: siblingsOf(world, install),
    reviews: gatherReviews(world, install.spec.packRef.name, unvouched),
    reviewsKnown: world.reviews.synced(),
    requests: world.requests.store.by("pack", install.spec.packRef.name),
    requestsKnown: world.requests.synced(),
    doc: gatherDoc(world, install),
    groups: gatherGroups(world, now),
    accounts: accountsFor(world, install),
    accountsKnown: world.accounts.synced(),
    unvouched,
    granted: grant?.granted,
    grantedToPack: grantedHosts(world.grants, install.spec.packRef.name),
    widenedBy: widenedBy(world, install, pod),
    rules: domainRules(settings),
  };
};
