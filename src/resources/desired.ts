/** The complete set of objects that one install must have right now. */
import type { PackGrant } from "../api/v1alpha1/index.ts";
import type { NetworkPolicy, Pod } from "../api/wire.ts";
import type { Evaluation, Permit } from "../policy/evaluate.ts";
import { grantOf } from "../policy/grant.ts";
import type { InstallInput } from "../policy/input.ts";
import { packGrant } from "./grant.ts";
import { closedFence, networkPolicy } from "./network-policy.ts";
import { sandboxPod, wayOf } from "./sandbox-pod.ts";
import type { Settings } from "./settings.ts";

/** An object: as it must be. `keep`: as it is, if it is there; none is made. Absent: there must be none. */
export type Desired = {
  readonly grant: PackGrant | "keep" | undefined;
  readonly networkPolicy: NetworkPolicy | "keep" | undefined;
  readonly pod: Pod | "keep" | undefined;
};

export const NOTHING: Desired = { grant: undefined, networkPolicy: undefined, pod: undefined };

export const desiredObjects = (input: InstallInput, evaluation: Evaluation, settings: Settings): Desired => {
  const grant = grantOf(input, evaluation);
  if (grant === undefined) return NOTHING;
  if (grant === "keep") return { grant, networkPolicy: "keep", pod: "keep" };
  const { install } = input;
  const wrapped = packGrant(install, grant);
  if (evaluation.outcome === "Installed" && evaluation.suspended?.reason === "Suspended") {
    return { ...NOTHING, grant: wrapped };
  }
  const permit = "permit" in evaluation ? evaluation.permit : undefined;
  const runs = grant.state === "Active" ? permit?.definition : undefined;
  return {
    grant: wrapped,
    networkPolicy: fence(input, permit),
    pod: runs === undefined ? "keep" : sandboxPod(install, runs, settings),
  };
};

/**
 * The way out of a pack with effective domains; none without. While the definition is not accepted the fence stays as it
 * is; once it is gone nobody knows a way that may be open, so none is.
 */
const fence = ({ definition, install }: InstallInput, permit: Permit | undefined): Desired["networkPolicy"] => {
  if (permit?.definition !== undefined) {
    return networkPolicy(install, { ...wayOf(permit.definition), domains: permit.hosts });
  }
  return definition.state === "absent" ? closedFence(install) : "keep";
};
