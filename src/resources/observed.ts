/**
 * What the controller keeps of generated objects: enough to see every difference from what it wants, and no more.
 * Ten thousand installs with their children must fit into memory.
 */
import type { KubeObject, ObjectMeta } from "../api/meta.ts";
import { ANNOTATION, LABEL } from "../api/names.ts";
import { isReason } from "../api/reasons.ts";
import type { PackGrant } from "../api/v1alpha1/index.ts";
import type { NetworkPolicy, NetworkPolicySpec, Pod, PodStatus } from "../api/wire.ts";
import { contentHash } from "../lib/stable-json.ts";
import type { Granted } from "../policy/input.ts";
import { problem } from "../policy/problem.ts";
import { childName } from "./identity.ts";
import { isFence } from "./network-policy.ts";

type Observed = { readonly apiVersion: string; readonly kind: string; readonly metadata: ObjectMeta };

export type ObservedGrant = Observed & {
  readonly specHash: string;
  readonly state: PackGrant["spec"]["state"];
  readonly granted: Granted;
};

export type ObservedPolicy = Observed & {
  readonly specHash: string;
  /** Present unless the policy is of the shape that the controller writes: then it may concern any sandbox. */
  readonly foreign?: NetworkPolicySpec;
};

export type ObservedPod = Observed & {
  /** Images of all containers, then the number of ephemeral containers. */
  readonly drift: string;
  readonly status: PodStatus;
};

const slim = ({ apiVersion, kind, metadata }: KubeObject): Observed => {
  const {
    name,
    namespace,
    uid,
    resourceVersion,
    generation,
    creationTimestamp,
    deletionTimestamp,
    labels,
    annotations,
  } = metadata;
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      ...(generation === undefined ? {} : { generation }),
      ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
      ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
    },
  };
};

const closedBy = ({ spec: { message = "", reason, state } }: PackGrant): Pick<Granted, "closedBy"> =>
  state === "Active" || reason === undefined || !isReason(reason) ? {} : { closedBy: problem(reason, message) };

export const observeGrant = (grant: PackGrant): ObservedGrant => ({
  ...slim(grant),
  specHash: contentHash(grant.spec),
  state: grant.spec.state,
  granted: {
    hosts: (grant.spec.hosts ?? []).map(({ domain }) => domain),
    members: grant.spec.access?.members ?? "OwnedDomains",
    ownedDomains: grant.spec.access?.ownedDomains ?? [],
    ...closedBy(grant),
  },
});

/**
 * To the letter a fence of the install that its labels name, under the name that this fence has. Anything else may
 * widen a sandbox, whatever its labels claim.
 */
const isOwnShape = ({ metadata: { name, labels = {} }, spec }: NetworkPolicy): boolean => {
  const uid = labels[LABEL.installUid];
  return (
    uid !== undefined &&
    name === childName(labels[LABEL.installNamespace] ?? "", labels[LABEL.install] ?? "") &&
    isFence(spec, uid)
  );
};

export const observePolicy = (policy: NetworkPolicy): ObservedPolicy => ({
  ...slim(policy),
  specHash: contentHash(policy.spec),
  ...(isOwnShape(policy) ? {} : { foreign: policy.spec }),
});

const driftOf = ({ spec }: Pod): string =>
  [...(spec.initContainers ?? []), ...spec.containers]
    .map(({ image }) => image)
    .concat(String(spec.ephemeralContainers?.length ?? 0))
    .join(" ");

export const observePod = (pod: Pod): ObservedPod => {
  const { phase, podIP, conditions, initContainerStatuses, containerStatuses } = pod.status ?? {};
  return {
    ...slim(pod),
    drift: driftOf(pod),
    status: {
      ...(phase === undefined ? {} : { phase }),
      ...(podIP === undefined ? {} : { podIP }),
      ...(conditions === undefined ? {} : { conditions: conditions.filter(({ type }) => KEPT.has(type)) }),
      ...(initContainerStatuses === undefined ? {} : { initContainerStatuses: initContainerStatuses.map(stateOf) }),
      ...(containerStatuses === undefined ? {} : { containerStatuses: containerStatuses.map(stateOf) }),
    },
  };
};

const KEPT = new Set(["Ready", "PodScheduled"]);

const stateOf = ({ name, ready, state }: NonNullable<PodStatus["containerStatuses"]>[number]) => ({
  name,
  ...(ready === undefined ? {} : { ready }),
  ...(state === undefined ? {} : { state }),
});

const carries = (
  have: Readonly<Record<string, string>> | undefined,
  want: Readonly<Record<string, string>> | undefined,
): boolean => Object.entries(want ?? {}).every(([key, value]) => have?.[key] === value);

const sameMeta = (observed: Observed, desired: KubeObject): boolean =>
  carries(observed.metadata.labels, desired.metadata.labels) &&
  carries(observed.metadata.annotations, desired.metadata.annotations);

export const grantMatches = (observed: ObservedGrant, desired: PackGrant): boolean =>
  observed.specHash === contentHash(desired.spec) && sameMeta(observed, desired);

export const policyMatches = (observed: ObservedPolicy, desired: NetworkPolicy): boolean =>
  observed.specHash === contentHash(desired.spec) && sameMeta(observed, desired);

/** A pod's spec is fixed but for its images and ephemeral containers; the hash annotation stands for the rest. */
export const podMatches = (observed: ObservedPod, desired: Pod): boolean =>
  observed.drift === driftOf(desired) &&
  observed.metadata.annotations?.[ANNOTATION.podHash] === desired.metadata.annotations?.[ANNOTATION.podHash];

export const podLabelsMatch = (observed: ObservedPod, desired: Pod): boolean =>
  carries(observed.metadata.labels, desired.metadata.labels);
