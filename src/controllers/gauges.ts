import { keyOf } from "../api/meta.ts";
import type { PackInstall } from "../api/v1alpha1/index.ts";
import type { Metrics } from "../lib/metrics.ts";
import { conditionOf } from "../resources/conditions.ts";
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

/** From a status to one of few states, for a gauge. */
const stateOf = ({ status }: PackInstall): string => {
  if (status?.uninstalled !== undefined) return "uninstalled";
  if (status?.boundConfiguration === undefined) return "not_installed";
  if (status.pendingUninstall !== undefined) return "uninstalling";
  return conditionOf({ status }, "Ready")?.status === "True" ? "ready" : "not_ready";
};

const STATES = ["ready", "not_ready", "uninstalling", "uninstalled", "not_installed"];

/** `packs_installs{state}`, counted when somebody scrapes. */
export const observeInstalls = (world: World, metrics: Metrics): void => {
  for (const state of STATES) {
    metrics.sample(
      "packs_installs",
      "PackInstalls, by state.",
      { state },
      () => world.installs.store.list().filter((install) => stateOf(install) === state).length,
    );
  }
};
