/** The complete set of objects that one install must have right now. */
import type { PackDefinition, PackGrant, PackInstall } from "../api/v1alpha1/index.ts";
import type { NetworkPolicy, Pod } from "../api/wire.ts";
import type { Evaluation } from "../policy/evaluate.ts";
import { grantOf } from "../policy/grant.ts";
import type { InstallInput } from "../policy/input.ts";
import { packGrant } from "./grant.ts";
import { networkPolicy } from "./network-policy.ts";
import { proxyPort, sandboxPod } from "./sandbox-pod.ts";
import { PORT, type Settings } from "./settings.ts";

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
  const definition = input.definition.state === "found" ? input.definition.value : undefined;
  return {
    grant: wrapped,
    networkPolicy: fence(install, definition),
    pod: grant.state === "Active" && definition !== undefined ? sandboxPod(install, definition, settings) : "keep",
  };
};

/** Without a definition nobody knows a way that may be open, so none is. */
const fence = (install: PackInstall, definition: PackDefinition | undefined): NetworkPolicy =>
  definition === undefined
    ? networkPolicy(install, { domains: [], proxyPort: PORT.proxyTls })
    : networkPolicy(install, { domains: definition.spec.networkDomains ?? [], proxyPort: proxyPort(definition) });
