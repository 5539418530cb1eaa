import { keyOf } from "../api/meta.ts";
import type { Metrics } from "../lib/metrics.ts";
import { selects } from "../resources/reach.ts";
import { podLabels } from "../resources/sandbox-pod.ts";
import { foreignPolicies } from "./gather.ts";
import type { World } from "./world.ts";

/**
 * `packs_foreign_policy_sandboxes{policy}`: how many sandboxes a foreign NetworkPolicy selects. A policy is named
 * because an alert must say which to delete; there are few, and a series ends with its policy.
 */
export const observeNetwork = (world: World, metrics: Metrics): void => {
  const gauge = metrics.gauge(
    "packs_foreign_policy_sandboxes",
    "Sandboxes selected by a NetworkPolicy that the controller did not write, by policy.",
    ["policy"],
  );
  world.policies.onChange(({ before, after }) => {
    if (before?.foreign === undefined && after?.foreign === undefined) return;
    gauge.reset();
    for (const policy of foreignPolicies(world)) {
      const selected = world.installs.store.list().filter((it) => selects(policy.spec.podSelector, podLabels(it)));
      gauge.set({ policy: keyOf(policy) }, selected.length);
    }
  });
};
