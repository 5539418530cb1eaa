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
  pauseProblem,
  waitingOf,
} from "../../policy/uninstall-guard.ts";
import { latchOf, leaverOf, pauseOf } from "../../resources/guard-facts.ts";

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
    leaving: judged.flatMap((it) => leaverOf(it.install, it.evaluation, now) ?? []),
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
      const leaver = leaverOf(install, evaluation, now);
      return evaluation.outcome === "Uninstalled" && leaver !== undefined && !isApproved(leaver, resumedAt, now);
    },
  };
};
