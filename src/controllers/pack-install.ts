/**
 * One PackInstall: gather, decide, act, and one status write at the end.
 *
 * Guarantees: an install that nothing changed about is not written to; the order of writes never opens a way before
 * it is allowed, nor leaves one open after; a finalizer always ends, whatever else is missing.
 */
import { POD } from "../api/kinds.ts";
import { type KubeObject, keyOf } from "../api/meta.ts";
import type { Reason } from "../api/reasons.ts";
import type { PackInstall } from "../api/v1alpha1/index.ts";
import type { Client } from "../kube/client.ts";
import { isConflict } from "../kube/errors.ts";
import type { Clock } from "../lib/clock.ts";
import { type Evaluation, evaluateInstall, withoutCertainty } from "../policy/evaluate.ts";
import { type InstallInput, isBound } from "../policy/input.ts";
import { accountsEnd } from "../policy/install-accounts.ts";
import { type Problem, problem } from "../policy/problem.ts";
import { trialFindings } from "../policy/trial.ts";
import { type Desired, desiredObjects } from "../resources/desired.ts";
import { installStatus } from "../resources/install-status.ts";
import { type Children, plan, standingPod, strangers, type Write } from "../resources/plan.ts";
import type { Settings } from "../resources/settings.ts";
import type { ReconcileContext } from "../runtime/controller.ts";
import { ConflictError, DONE, type Outcome, requeueAfter } from "../runtime/outcome.ts";
import { DocClaims } from "./doc-claims.ts";
import { untilExpiry } from "./expiry.ts";
import { gatherChildren, gatherInput } from "./gather.ts";
import { InstallEnd } from "./install-end.ts";
import type { InstallNotes } from "./install-notes.ts";
import { InstallWriter, isLasting } from "./install-writer.ts";
import type { KindsServed } from "./kinds-served.ts";
import { PodRenewals } from "./pod-renewals.ts";
import type { Hold, UninstallGuard } from "./uninstall-guard.ts";
import type { World } from "./world.ts";

export type InstallReconcilerOptions = {
  readonly client: Client;
  readonly world: World;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly kindsServed: KindsServed;
  readonly guard: Pick<UninstallGuard, "evaluated" | "hold">;
  /** What people and Prometheus are told when something changed. */
  readonly notes: InstallNotes;
};

/** How soon an install is looked at again whose world cannot be read. */
const UNKNOWN_MS = 2_000;
/** How soon an install is looked at again that waits for an answer which ought to come by itself. */
const DOUBT_MS = 15_000;
/** How soon an install is looked at again whose doc is just being claimed by another one. */
const CLAIMED_MS = 100;

/** What was written, and what kept the rest from being written. */
type Acted = {
  /** As the API server has it after the finalizer was added. */
  readonly install: PackInstall;
  readonly obstacle?: Problem;
  /** Retried after the status was written. */
  readonly error?: unknown;
  /** Milliseconds until the pod may be replaced. */
  readonly waitMs?: number;
};

export class InstallReconciler {
  readonly #options: InstallReconcilerOptions;
  readonly #writer: InstallWriter;
  readonly #end: InstallEnd;
  readonly #claims: DocClaims;
  readonly #renewals: PodRenewals;
  /** Installs of whose objects the API server had a newer version than the store at the last write. */
  readonly #behind = new Set<string>();

  constructor(options: InstallReconcilerOptions) {
    const { client, clock, world } = options;
    this.#options = options;
    this.#writer = new InstallWriter(client, world);
    this.#end = new InstallEnd(client, this.#writer);
    this.#claims = new DocClaims(world.installs.store);
    this.#renewals = new PodRenewals(clock);
  }

