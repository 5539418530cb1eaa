import { BASELINE_POLICY, SANDBOX_NAMESPACE } from "../api/names.ts";
import type { PackInstall } from "../api/v1alpha1/index.ts";
import type { Metrics } from "../lib/metrics.ts";
import { conditionOf } from "../resources/conditions.ts";
import { gatherChildren, widenedBy } from "./gather.ts";
import { ANY, type World } from "./world.ts";

/**
 * `packs_foreign_policy_sandboxes{policy}`: how many sandboxes a foreign NetworkPolicy widens. A policy is named because
 * an alert must say which to delete; there are few, and a series ends with its policy.
 */
export const observeNetwork = (world: World, metrics: Metrics): void => {
  metrics.collect(
    "packs_foreign_policy_sandboxes",
    "Sandboxes whose reach a NetworkPolicy widens that the controller did not write, by policy.",
    ["policy"],
    () => {
      const counts = new Map<string, number>();
      if (world.policies.store.keysBy("foreign", ANY).length === 0) return [];
      for (const install of world.installs.store.list()) {
        const { pod } = gatherChildren(world, install);
        for (const policy of widenedBy(world, install, pod)) counts.set(policy, (counts.get(policy) ?? 0) + 1);
      }
      return [...counts].map(([policy, value]) => ({ labels: { policy }, value }));
    },
  );
  metrics.sample(
    "packs_baseline_policy_present",
    "1 if the NetworkPolicy that denies everything is in the sandboxes' namespace.",
    {},
    () => Number(world.policies.store.get(`${SANDBOX_NAMESPACE}/${BASELINE_POLICY}`) !== undefined),
  );
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
  metrics.collect("packs_installs", "PackInstalls, by state.", ["state"], () => {
    const counts = new Map(STATES.map((state) => [state, 0]));
    for (const install of world.installs.store.list()) {
      const state = stateOf(install);
      counts.set(state, (counts.get(state) ?? 0) + 1);
    }
    return [...counts].map(([state, value]) => ({ labels: { state }, value }));
  });
};
