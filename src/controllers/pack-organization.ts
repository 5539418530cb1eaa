/** PackOrganization: its status tells people whether names are vouched for, and whether uninstalls go on. */
import { PACK_ORGANIZATION } from "../api/kinds.ts";
import { FIELD_MANAGER, ORGANIZATION_NAME } from "../api/names.ts";
import type { PackOrganization, PackOrganizationStatus } from "../api/v1alpha1/index.ts";
import type { Client } from "../kube/client.ts";
import type { Clock } from "../lib/clock.ts";
import type { Metrics } from "../lib/metrics.ts";
import { conditionOf } from "../resources/conditions.ts";
import { organizationStatus } from "../resources/organization-status.ts";
import type { Settings } from "../resources/settings.ts";
import type { Reconcile } from "../runtime/controller.ts";
import type { EventNote } from "../runtime/events.ts";
import { DONE, type Outcome, requeueAfter } from "../runtime/outcome.ts";
import { gatherUnvouched } from "./gather.ts";
import { StatusWriter } from "./status-writer.ts";
import type { UninstallGuard } from "./uninstall-guard.ts";
import type { World } from "./world.ts";

export type OrganizationOptions = {
  readonly client: Pick<Client, "replaceStatus">;
  readonly world: World;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly events: { record(note: EventNote): void };
  readonly guard: Pick<UninstallGuard, "review">;
};

export const createOrganizationReconcile = (options: OrganizationOptions): Reconcile => {
  const { client, clock, events, guard, settings, world } = options;
  const writer = new StatusWriter<PackOrganization>({
    client,
    clock,
    resource: PACK_ORGANIZATION,
    informer: world.organizations,
    fieldManager: FIELD_MANAGER.organization,
    counters: ["uninstallGuard"],
  });
  return async (name, ctx) => {
    const organization = world.organizations.store.get(name);
    if (organization === undefined) {
      writer.forget(name);
      return DONE;
    }
    const { afterMs, pause } = guard.review();
    const admission = settings.admission === "Unchecked" ? "unchecked" : gatherUnvouched(world, settings);
    const status = organizationStatus({ now: clock.now(), organization, admission, pause });
    const written = await writer.write(organization, status, ctx);
    if (written.kind === "done") for (const note of tell(organization, status)) events.record(note);
    return sooner(written, afterMs);
  };
};

/** What an administrator must know: names are not vouched for any more, or uninstalls have stopped. */
export const tell = (organization: PackOrganization, status: PackOrganizationStatus): readonly EventNote[] => {
  const { apiVersion, kind, metadata } = organization;
  const regarding = { apiVersion, kind, name: metadata.name, uid: metadata.uid ?? "" };
  const warnings = [
    { type: "AdmissionEnforced", good: "True", action: "CheckAdmission" },
    { type: "UninstallPaused", good: undefined, action: "Uninstall" },
  ];
  return warnings.flatMap(({ action, good, type }) => {
    const [was, is] = [conditionOf(organization, type), conditionOf({ status }, type)];
    if (is === undefined || is.status === good || (was?.status === is.status && was.reason === is.reason)) return [];
    return [{ regarding, type: "Warning" as const, reason: is.reason, action, note: is.message }];
  });
};

const sooner = (outcome: Outcome, afterMs: number | undefined): Outcome => {
  if (afterMs === undefined) return outcome;
  return outcome.kind === "requeueAfter" && outcome.ms < afterMs ? outcome : requeueAfter(afterMs, "UninstallPaused");
};

/** What an alert needs: are names vouched for, are uninstalls stopped, and how many wait. */
export const observeOrganization = (world: World, settings: Settings, metrics: Metrics): void => {
  const guard = () => world.organizations.store.get(ORGANIZATION_NAME)?.status?.uninstallGuard;
  metrics.sample(
    "packs_admission_enforced",
    "1 if the admission policies are installed and deny; 0 also if nobody looks.",
    {},
    () => Number(settings.admission === "Required" && gatherUnvouched(world, settings) === undefined),
  );
  metrics.sample("packs_uninstall_guard_paused", "1 while so many packs would be uninstalled that none is.", {}, () =>
    Number(guard()?.paused === true),
  );
  metrics.sample(
    "packs_uninstall_guard_waiting",
    "Packs that would be uninstalled if uninstalls were not stopped.",
    {},
    () => guard()?.waiting ?? 0,
  );
};