  readonly reconcile = async (key: string, ctx: ReconcileContext): Promise<Outcome> => {
    const install = this.#options.world.installs.store.get(key);
    if (install === undefined) {
      this.#end.forget(key);
      this.#renewals.forget(key);
      this.#behind.delete(key);
      return DONE;
    }
    if (install.metadata.deletionTimestamp === undefined) return this.#settle(install, ctx);
    this.#claims.release(install);
    if (await this.#end.end(install, ctx)) this.#options.notes.forget(install);
    return DONE;
  };

  async #settle(install: PackInstall, ctx: ReconcileContext): Promise<Outcome> {
    const { clock, settings, world } = this.#options;
    const now = clock.now();
    const input = gatherInput(world, install, settings, now);
    const { evaluation, hold } = await this.#evaluate(input, ctx);
    if (!this.#mayBind(install, evaluation)) return requeueAfter(CLAIMED_MS, "DocClaimed");
    const desired = desiredObjects(input, evaluation, settings);
    const children = await this.#children(install, evaluation, ctx);
    const acted = await this.#act(install, evaluation, desired, children, ctx);
    const pod = standingPod(desired, children.pod);
    const trials = trialFindings(input);
    const status = installStatus({ world: input, evaluation, desired, pod, trials, obstacle: acted.obstacle });
    await this.#writer.writeStatus(acted.install, status, ctx);
    this.#options.notes.changed(install, status, evaluation);
    if (acted.error !== undefined) throw acted.error;
    return hold === undefined ? next(input, evaluation, acted.waitMs) : heldBack(hold);
  }

  /** A pack that the uninstall guard holds back is revoked, and keeps its objects. */
  async #evaluate(input: InstallInput, ctx: ReconcileContext): Promise<{ evaluation: Evaluation; hold?: Hold }> {
    const { guard } = this.#options;
    const first = evaluateInstall(input);
    guard.evaluated(input.install, first);
    const evaluation = await this.#sure(input, first, ctx);
    const hold = guard.hold(input.install, evaluation);
    return hold === undefined ? { evaluation } : { evaluation: evaluateInstall({ ...input, held: hold.why }), hold };
  }

  /** A pack comes or goes only while every kind that the rules look at is served. */
  async #sure(input: InstallInput, evaluation: Evaluation, ctx: ReconcileContext): Promise<Evaluation> {
    const comes = evaluation.outcome === "Installed" && !isBound(input.install);
    const goes = evaluation.outcome === "Uninstalling" || evaluation.outcome === "Uninstalled";
    if (!comes && !goes) return evaluation;
    const missing = await this.#options.kindsServed(ctx.signal);
    if (missing === undefined) return evaluation;
    const why = problem("KindNotServed", `${missing}; nothing is installed or uninstalled until it is back.`);
    return withoutCertainty(input, evaluation, why);
  }

  /**
   * A watch may be open and silent: what is removed for good, or was found to be newer than the store has it, is read from
   * the API server. A grant that the store does not show is revoked all the same.
   */
  async #children(install: PackInstall, { outcome }: Evaluation, ctx: ReconcileContext): Promise<Children> {
    const behind = this.#behind.delete(keyOf(install));
    const goes = outcome === "Uninstalled" && isBound(install);
    return goes || behind ? this.#end.readChildren(install, ctx.signal) : gatherChildren(this.#options.world, install);
  }

  #mayBind(install: PackInstall, evaluation: Evaluation): boolean {
    if (evaluation.outcome === "Installed" && !isBound(install)) return this.#claims.claim(install);
    this.#claims.release(install);
    return true;
  }

  /** Writes in order. What the API server refuses for good becomes an obstacle that the status shows. */
  async #act(
    install: PackInstall,
    evaluation: Evaluation,
    desired: Desired,
    children: Children,
    ctx: ReconcileContext,
  ): Promise<Acted> {
    let current = install;
    try {
      if (desired.grant !== undefined) current = await this.#writer.addFinalizer(install, ctx);
      const planned = plan(install, desired, children, whyClosed(evaluation));
      const { waitMs, writes } = this.#paced(keyOf(install), desired, planned);
      for (const write of writes) await this.#writer.write(install, write, ctx);
      const foreign = desired.grant === undefined ? undefined : nameConflict(strangers(children, install));
      const obstacle = foreign ?? (waitMs > 0 ? UNSTEADY_POD : undefined);
      return { install: current, waitMs, ...(obstacle === undefined ? {} : { obstacle }) };
    } catch (error) {
      if (isStale(error)) this.#behind.add(keyOf(install));
      if (!isLasting(error)) throw error;
      return { install: current, obstacle: problem("ApplyFailed", error.message), error };
    }
  }

  /** Pods that fail or are rewritten again and again are replaced ever more slowly. */
  #paced(key: string, desired: Desired, planned: readonly Write[]): { waitMs: number; writes: readonly Write[] } {
    const replaces = (write: Write): boolean =>
      write.verb === "delete" && write.resource === POD && desired.pod !== undefined;
    if (!planned.some(replaces)) return { waitMs: 0, writes: planned };
    const waitMs = this.#renewals.waits(key);
    if (waitMs > 0) return { waitMs, writes: planned.filter((write) => !replaces(write)) };
    this.#renewals.renewed(key);
    return { waitMs, writes: planned };
  }
}

