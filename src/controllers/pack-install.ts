/**
 * One PackInstall: gather, decide, act, and one status write at the end.
 *
 * Guarantees: an install that nothing changed about is not written to; the order of writes never opens a way before
 * it is allowed, nor leaves one open after; a finalizer always ends, whatever else is missing.
 */
import { NETWORK_POLICY, PACK_GRANT, PACK_INSTALL, POD, type Resource } from "../api/kinds.ts";
import { type KubeObject, keyOf } from "../api/meta.ts";
import { FIELD_MANAGER, INSTALL_FINALIZER, SANDBOX_NAMESPACE, SYSTEM_NAMESPACE } from "../api/names.ts";
import type { PackGrant, PackInstall, PackInstallStatus } from "../api/v1alpha1/index.ts";
import type { NetworkPolicy, Pod } from "../api/wire.ts";
import type { Client } from "../kube/client.ts";
import { ApiError, isConflict, isForbidden, isInvalid, isNotFound, isNotServed } from "../kube/errors.ts";
import type { Clock } from "../lib/clock.ts";
import { deepEqual } from "../lib/deep-equal.ts";
import { type Evaluation, evaluateInstall } from "../policy/evaluate.ts";
import { isBound } from "../policy/input.ts";
import { type Problem, problem } from "../policy/problem.ts";
import { type Desired, desiredObjects, NOTHING } from "../resources/desired.ts";
import { childNameOf } from "../resources/identity.ts";
import { installStatus } from "../resources/install-status.ts";
import { observeGrant, observePod, observePolicy } from "../resources/observed.ts";
import { type Children, conflicting, plan, standingPod } from "../resources/plan.ts";
import type { Settings } from "../resources/settings.ts";
import type { ReconcileContext } from "../runtime/controller.ts";
import { addFinalizer, hasFinalizer, removeFinalizer } from "../runtime/finalizer.ts";
import { guardedPatch } from "../runtime/guarded-patch.ts";
import { DONE, type Outcome, requeueAfter } from "../runtime/outcome.ts";
import { gatherChildren, gatherInput } from "./gather.ts";
import type { InstallNotes } from "./install-notes.ts";
import type { KindsServed } from "./kinds-served.ts";
import { decisiveInformers, type World } from "./world.ts";
import { execute } from "./write.ts";

export type InstallReconcilerOptions = {
  readonly client: Client;
  readonly world: World;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly kindsServed: KindsServed;
  /** What people and Prometheus are told when something changed. */
  readonly notes: InstallNotes;
};

/** How soon an install is looked at again whose world cannot be read. */
const UNKNOWN_MS = 2_000;
const WRITE = { fieldManager: FIELD_MANAGER.install };

export class InstallReconciler {
  readonly #options: InstallReconcilerOptions;

  constructor(options: InstallReconcilerOptions) {
    this.#options = options;
  }

  readonly reconcile = async (key: string, ctx: ReconcileContext): Promise<Outcome> => {
    const { world } = this.#options;
    const install = world.installs.store.get(key);
    if (install === undefined) return DONE;
    if (install.metadata.deletionTimestamp !== undefined) return this.#finalize(install, ctx);
    if (!decisiveInformers(world).every((informer) => informer.synced())) return requeueAfter(UNKNOWN_MS, "NotSynced");
    return this.#settle(install, ctx);
  };

