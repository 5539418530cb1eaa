/**
 * The ordered writes that lead from what is to what must be.
 *
 * Guarantees: to shrink, the grant changes first, then the pod, then the policy; to grow, the policy, then the grant,
 * then the pod. A grant is revoked before it is removed. Equal objects are not written.
 */
import { NETWORK_POLICY, PACK_GRANT, POD, type Resource } from "../api/kinds.ts";
import type { KubeObject } from "../api/meta.ts";
import type { PackGrant, PackInstall } from "../api/v1alpha1/index.ts";
import { closedGrant } from "../policy/grant.ts";
import type { Problem } from "../policy/problem.ts";
import type { Desired } from "./desired.ts";
import { packGrant } from "./grant.ts";
import { belongsToAnother } from "./identity.ts";
import {
  grantMatches,
  type ObservedGrant,
  type ObservedPod,
  type ObservedPolicy,
  podLabelsMatch,
  podMatches,
  policyMatches,
} from "./observed.ts";

export type Children = {
  readonly grant: ObservedGrant | undefined;
  readonly networkPolicy: ObservedPolicy | undefined;
  readonly pod: ObservedPod | undefined;
};

export type Write =
  | { readonly verb: "create"; readonly resource: Resource; readonly object: KubeObject }
  /** PUT over the observed version. */
  | { readonly verb: "replace"; readonly resource: Resource; readonly object: KubeObject; readonly over: KubeObject }
  | { readonly verb: "relabel"; readonly resource: Resource; readonly object: KubeObject; readonly over: KubeObject }
  | { readonly verb: "delete"; readonly resource: Resource; readonly over: KubeObject };

/** Objects under our names that record another install's UID; they are never touched here. */
export const conflicting = (children: Children, install: PackInstall): readonly KubeObject[] =>
  [children.grant, children.networkPolicy, children.pod].filter(
    (child) => child !== undefined && belongsToAnother(child, install),
  ) as readonly KubeObject[];

/** `why` is what a revoked grant says while its objects are being removed. */
export const plan = (install: PackInstall, desired: Desired, children: Children, why: Problem): readonly Write[] => {
  const grant = grantWrites(desired, children.grant);
  const policy = policyWrites(desired, children.networkPolicy);
  const pod = podWrites(desired, children.pod);
  if (desired.grant === undefined) {
    return [...revocation(install, children.grant, why), ...pod, ...policy, ...grant];
  }
  return grows(desired, children) ? [...policy, ...grant, ...pod] : [...grant, ...pod, ...policy];
};

/** The observed pod, if it is the one that is wanted: one that is being replaced says nothing about the sandbox. */
export const standingPod = ({ pod }: Desired, observed: ObservedPod | undefined): ObservedPod | undefined => {
  if (pod === undefined || !isLive(observed)) return undefined;
  return pod === "keep" || podMatches(observed, pod) ? observed : undefined;
};

const isLive = <T extends KubeObject>(child: T | undefined): child is T =>
  child !== undefined && child.metadata.deletionTimestamp === undefined;

const grows = ({ grant }: Desired, children: Children): boolean => {
  if (grant === undefined || grant === "keep" || grant.spec.state !== "Active") return false;
  const next = new Set((grant.spec.hosts ?? []).map(({ domain }) => domain));
  return (children.grant?.granted.hosts ?? []).every((host) => next.has(host));
};

const revocation = (install: PackInstall, observed: ObservedGrant | undefined, why: Problem): readonly Write[] => {
  if (!isLive(observed) || observed.state === "Revoked") return [];
  const object: PackGrant = packGrant(install, closedGrant(install, "Revoked", why));
  return [{ verb: "replace", resource: PACK_GRANT, object, over: observed }];
};

const grantWrites = ({ grant }: Desired, observed: ObservedGrant | undefined): readonly Write[] => {
  if (grant === "keep") return [];
  if (grant === undefined) return isLive(observed) ? [{ verb: "delete", resource: PACK_GRANT, over: observed }] : [];
  if (observed === undefined) return [{ verb: "create", resource: PACK_GRANT, object: grant }];
  return grantMatches(observed, grant)
    ? []
    : [{ verb: "replace", resource: PACK_GRANT, object: grant, over: observed }];
};

const policyWrites = ({ networkPolicy }: Desired, observed: ObservedPolicy | undefined): readonly Write[] => {
  const resource = NETWORK_POLICY;
  if (networkPolicy === "keep") return [];
  if (networkPolicy === undefined) return isLive(observed) ? [{ verb: "delete", resource, over: observed }] : [];
  if (observed === undefined) return [{ verb: "create", resource, object: networkPolicy }];
  return policyMatches(observed, networkPolicy)
    ? []
    : [{ verb: "replace", resource, object: networkPolicy, over: observed }];
};

/** A pod is never changed: what is not as wanted is deleted, and made anew once it is gone. */
const podWrites = ({ pod }: Desired, observed: ObservedPod | undefined): readonly Write[] => {
  const resource = POD;
  if (pod === "keep") return [];
  if (observed === undefined) return pod === undefined ? [] : [{ verb: "create", resource, object: pod }];
  if (!isLive(observed)) return [];
  if (pod === undefined || isOver(observed) || !podMatches(observed, pod))
    return [{ verb: "delete", resource, over: observed }];
  return podLabelsMatch(observed, pod) ? [] : [{ verb: "relabel", resource, object: pod, over: observed }];
};

const isOver = ({ status }: ObservedPod): boolean => status.phase === "Failed" || status.phase === "Succeeded";