const isStale = (error: unknown): boolean => error instanceof ConflictError || isConflict(error);

const UNSTEADY_POD = problem(
  "SandboxFailed",
  "the sandbox's pod fails, or something rewrites it, again and again; it is replaced ever more slowly. Look at the pod's status, and at webhooks and policies that change pods in packs-sandboxes.",
);

/** Objects of another install under our names; one that is on its way out is only waited for. */
const nameConflict = (others: readonly KubeObject[]): Problem | undefined => {
  const lasting = others.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  return lasting.length === 0
    ? undefined
    : problem(
        "NameConflict",
        `${lasting.map((it) => `the ${it.kind} '${keyOf(it)}'`).join(", ")} belongs to another install; it is not touched.`,
      );
};

const whyClosed = (evaluation: Evaluation): Problem => {
  if ("cause" in evaluation) return evaluation.cause;
  return "problem" in evaluation ? evaluation.problem : problem("Uninstalled", "the pack is not installed.");
};

const heldBack = ({ afterMs }: Hold): Outcome =>
  afterMs === undefined ? DONE : requeueAfter(afterMs, "UninstallGuard");

const next = (input: InstallInput, evaluation: Evaluation, waitMs = 0): Outcome => {
  const { now } = input;
  if (evaluation.outcome === "Uninstalling") return requeueAfter(Math.max(evaluation.deadline - now, 1), "GracePeriod");
  const doubt = doubtOf(evaluation);
  if (doubt !== undefined) return requeueAfter(doubt === "KindNotServed" ? UNKNOWN_MS : DOUBT_MS, doubt);
  return waitMs > 0 ? requeueAfter(waitMs, "PodRenewal") : untilExpiry(firstEnd(input, evaluation), now);
};

/** Why nobody can tell. Most of it wakes the install when it ends; a list that comes back without a change does not. */
const doubtOf = (evaluation: Evaluation): Reason | undefined => {
  if (evaluation.outcome === "Installed") return evaluation.unknown?.reason;
  const waiting = evaluation.outcome === "Waiting" ? evaluation.problem.reason : undefined;
  return waiting !== undefined && DOUBTS.has(waiting) ? waiting : undefined;
};

const DOUBTS: ReadonlySet<Reason> = new Set([
  "KindNotServed",
  "GroupDataStale",
  "AudienceUnknown",
  "AdmissionMissing",
  "OrganizationNotFound",
]);

/** When the first review or account ends that this install relies on. */
const firstEnd = (input: InstallInput, evaluation: Evaluation): number | undefined => {
  if (evaluation.outcome !== "Installed") return undefined;
  const ends = [evaluation.permit.facts?.expiresAt, accountsEnd(input)].filter((end) => end !== undefined);
  return ends.length === 0 ? undefined : Math.min(...ends);
};
