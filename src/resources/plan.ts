/**
 * The ordered writes that lead from what is to what must be.
 *
 * Guarantees: an active grant changes before anything else; to open one, the fence comes first, then the grant, then
 * the pod. A grant is revoked before it is removed, and a fence is removed only once its pod is gone. Equal objects
 * are not written.
 */
import { NETWORK_POLICY, PACK_GRANT, POD, type Resource } from "../api/kinds.ts";
import type { KubeObject } from "../api/meta.ts";
import type { PackGrant, PackInstall } from "../api/v1alpha1/index.ts";
import { closedGrant } from "../policy/grant.ts";
import type { Problem } from "../policy/problem.ts";
import type { Desired } from "./desired.ts";
import { packGrant } from "./grant.ts";
import { belongsToAnother } from "./identity.ts";
import { closedFence } from "./network-policy.ts";
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
export const strangers = (children: Children, install: PackInstall): readonly KubeObject[] =>
  [children.grant, children.networkPolicy, children.pod]
    .filter((child) => child !== undefined)
    .filter((child) => belongsToAnother(child, install));

/** `why` is what a revoked grant says while its objects are being removed. */
export const plan = (install: PackInstall, wanted: Desired, seen: Children, why: Problem): readonly Write[] => {
  const { children, desired } = withoutStrangers(install, wanted, seen);
  const grant = grantWrites(desired, children.grant);
  const policy = policyWrites(install, desired, children);
  const pod = podWrites(desired, children.pod);
  if (wanted.grant === undefined) return [...revocation(install, children.grant, why), ...pod, ...policy, ...grant];
  return opens(desired, children) ? [...policy, ...grant, ...pod] : [...grant, ...pod, ...policy];
};

/**
 * What belongs to another install is neither seen nor written; the rest goes on. Where the fence does, nothing opens and
 * no pod is made: there is no place for a fence of its own.
 */
const withoutStrangers = (
  install: PackInstall,
  desired: Desired,
  children: Children,
): { readonly desired: Desired; readonly children: Children } => {
  const isStranger = (child: KubeObject | undefined): boolean =>
    child !== undefined && belongsToAnother(child, install);
  const [grant, policy, pod] = [children.grant, children.networkPolicy, children.pod].map(isStranger);
  const unfenced = policy === true;
  return {
    desired: {
      grant: grant || (unfenced && opens(desired, children)) ? "keep" : desired.grant,
      networkPolicy: policy ? "keep" : desired.networkPolicy,
      pod: pod || (unfenced && desired.pod !== undefined) ? "keep" : desired.pod,
    },
    children: {
      grant: grant ? undefined : children.grant,
      networkPolicy: policy ? undefined : children.networkPolicy,
      pod: pod ? undefined : children.pod,
    },
  };
};

/** The observed pod, if it is the one that is wanted: one that is being replaced says nothing about the sandbox. */
export const standingPod = ({ pod }: Desired, observed: ObservedPod | undefined): ObservedPod | undefined => {
  if (pod === undefined || !isLive(observed)) return undefined;
  return pod === "keep" || podMatches(observed, pod) ? observed : undefined;
};

const isLive = <T extends KubeObject>(child: T | undefined): child is T =>
  child !== undefined && child.metadata.deletionTimestamp === undefined;

/** The fence comes before what opens it: a first grant, or one that becomes active. An active one changes first. */
const opens = ({ grant }: Desired, children: Children): boolean =>
  grant !== undefined &&
  grant !== "keep" &&
  grant.spec.state === "Active" &&
  (children.networkPolicy === undefined || children.grant?.state !== "Active");

const revocation = (install: PackInstall, observed: ObservedGrant | undefined, why: Problem): readonly Write[] => {
  if (observed === undefined || observed.state === "Revoked") return [];
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

/** A fence goes only after its pod; and one that is not of our shape is closed even where nobody knows more. */
const policyWrites = (install: PackInstall, { networkPolicy }: Desired, children: Children): readonly Write[] => {
  const resource = NETWORK_POLICY;
  const { networkPolicy: observed, pod } = children;
  if (networkPolicy === undefined) {
    return isLive(observed) && pod === undefined ? [{ verb: "delete", resource, over: observed }] : [];
  }
  if (networkPolicy === "keep") {
    return observed?.foreign === undefined
      ? []
      : [{ verb: "replace", resource, object: closedFence(install), over: observed }];
  }
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
