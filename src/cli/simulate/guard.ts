/** Whether the uninstall guard would stop what a world's installs are about to do. Pure. */
import type { PackInstall, PackOrganization } from "../../api/v1alpha1/index.ts";
import { parseTimestamp } from "../../lib/clock.ts";
import type { Evaluation } from "../../policy/evaluate.ts";
import { isBound } from "../../policy/input.ts";
import type { Problem } from "../../policy/problem.ts";
import {
  decideGuard,
  type GuardView,
  guardLimits,
  isApproved,
  type Latch,
  type Leaver,
  type Pause,
  pauseProblem,
  waitingOf,
} from "../../policy/uninstall-guard.ts";
import { conditionOf } from "../../resources/conditions.ts";

/** That uninstalls are stopped, and by which numbers. */
export type GuardStop = {
  readonly problem: Problem;
  /** How many would leave, of how many, and how many may. */
  readonly waiting: number;
  readonly installs: number;
  readonly allowed: number;
  /** Whether it holds this one; an administrator may have let it go before. */
  readonly holds: (install: PackInstall, evaluation: Evaluation) => boolean;
};

export type Judged = { readonly install: PackInstall; readonly evaluation: Evaluation };

const leaverOf = ({ evaluation, install }: Judged, now: number): Leaver | undefined => {
  if (evaluation.outcome !== "Uninstalling" && evaluation.outcome !== "Uninstalled") return undefined;
  const { configuration, reason } = evaluation.cause;
  if (evaluation.outcome === "Uninstalling") return { reason, configuration, deadline: evaluation.deadline };
  const began = install.status?.pendingUninstall?.deadline;
  return { reason, configuration, deadline: began === undefined ? now : Math.min(parseTimestamp(began), now) };
};

const latchOf = (install: PackInstall): Latch | undefined => {
  const time = install.status?.uninstalled?.time;
  if (time === undefined) return undefined;
  const revoked = conditionOf(install, "Accepted")?.lastTransitionTime ?? time;
  return { time: parseTimestamp(time), revoked: parseTimestamp(revoked) };
};

const pauseOf = (organization: PackOrganization | undefined): Pause | undefined => {
  const { calmSince, paused, since, waiting = 0 } = organization?.status?.uninstallGuard ?? {};
  if (paused !== true || since === undefined) return undefined;
  return {
    since: parseTimestamp(since),
    waiting,
    ...(calmSince === undefined ? {} : { calmSince: parseTimestamp(calmSince) }),
  };
};

/** `now`: milliseconds since 1970. Undefined while uninstalls go on. */
export const guardStop = (
  judged: readonly Judged[],
  organization: PackOrganization | undefined,
  now: number,
): GuardStop | undefined => {
  const resumed = organization?.status?.uninstallGuard?.resumedAt;
  const resumedAt = resumed === undefined ? undefined : parseTimestamp(resumed);
  const view: GuardView = {
    now,
    bound: judged.filter(({ install }) => isBound(install)).length,
    leaving: judged.flatMap((it) => leaverOf(it, now) ?? []),
    latched: judged.flatMap(({ install }) => latchOf(install) ?? []),
    limits: guardLimits(organization),
    resumedAt,
    pause: pauseOf(organization),
  };
  const decision = decideGuard(view);
  if (decision.verdict === "proceed") return undefined;
  return {
    problem: pauseProblem(decision, waitingOf(view), view.limits),
    waiting: decision.waiting,
    installs: decision.installs,
    allowed: decision.allowed,
    holds: (install, evaluation) => {
      const leaver = leaverOf({ install, evaluation }, now);
      return evaluation.outcome === "Uninstalled" && leaver !== undefined && !isApproved(leaver, resumedAt, now);
    },
  };
};
