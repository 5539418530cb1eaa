/** What people (events) and Prometheus (metrics) are told about installs: changes only, no success noise. */
import { PACK_INSTALL } from "../api/kinds.ts";
import { keyOf } from "../api/meta.ts";
import type { PackInstall, PackInstallStatus } from "../api/v1alpha1/index.ts";
import type { Logger } from "../lib/logger.ts";
import type { Metrics } from "../lib/metrics.ts";
import type { Evaluation } from "../policy/evaluate.ts";
import { conditionOf } from "../resources/conditions.ts";
import type { EventNote } from "../runtime/events.ts";

export type InstallNotes = {
  /** After the status was written: tells what differs from the status before. */
  changed(install: PackInstall, status: PackInstallStatus, evaluation: Evaluation): void;
  forget(install: PackInstall): void;
};

export type InstallNotesOptions = {
  readonly events: { record(note: EventNote): void };
  readonly metrics: Metrics;
  readonly logger: Logger;
};

type Told = Pick<EventNote, "type" | "reason" | "action" | "note">;

const told = (type: EventNote["type"], reason: string, action: string, note: string): Told => ({
  type,
  reason,
  action,
  note,
});

/** What to tell when `Ready` changed its reason; undefined: nothing that a person must know. */
export const tell = (
  before: PackInstallStatus | undefined,
  after: PackInstallStatus,
  evaluation: Evaluation,
): Told | undefined => {
  const was = conditionOf({ status: before ?? {} }, "Ready");
  const is = conditionOf({ status: after }, "Ready");
  const latched = evaluation.outcome === "Uninstalled" && before?.uninstalled === undefined;
  if (is === undefined || (!latched && was?.reason === is.reason && was.status === is.status)) return undefined;
  const { reason, message } = is;
  switch (evaluation.outcome) {
    case "Refused":
      return told("Warning", reason, "Install", message);
    case "Uninstalling":
    case "Uninstalled":
      // That many are held back is said once, of the PackOrganization.
      if ("paused" in evaluation) return undefined;
      return told("Warning", reason, evaluation.outcome === "Uninstalled" ? "Uninstall" : "Revoke", message);
    case "Installed":
      if (evaluation.suspended !== undefined && reason !== "Suspended")
        return told("Warning", reason, "Suspend", message);
      if (reason === "ApplyFailed" || reason === "NameConflict" || reason === "PolicyTooLarge")
        return told("Warning", reason, "Apply", message);
      return before?.pendingUninstall === undefined || after.pendingUninstall !== undefined
        ? undefined
        : told("Normal", "Installed", "Restore", "The cause went away in time; the pack works as before.");
    default:
      return undefined;
  }
};

export const createInstallNotes = ({ events, logger, metrics }: InstallNotesOptions): InstallNotes => {
  const uninstalls = metrics.counter(
    "packs_uninstalls_total",
    "Packs uninstalled because the policies no longer fit, by reason.",
    ["reason"],
  );
  const refusals = metrics.counter("packs_install_refusals_total", "Installs refused by the policies, by reason.", [
    "reason",
  ]);
  return {
    changed(install, status, evaluation) {
      const note = tell(install.status, status, evaluation);
      if (note === undefined) return;
      if (evaluation.outcome === "Uninstalled") uninstalls.inc({ reason: note.reason });
      if (evaluation.outcome === "Refused") refusals.inc({ reason: note.reason });
      const { apiVersion, kind } = PACK_INSTALL;
      const { name, namespace = "", uid = "" } = install.metadata;
      events.record({ ...note, regarding: { apiVersion, kind, name, namespace, uid } });
      logger.info({ install: keyOf(install), reason: note.reason, action: note.action }, "install changed");
    },
    forget(install) {
      logger.info({ install: keyOf(install) }, "install removed");
    },
  };
};
