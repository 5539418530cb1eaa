/** The writes about one PackInstall: its objects, its finalizer, its status. Each is noted, so that it is waited for. */
import { PACK_GRANT, PACK_INSTALL, POD, type Resource } from "../api/kinds.ts";
import { type KubeObject, keyOf } from "../api/meta.ts";
import { FIELD_MANAGER, INSTALL_FINALIZER } from "../api/names.ts";
import type { PackInstall, PackInstallStatus } from "../api/v1alpha1/index.ts";
import type { Client, JsonPatchOperation } from "../kube/client.ts";
import { ApiError, isConflict, isForbidden, isInvalid, isNotFound } from "../kube/errors.ts";
import { deepEqual } from "../lib/deep-equal.ts";
import type { Write } from "../resources/plan.ts";
import type { ReconcileContext } from "../runtime/controller.ts";
import { addFinalizer, hasFinalizer, removeFinalizer } from "../runtime/finalizer.ts";
import { guardedPatch } from "../runtime/guarded-patch.ts";
import { ConflictError } from "../runtime/outcome.ts";
import type { World } from "./world.ts";
import { execute } from "./write.ts";

const WRITE = { fieldManager: FIELD_MANAGER.install };

/** What the API server will refuse again until somebody does something. */
export const isLasting = (error: unknown): error is ApiError =>
  error instanceof ApiError && !isConflict(error) && (isForbidden(error) || isInvalid(error) || isNotFound(error));

const informerOf = (world: World, resource: Resource) =>
  resource === PACK_GRANT ? world.grants : resource === POD ? world.pods : world.policies;

export class InstallWriter {
  readonly #client: Client;
  readonly #world: World;

  constructor(client: Client, world: World) {
    this.#client = client;
    this.#world = world;
  }

  /** One planned write. Gives the object as stored; undefined after a deletion. */
  async write(install: PackInstall, write: Write, ctx: ReconcileContext): Promise<KubeObject | undefined> {
    const informer = informerOf(this.#world, write.resource);
    const result = await execute(this.#client, write, WRITE, ctx.signal);
    const target = "over" in write ? write.over : write.object;
    const key = keyOf(target);
    if (result === undefined) ctx.ownWrites.deleted(keyOf(install), informer, key, target.metadata.uid ?? "");
    else ctx.ownWrites.wrote(keyOf(install), informer, key, result.metadata.resourceVersion);
    ctx.logger.debug({ verb: write.verb, resource: write.resource.plural, object: key }, "object written");
    return result;
  }

  /**
   * The install with our finalizer.
   * @throws ConflictError if the spec is not what the decision was made from
   */
  async addFinalizer(install: PackInstall, ctx: ReconcileContext): Promise<PackInstall> {
    if (hasFinalizer(install, INSTALL_FINALIZER)) return install;
    const patched = await this.#patch(install, addFinalizer(install, INSTALL_FINALIZER), ctx);
    if (patched !== undefined && patched.metadata.generation !== install.metadata.generation) {
      throw new ConflictError("the install was edited since it was read");
    }
    return patched ?? install;
  }

  async removeFinalizer(install: PackInstall, ctx: ReconcileContext): Promise<void> {
    await this.#patch(install, removeFinalizer(install, INSTALL_FINALIZER), ctx);
  }

  async #patch(
    install: PackInstall,
    operations: readonly JsonPatchOperation[],
    ctx: ReconcileContext,
  ): Promise<PackInstall | undefined> {
    const { name, namespace = "" } = install.metadata;
    const options = { ...WRITE, signal: ctx.signal };
    const patched = await guardedPatch<PackInstall>(
      this.#client,
      PACK_INSTALL,
      { name, namespace },
      operations,
      options,
    );
    ctx.ownWrites.wrote(keyOf(install), this.#world.installs, keyOf(install), patched?.metadata.resourceVersion);
    return patched;
  }

  /** Only if it differs. */
  async writeStatus(install: PackInstall, status: PackInstallStatus, ctx: ReconcileContext): Promise<void> {
    if (deepEqual(install.status, status)) return;
    const { name, namespace, uid, resourceVersion } = install.metadata;
    const object = { ...install, metadata: { name, namespace, uid, resourceVersion }, status } as PackInstall;
    const written = await this.#client.replaceStatus(PACK_INSTALL, object, { ...WRITE, signal: ctx.signal });
    ctx.ownWrites.wrote(keyOf(install), this.#world.installs, keyOf(install), written.metadata.resourceVersion);
  }
}
