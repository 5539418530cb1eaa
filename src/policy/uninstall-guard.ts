/**
 * The uninstall guard: when more packs would leave at once than anybody is likely to have meant, none does.
 *
 * Guarantees: a pack that has left stays counted for as long as the window lasts; a resume lets go those that were
 * stopped by then, and nobody else; a clock that is set back makes the guard stricter, never weaker.
 */
import type { PackOrganization } from "../api/v1alpha1/index.ts";
import { enumerate, type Problem, problem } from "./problem.ts";

/** The limits that the CRD writes when nobody has chosen any. */
const DEFAULTS = { maxPercent: 20, minimum: 10, windowSeconds: 300 } as const;

/** Times are milliseconds since 1970. */
export type GuardLimits = {
  /** Of all installs. */
  readonly maxPercent: number;
  /** So many never stop. */
  readonly minimum: number;
  readonly windowMs: number;
};

/** A pack that leaves unless its cause goes away. */
export type Leaver = {
  /** When its grace period ends. */
  readonly deadline: number;
  readonly reason: Problem["reason"];
  /** The configuration that it is bound to. */
  readonly configuration: string;
};

/** A pack that has left. */
export type Latch = {
  readonly time: number;
  /** Since when nothing ran. */
  readonly revoked: number;
};

/** That uninstalls are stopped, as it was when they were last counted. */
export type Pause = {
  readonly since: number;
  readonly waiting: number;
  /** Since when those that wait are within the limits, and none of them has come back. */
  readonly calmSince?: number;
};

export type GuardView = {
  readonly now: number;
  /** How many installs are bound, those that leave included. */
  readonly bound: number;
  readonly leaving: readonly Leaver[];
  readonly latched: readonly Latch[];
  readonly limits: GuardLimits;
  /** When an administrator last let them go. */
  readonly resumedAt: number | undefined;
  /** While uninstalls are stopped. */
  readonly pause: Pause | undefined;
};

export type GuardDecision = {
  readonly verdict: "proceed" | "pause";
  /** How many would leave inside the window. */
  readonly waiting: number;
  /** How many have left inside the window. */
  readonly gone: number;
  readonly installs: number;
  /** How many may leave inside the window. */
  readonly allowed: number;
  readonly calmSince?: number;
};

export const guardLimits = (organization: PackOrganization | undefined): GuardLimits => {
  const { maxPercent, minimum, windowSeconds } = { ...DEFAULTS, ...organization?.spec.uninstallGuard };
  return { maxPercent, minimum, windowMs: windowSeconds * 1000 };
};

/** How many of so many installs may leave inside the window. */
export const allowance = (installs: number, { maxPercent, minimum }: GuardLimits): number =>
  Math.max(minimum, Math.floor((installs * maxPercent) / 100));

/** Stored times are full seconds; what happened within the second of the resume counts as before it. */
const toSecond = (ms: number): number => Math.floor(ms / 1000) * 1000;

/** Whether a resume was meant for it: it was stopped by then. A resume in the future is a clock that was set back. */
export const isApproved = ({ deadline }: Pick<Leaver, "deadline">, resumedAt: number | undefined, now: number) =>
  resumedAt !== undefined && resumedAt <= now && toSecond(deadline) <= resumedAt;

/** What a resume lets go leaves at once, so that long after it nobody left because of it. */
const leftByResume = ({ revoked, time }: Latch, { limits, now, resumedAt }: GuardView): boolean =>
  resumedAt !== undefined && resumedAt <= now && toSecond(revoked) <= resumedAt && time <= resumedAt + limits.windowMs;

/** Those that would leave inside the window, and that no resume lets go. */
export const waitingOf = ({ leaving, limits, now, resumedAt }: GuardView): readonly Leaver[] =>
  leaving.filter((leaver) => leaver.deadline <= now + limits.windowMs && !isApproved(leaver, resumedAt, now));

/** Times in the future count: nobody knows by how much the clock was set back. */
export const decideGuard = (view: GuardView): GuardDecision => {
  const { bound, limits, now } = view;
  const left = view.latched.filter(({ time }) => time > now - limits.windowMs);
  const gone = left.filter((latch) => !leftByResume(latch, view)).length;
  const waiting = waitingOf(view).length;
  const installs = bound + left.length;
  const allowed = allowance(installs, limits);
  const counted = { waiting, gone, installs, allowed };
  if (waiting === 0) return { verdict: "proceed", ...counted };
  if (waiting + gone > allowed) return { verdict: "pause", ...counted };
  return view.pause === undefined
    ? { verdict: "proceed", ...counted }
    : { ...calming(view.pause, waiting, view), ...counted };
};

/**
 * Half of a repair is no repair: those that are left within the limits leave only after a whole window in which none
 * of the others has come back.
 */
const calming = (
  { calmSince, waiting: before }: Pause,
  waiting: number,
  { limits, now }: GuardView,
): Pick<GuardDecision, "verdict" | "calmSince"> => {
  const since = calmSince === undefined || calmSince > now || waiting < before ? now : calmSince;
  return now - since >= limits.windowMs ? { verdict: "proceed" } : { verdict: "pause", calmSince: since };
};

/** What people are told when uninstalls stop: how many, why, and how to go on. */
export const pauseProblem = (
  { allowed, gone, installs, waiting }: GuardDecision,
  waitingOnes: readonly Leaver[],
  { windowMs }: GuardLimits,
): Problem => {
  const before = gone === 0 ? "" : ` (${gone} more are gone already)`;
  return problem(
    "UninstallPaused",
    `${waiting} of ${installs} packs would be uninstalled within ${windowMs / 1000} seconds${before}, and only ${allowed} may be (\`spec.uninstallGuard\` of the PackOrganization), so none is. ${whyTheyLeave(waitingOnes)} They are revoked, and nothing is removed. Undo the cause, and they work again; \`packctl uninstall resume\` lets them go.`,
  );
};

const whyTheyLeave = (leaving: readonly Leaver[]): string => {
  const groups = Map.groupBy(leaving, ({ configuration, reason }) => `${reason} ${enumerate([configuration])}`);
  const named = [...groups]
    .sort(([, a], [, b]) => b.length - a.length)
    .map(([name, { length }]) => `${length} ${name}`);
  const rest = named.length - 3;
  const others = rest > 0 ? `, and ${rest} other ${rest === 1 ? "cause" : "causes"}` : "";
  return `Why: ${named.slice(0, 3).join(", ")}${others}.`;
};
