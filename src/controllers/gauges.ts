import { BASELINE_POLICY, SANDBOX_NAMESPACE } from "../api/names.ts";
import type { PackInstall } from "../api/v1alpha1/index.ts";
import type { Metrics } from "../lib/metrics.ts";
import { isEnforced } from "../policy/configuration.ts";
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

/**
 * `packs_requests_pending{pack}`: how many wait for a decision. A pack is named because people want to know which they
 * ask for; a series ends with its last request.
 */
export const observeRequests = ({ requests }: Pick<World, "requests">, metrics: Metrics): void => {
  metrics.collect("packs_requests_pending", "PackRequests that wait for a decision, by pack.", ["pack"], () => {
    const counts = new Map<string, number>();
    for (const { spec } of requests.store.list()) {
      if (spec.decision === undefined) counts.set(spec.packRef.name, (counts.get(spec.packRef.name) ?? 0) + 1);
    }
    return [...counts].map(([pack, value]) => ({ labels: { pack }, value }));
  });
};

/** `packs_trial_violations{configuration}`: few, for somebody looks at each trial; a series ends with its trial. */
export const observeTrials = (
  { configurations, installs }: Pick<World, "configurations" | "installs">,
  metrics: Metrics,
): void => {
  metrics.collect(
    "packs_trial_violations",
    "Installs that a configuration with `enforcement: Audit` would refuse or uninstall, by configuration.",
    ["configuration"],
    () =>
      configurations.store
        .list()
        .filter((configuration) => !isEnforced(configuration))
        .map(({ metadata: { name } }) => ({
          labels: { configuration: name },
          value: installs.store.keysBy("trial", name).length,
        })),
  );
};
