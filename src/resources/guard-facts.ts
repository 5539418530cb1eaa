/** What the stored statuses say to the uninstall guard. */
import type { PackInstall, PackOrganization } from "../api/v1alpha1/index.ts";
import { parseTimestamp } from "../lib/clock.ts";
import type { Evaluation } from "../policy/evaluate.ts";
import type { Latch, Leaver, Pause } from "../policy/uninstall-guard.ts";
import { conditionOf } from "./conditions.ts";

/** `now`: milliseconds since 1970. Undefined for an install that does not leave. */
export const leaverOf = (install: PackInstall, evaluation: Evaluation, now: number): Leaver | undefined => {
  if (evaluation.outcome !== "Uninstalling" && evaluation.outcome !== "Uninstalled") return undefined;
  const { configuration, reason } = evaluation.cause;
  if (evaluation.outcome === "Uninstalling") return { reason, configuration, deadline: evaluation.deadline };
  const began = install.status?.pendingUninstall?.deadline;
  return { reason, configuration, deadline: began === undefined ? now : Math.min(parseTimestamp(began), now) };
};

/** When it was revoked shows in `Accepted`: it has been False ever since. */
export const latchOf = (install: PackInstall): Latch | undefined => {
  const time = install.status?.uninstalled?.time;
  if (time === undefined) return undefined;
  const revoked = conditionOf(install, "Accepted")?.lastTransitionTime ?? time;
  return { time: parseTimestamp(time), revoked: parseTimestamp(revoked) };
};

/** The pause that stands; undefined while uninstalls go on. */
export const pauseOf = (organization: PackOrganization | undefined): Pause | undefined => {
  const { calmSince, paused, since, waiting = 0 } = organization?.status?.uninstallGuard ?? {};
  if (paused !== true || since === undefined) return undefined;
  return {
    since: parseTimestamp(since),
    waiting,
    ...(calmSince === undefined ? {} : { calmSince: parseTimestamp(calmSince) }),
  };
};
