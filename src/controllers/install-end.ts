/**
 * The end of a PackInstall: its grant is revoked, its objects are removed, its finalizer goes.
 *
 * Guarantees: it ends whatever else is missing or refused, because it reads its objects from the API server and not
 * from stores, and what the API server refuses to remove is left to the sweeper, which goes on trying. A fence whose
 * pod still runs is left to the sweeper, too.
 */
import { NETWORK_POLICY, PACK_GRANT, POD } from "../api/kinds.ts";
import { keyOf } from "../api/meta.ts";
import { INSTALL_FINALIZER, SANDBOX_NAMESPACE, SYSTEM_NAMESPACE } from "../api/names.ts";
import type { PackGrant, PackInstall } from "../api/v1alpha1/index.ts";
import type { NetworkPolicy, Pod } from "../api/wire.ts";
import type { Client } from "../kube/client.ts";
import { isNotFound, isNotServed } from "../kube/errors.ts";
import { problem } from "../policy/problem.ts";
import { NOTHING } from "../resources/desired.ts";
import { childNameOf } from "../resources/identity.ts";
import { observeGrant, observePod, observePolicy } from "../resources/observed.ts";
import { type Children, plan } from "../resources/plan.ts";
import type { ReconcileContext } from "../runtime/controller.ts";
import { hasFinalizer } from "../runtime/finalizer.ts";
import { type InstallWriter, isLasting } from "./install-writer.ts";

const DELETING = problem("Deleting", "the PackInstall is being deleted.");

export class InstallEnd {
  readonly #client: Pick<Client, "get">;
  readonly #writer: InstallWriter;
  /** Installs without our finalizer, key to UID: the store may show them with it for a moment longer. */
  readonly #ended = new Map<string, string | undefined>();

  constructor(client: Pick<Client, "get">, writer: InstallWriter) {
    this.#client = client;
    this.#writer = writer;
  }

  /** Whether this call ended it. */
  async end(install: PackInstall, ctx: ReconcileContext): Promise<boolean> {
    const { uid } = install.metadata;
    if (!hasFinalizer(install, INSTALL_FINALIZER) || this.#ended.get(keyOf(install)) === uid) return false;
    await this.#removeObjects(install, ctx);
    await this.#removeObjects(install, ctx);
    await this.#writer.removeFinalizer(install, ctx);
    this.#ended.set(keyOf(install), uid);
    return true;
  }

  /** The object is gone from the store. */
  forget(key: string): void {
    this.#ended.delete(key);
  }

  /** Twice is enough: the second time the pod is gone, or somebody else ends it, and the fence stays until then. */
  async #removeObjects(install: PackInstall, ctx: ReconcileContext): Promise<void> {
    const children = await this.readChildren(install, ctx.signal);
    for (const write of plan(install, NOTHING, children, DELETING)) {
      try {
        await this.#writer.write(install, write, ctx);
      } catch (err) {
        if (!isLasting(err)) throw err;
        ctx.logger.warn({ verb: write.verb, resource: write.resource.plural, err }, "not removed; left to the sweeper");
      }
    }
  }

  /** As the API server has them now, whatever the stores show. */
  async readChildren(install: PackInstall, signal: AbortSignal): Promise<Children> {
    const name = childNameOf(install);
    const [grant, networkPolicy, pod] = await Promise.all([
      orUndefined(this.#client.get<PackGrant>(PACK_GRANT, { namespace: SYSTEM_NAMESPACE, name }, { signal })),
      orUndefined(this.#client.get<NetworkPolicy>(NETWORK_POLICY, { namespace: SANDBOX_NAMESPACE, name }, { signal })),
      orUndefined(this.#client.get<Pod>(POD, { namespace: SANDBOX_NAMESPACE, name }, { signal })),
    ]);
    return {
      grant: grant && observeGrant(grant),
      networkPolicy: networkPolicy && observePolicy(networkPolicy),
      pod: pod && observePod(pod),
    };
  }
}

const orUndefined = async <T>(call: Promise<T>): Promise<T | undefined> => {
  try {
    return await call;
  } catch (error) {
    if (isNotFound(error) || isNotServed(error)) return undefined;
    throw error;
  }
};