  async #settle(install: PackInstall, ctx: ReconcileContext): Promise<Outcome> {
    const { clock, settings, world } = this.#options;
    const now = clock.now();
    const input = gatherInput(world, install, settings, now);
    const evaluation = await this.#sure(install, evaluateInstall(input), ctx);
    const desired = desiredObjects(input, evaluation, settings);
    const children = gatherChildren(world, install);
    const acted = await this.#act(install, evaluation, desired, children, ctx);
    const status = installStatus({
      now,
      install,
      evaluation,
      desired,
      pod: standingPod(desired, children.pod),
      obstacle: acted.obstacle,
    });
    await this.#writeStatus(acted.install, status, ctx);
    this.#options.notes.changed(install, status, evaluation);
    if (acted.error !== undefined) throw acted.error;
    return next(evaluation, now);
  }

  /** A pack comes or goes only while every kind that the rules look at is served. */
  async #sure(install: PackInstall, evaluation: Evaluation, ctx: ReconcileContext): Promise<Evaluation> {
    const comes = evaluation.outcome === "Installed" && !isBound(install);
    const goes = evaluation.outcome === "Uninstalling" || evaluation.outcome === "Uninstalled";
    if (!comes && !goes) return evaluation;
    const missing = await this.#options.kindsServed(ctx.signal);
    if (missing === undefined) return evaluation;
    const why = problem("KindNotServed", `${missing}; nothing is installed or uninstalled until it is back.`);
    const binding = install.status?.boundConfiguration;
    if (binding === undefined) return { outcome: "Waiting", problem: why };
    const permit = { binding, configuration: undefined, definition: undefined, hosts: [] };
    return { outcome: "Installed", permit, suspended: undefined, unknown: why };
  }

  /** Writes in order. What the API server refuses for good becomes an obstacle that the status shows. */
  async #act(
    install: PackInstall,
    evaluation: Evaluation,
    desired: Desired,
    children: Children,
    ctx: ReconcileContext,
  ): Promise<{ readonly install: PackInstall; readonly obstacle?: Problem; readonly error?: unknown }> {
    const strangers = conflicting(children, install);
    if (strangers.length > 0 && desired.grant !== undefined) return { install, obstacle: nameConflict(strangers) };
    let current = install;
    try {
      if (desired.grant !== undefined) current = await this.#addFinalizer(install, ctx);
      const writes = plan(install, desired, strangers.length > 0 ? NO_CHILDREN : children, whyClosed(evaluation));
      await this.#write(install, writes, ctx);
      return { install: current };
    } catch (error) {
      if (!isLasting(error)) throw error;
      return { install: current, obstacle: problem("ApplyFailed", error.message), error };
    }
  }

  async #write(install: PackInstall, writes: ReturnType<typeof plan>, ctx: ReconcileContext): Promise<void> {
    const { client, world } = this.#options;
    for (const write of writes) {
      const informer = informerOf(world, write.resource);
      const result = await execute(client, write, WRITE, ctx.signal);
      const key = keyOf("over" in write ? write.over : write.object);
      if (result === undefined) ctx.ownWrites.deleted(keyOf(install), informer, key, uidOf(write));
      else ctx.ownWrites.wrote(keyOf(install), informer, key, result.metadata.resourceVersion);
      ctx.logger.info({ verb: write.verb, resource: write.resource.plural, object: key }, "object written");
    }
  }

  async #addFinalizer(install: PackInstall, ctx: ReconcileContext): Promise<PackInstall> {
    if (hasFinalizer(install, INSTALL_FINALIZER)) return install;
    const operations = addFinalizer(install, INSTALL_FINALIZER);
    const patched = await this.#patch(install, operations, ctx);
    return patched ?? install;
  }

  async #patch(
    install: PackInstall,
    operations: Parameters<typeof guardedPatch>[3],
    ctx: ReconcileContext,
  ): Promise<PackInstall | undefined> {
    const { client, world } = this.#options;
    const options = { ...WRITE, signal: ctx.signal };
    const patched = await guardedPatch<PackInstall>(client, PACK_INSTALL, refOf(install), operations, options);
    ctx.ownWrites.wrote(keyOf(install), world.installs, keyOf(install), patched?.metadata.resourceVersion);
    return patched;
  }

  async #writeStatus(install: PackInstall, status: PackInstallStatus, ctx: ReconcileContext): Promise<void> {
    if (deepEqual(install.status, status)) return;
    const { client, world } = this.#options;
    const { name, namespace, uid, resourceVersion } = install.metadata;
    const object = { ...install, metadata: { name, namespace, uid, resourceVersion }, status } as PackInstall;
    const written = await client.replaceStatus(PACK_INSTALL, object, { ...WRITE, signal: ctx.signal });
    ctx.ownWrites.wrote(keyOf(install), world.installs, keyOf(install), written.metadata.resourceVersion);
  }

  /** Reads the children from the API server: a deletion must end even while caches are not synced. */
  async #finalize(install: PackInstall, ctx: ReconcileContext): Promise<Outcome> {
    if (!hasFinalizer(install, INSTALL_FINALIZER)) return DONE;
    const children = await this.#readChildren(install, ctx.signal);
    const own = conflicting(children, install).length > 0 ? NO_CHILDREN : children;
    await this.#write(install, plan(install, NOTHING, own, DELETING), ctx);
    await this.#patch(install, removeFinalizer(install, INSTALL_FINALIZER), ctx);
    this.#options.notes.forget(install);
    return DONE;
  }

  async #readChildren(install: PackInstall, signal: AbortSignal): Promise<Children> {
    const { client } = this.#options;
    const name = childNameOf(install);
    const [grant, networkPolicy, pod] = await Promise.all([
      orUndefined(client.get<PackGrant>(PACK_GRANT, { namespace: SYSTEM_NAMESPACE, name }, { signal })),
      orUndefined(client.get<NetworkPolicy>(NETWORK_POLICY, { namespace: SANDBOX_NAMESPACE, name }, { signal })),
      orUndefined(client.get<Pod>(POD, { namespace: SANDBOX_NAMESPACE, name }, { signal })),
    ]);
    return {
      grant: grant && observeGrant(grant),
      networkPolicy: networkPolicy && observePolicy(networkPolicy),
      pod: pod && observePod(pod),
    };
  }
}

