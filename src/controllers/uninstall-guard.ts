/**
 * Counts who leaves before anybody does, and stops everybody if those are too many.
 *
 * Guarantees: nobody leaves before all installs that a change has woken are counted, in whatever order they ask; a
 * pause and a resume outlive the process, for both are in the status of the PackOrganization; counting looks only at
 * installs that were woken and not evaluated since, and holds the event loop for a few milliseconds at a time.
 * Assumes that every change that can make an install leave wakes it (wiring.ts): an install that nothing wakes
 * neither leaves nor counts.
 */
import { type KubeObject, keyOf } from "../api/meta.ts";
import { ORGANIZATION_NAME } from "../api/names.ts";
import type { PackInstall, PackOrganization } from "../api/v1alpha1/index.ts";
import { type Clock, parseTimestamp } from "../lib/clock.ts";
import { type Evaluation, evaluateInstall } from "../policy/evaluate.ts";
import { isBound } from "../policy/input.ts";
import { type Problem, problem } from "../policy/problem.ts";
import {
  allowance,
  decideGuard,
  type GuardDecision,
  type GuardView,
  guardLimits,
  isApproved,
  type Latch,
  type Leaver,
  type Pause,
  pauseProblem,
  waitingOf,
} from "../policy/uninstall-guard.ts";
import { conditionOf } from "../resources/conditions.ts";
import { latchOf, leaverOf, pauseOf } from "../resources/guard-facts.ts";
import type { Settings } from "../resources/settings.ts";
import type { Controller } from "../runtime/controller.ts";
import { gatherInput } from "./gather.ts";
import type { World } from "./world.ts";

export type UninstallGuardOptions = {
  readonly world: World;
  readonly settings: Settings;
  readonly clock: Clock;
};

/** Why an install may not leave yet, and when it may ask again; without `afterMs` it is woken when it may. */
export type Hold = { readonly why: Problem; readonly afterMs?: number };

/** A pause as people see it. */
export type PauseNotice = Pause & { readonly why: Problem };

export type GuardReview = {
  /** Absent while uninstalls go on. */
  readonly pause: PauseNotice | undefined;
  /** When to look again. */
  readonly afterMs: number | undefined;
};

type Woken = { readonly installs: Controller; readonly organizations: Controller };

/** Nobody leaves while others may still follow: until none has for this long. */
const QUIET_MS = 250;
/** Nobody is kept waiting longer than this because others follow. */
const PATIENCE_MS = 1_000;
/** How long one turn of the event loop may count. */
const SLICE_MS = 5;
const NEXT_SLICE_MS = 1;
/** How soon a pause is looked at again when an install has come back. */
const REVIEW_MS = 100;
/** How soon a pause is looked at again when nothing happens: times pass. */
const RECHECK_MS = 5_000;

const COUNTING = problem("Uninstalling", "It is uninstalled as soon as it is known how many packs leave with it.");

/** `resumedBefore`: the resume that was known when it began; any other ends it. */
type Stop = PauseNotice & { readonly resumedBefore: string | undefined };

/** `seenAt`: monotonic. */
type Seen = Leaver & { readonly seenAt: number };

export class UninstallGuard {
  readonly #options: UninstallGuardOptions;
  readonly #bound = new Set<string>();
  readonly #latched = new Map<string, Latch>();
  readonly #leaving = new Map<string, Seen>();
  /** Woken and not evaluated since. Undefined: nobody was evaluated yet. */
  #open: Set<string> | undefined;
  /** When somebody last began to leave; monotonic. */
  #followedAt = Number.NEGATIVE_INFINITY;
  #pause: Stop | undefined;
  /** Whether the pause of an earlier process was taken over. */
  #adopted = false;
  #woken: Woken | undefined;