const NO_CHILDREN: Children = { grant: undefined, networkPolicy: undefined, pod: undefined };
const DELETING = problem("Deleting", "the PackInstall is being deleted.");

const refOf = ({ metadata }: KubeObject): { name: string; namespace: string } => ({
  name: metadata.name,
  namespace: metadata.namespace ?? "",
});

const uidOf = (write: ReturnType<typeof plan>[number]): string =>
  "over" in write ? (write.over.metadata.uid ?? "") : "";

const informerOf = (world: World, resource: Resource) =>
  resource === PACK_GRANT ? world.grants : resource === POD ? world.pods : world.policies;

/** What the API server will refuse again until somebody does something. */
const isLasting = (error: unknown): error is ApiError =>
  error instanceof ApiError && !isConflict(error) && (isForbidden(error) || isInvalid(error) || isNotFound(error));

const nameConflict = (strangers: readonly KubeObject[]): Problem =>
  problem(
    "NameConflict",
    `${strangers.map((it) => `the ${it.kind} '${keyOf(it)}'`).join(", ")} belongs to another install; it is not touched.`,
  );

const whyClosed = (evaluation: Evaluation): Problem => {
  if ("cause" in evaluation) return evaluation.cause;
  return "problem" in evaluation ? evaluation.problem : problem("Uninstalled", "the pack is not installed.");
};

const orUndefined = async <T>(call: Promise<T>): Promise<T | undefined> => {
  try {
    return await call;
  } catch (error) {
    if (isNotFound(error) || isNotServed(error)) return undefined;
    throw error;
  }
};

const next = (evaluation: Evaluation, now: number): Outcome => {
  if (evaluation.outcome === "Uninstalling") return requeueAfter(Math.max(evaluation.deadline - now, 1), "GracePeriod");
  const held = "unknown" in evaluation && evaluation.unknown?.reason === "KindNotServed";
  const waits = evaluation.outcome === "Waiting" && evaluation.problem.reason === "KindNotServed";
  return held || waits ? requeueAfter(UNKNOWN_MS, "KindNotServed") : DONE;
};