  /** To be made before the informers start. */
  constructor(options: UninstallGuardOptions) {
    this.#options = options;
    const { installs, organizations } = options.world;
    installs.onChange(({ key, after }) => this.#count(key, after));
    organizations.onChange(({ before, after }) => {
      if (resumeOf(before) !== resumeOf(after)) this.#wakeLeavers();
    });
  }

  /** Gives the controllers that changes are to wake, so that the guard knows who was woken. Once only. */
  attach<T extends Woken>(controllers: T): T {
    const { installs } = controllers;
    this.#woken = controllers;
    const noting: Controller = {
      name: installs.name,
      enqueue: (key, options) => {
        this.#note(key);
        installs.enqueue(key, options);
      },
      enqueueAfter: (key, ms, options) => {
        this.#note(key);
        installs.enqueueAfter(key, ms, options);
      },
      idle: () => installs.idle(),
      run: (...signals) => installs.run(...signals),
    };
    return { ...controllers, installs: noting };
  }

  /** To be called in the turn in which the stores were read: the install is counted as it was evaluated. */
  evaluated(install: PackInstall, evaluation: Evaluation): void {
    const key = keyOf(install);
    this.#opened().delete(key);
    this.#take(key, install, evaluation);
  }

  /**
   * Whether an install that would be uninstalled now has to wait. While it does, it is evaluated with `why` as
   * `InstallInput.held`, so that its grant is revoked and its objects stay.
   */
  hold(install: PackInstall, evaluation: Evaluation): Hold | undefined {
    const key = keyOf(install);
    if (evaluation.outcome !== "Uninstalled") {
      if (evaluation.outcome !== "Uninstalling") this.#leavesNoMore(key);
      return undefined;
    }
    const seen = this.#leaving.get(key) ?? this.#take(key, install, evaluation);
    const organization = this.#organization();
    if (seen === undefined || isApproved(seen, resumedAt(organization), this.#options.clock.now())) return undefined;
    const pause = this.#current(organization);
    if (pause !== undefined) return { why: pause.why };
    if (this.#neverStops(organization)) return undefined;
    if (!this.#countOpen()) return { why: COUNTING, afterMs: NEXT_SLICE_MS };
    const afterMs = this.#unsettledMs(seen);
    if (afterMs > 0) return { why: COUNTING, afterMs };
    const view = this.#view(organization);
    const decision = decideGuard(view);
    return decision.verdict === "proceed" ? undefined : { why: this.#stop(decision, view, organization) };
  }

  /** Looks at a pause anew; ends it, and wakes those that it held, when its time has come. */
  review(): GuardReview {
    const organization = this.#organization();
    const pause = this.#current(organization);
    if (pause === undefined) return { pause: undefined, afterMs: undefined };
    if (!this.#sees()) return { pause, afterMs: RECHECK_MS };
    if (!this.#countOpen()) return { pause, afterMs: NEXT_SLICE_MS };
    const { calmSince, verdict, waiting } = decideGuard(this.#view(organization));
    if (verdict === "proceed") {
      this.#pause = undefined;
      this.#wakeLeavers();
      return { pause: undefined, afterMs: undefined };
    }
    const { resumedBefore, since, why } = pause;
    this.#pause = { since, why, resumedBefore, waiting, ...(calmSince === undefined ? {} : { calmSince }) };
    return { pause: this.#pause, afterMs: RECHECK_MS };
  }

  /** Keeps count of all installs and of those that have left. */
  #count(key: string, install: PackInstall | undefined): void {
    if (install !== undefined && isBound(install) && !isGoing(install)) this.#bound.add(key);
    else this.#bound.delete(key);
    const latch = install === undefined ? undefined : latchOf(install);
    if (latch === undefined) this.#latched.delete(key);
    else this.#latched.set(key, latch);
  }

  #note(key: string): void {
    const install = this.#options.world.installs.store.get(key);
    if (install !== undefined && !isGoing(install)) {
      this.#open?.add(key);
      return;
    }
    this.#open?.delete(key);
    this.#leavesNoMore(key);
  }

  #opened(): Set<string> {
    this.#open ??= new Set(this.#options.world.installs.store.keys());
    return this.#open;
  }

  #take(key: string, install: PackInstall, evaluation: Evaluation): Seen | undefined {
    const leaver = leaverOf(install, evaluation, this.#options.clock.now());
    if (leaver === undefined) {
      this.#leavesNoMore(key);
      return undefined;
    }
    const now = this.#options.clock.monotonic();
    const before = this.#leaving.get(key);
    const seen = { ...leaver, seenAt: before?.seenAt ?? now };
    this.#leaving.set(key, seen);
    if (before === undefined) this.#follows(now);
    return seen;
  }

  #follows(now: number): void {
    this.#followedAt = now;
    this.#reviewSoon();
  }

  #leavesNoMore(key: string): void {
    if (this.#leaving.delete(key)) this.#reviewSoon();
  }

  #reviewSoon(): void {
    if (this.#pause !== undefined) this.#woken?.organizations.enqueueAfter(ORGANIZATION_NAME, REVIEW_MS);
  }

  /** Evaluates those that were woken, for a moment; whether all are done. */
  #countOpen(): boolean {
    const { clock, settings, world } = this.#options;
    const open = this.#opened();
    const until = clock.monotonic() + SLICE_MS;
    for (const key of open) {
      if (clock.monotonic() > until) return false;
      open.delete(key);
      const install = world.installs.store.get(key);
      if (install === undefined || isGoing(install) || !isBound(install)) this.#leavesNoMore(key);
      else this.#take(key, install, evaluateInstall(gatherInput(world, install, settings, clock.now())));
    }
    return true;
  }

  #unsettledMs({ seenAt }: Seen): number {
    const now = this.#options.clock.monotonic();
    return Math.ceil(Math.min(this.#followedAt + QUIET_MS - now, seenAt + PATIENCE_MS - now));
  }

  /** While a kind cannot be listed nobody leaves for it; that is no reason to end a pause. */
  #sees(): boolean {
    const { admissionBindings: _, admissionPolicies: __, ...kinds } = this.#options.world;
    return Object.values(kinds).every((informer) => informer.synced());
  }

  /** However many leave, they are not too many. */
  #neverStops(organization: PackOrganization | undefined): boolean {
    const installs = this.#bound.size + this.#latched.size;
    return installs <= allowance(installs, guardLimits(organization));
  }

  #view(organization: PackOrganization | undefined): GuardView {
    return {
      now: this.#options.clock.now(),
      bound: this.#bound.size,
      leaving: [...this.#leaving.values()],
      latched: [...this.#latched.values()],
      limits: guardLimits(organization),
      resumedAt: resumedAt(organization),
      pause: this.#pause,
    };
  }

  #stop(decision: GuardDecision, view: GuardView, organization: PackOrganization | undefined): Problem {
    const why = pauseProblem(decision, waitingOf(view), view.limits);
    this.#pause = { since: view.now, waiting: decision.waiting, why, resumedBefore: resumeOf(organization) };
    this.#woken?.organizations.enqueue(ORGANIZATION_NAME);
    return why;
  }

  /** The pause in force: one that an earlier process left behind counts, one that was resumed since does not. */
  #current(organization: PackOrganization | undefined): Stop | undefined {
    if (!this.#adopted && organization !== undefined) {
      this.#adopted = true;
      const pause = noticeOf(organization);
      if (pause !== undefined) this.#pause = { ...pause, resumedBefore: resumeOf(organization) };
    }
    if (this.#pause !== undefined && this.#pause.resumedBefore !== resumeOf(organization)) this.#pause = undefined;
    return this.#pause;
  }

  #organization(): PackOrganization | undefined {
    return this.#options.world.organizations.store.get(ORGANIZATION_NAME);
  }

  /** Nothing has changed about them: they are woken without being counted again. */
  #wakeLeavers(): void {
    for (const key of this.#leaving.keys()) this.#woken?.installs.enqueue(key);
  }
}

const isGoing = ({ metadata }: KubeObject): boolean => metadata.deletionTimestamp !== undefined;

const resumeOf = (organization: PackOrganization | undefined): string | undefined =>
  organization?.status?.uninstallGuard?.resumedAt;

const resumedAt = (organization: PackOrganization | undefined): number | undefined => {
  const stored = resumeOf(organization);
  return stored === undefined ? undefined : parseTimestamp(stored);
};

const noticeOf = (organization: PackOrganization): PauseNotice | undefined => {
  const pause = pauseOf(organization);
  const message = conditionOf(organization, "UninstallPaused")?.message ?? "";
  return pause === undefined ? undefined : { ...pause, why: problem("UninstallPaused", message) };
};
