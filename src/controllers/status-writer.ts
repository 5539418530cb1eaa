/** Writes the status of the kinds whose status is only a summary: when it differs, and counters at most once a second. */
import type { Resource } from "../api/kinds.ts";
import { type KubeObject, keyOf } from "../api/meta.ts";
import type { Client } from "../kube/client.ts";
import type { Clock } from "../lib/clock.ts";
import { deepEqual } from "../lib/deep-equal.ts";
import type { ReconcileContext } from "../runtime/controller.ts";
import type { Informer } from "../runtime/informer.ts";
import { DONE, type Outcome, requeueAfter } from "../runtime/outcome.ts";

const COUNTER_MS = 1_000;

export type StatusWriterOptions<T> = {
  readonly client: Pick<Client, "replaceStatus">;
  readonly clock: Clock;
  readonly resource: Resource;
  readonly informer: Informer<T>;
  readonly fieldManager: string;
  /** Keys of the status that only count. A change of these alone waits until a second has passed since the last write. */
  readonly counters: readonly string[];
};

export class StatusWriter<T extends KubeObject & { readonly status?: object }> {
  readonly #options: StatusWriterOptions<T>;
  readonly #written = new Map<string, number>();

  constructor(options: StatusWriterOptions<T>) {
    this.#options = options;
  }

  async write(object: T, status: NonNullable<T["status"]>, ctx: ReconcileContext): Promise<Outcome> {
    if (deepEqual(object.status, status)) return DONE;
    const { client, clock, counters, fieldManager, informer, resource } = this.#options;
    const key = keyOf(object);
    const wait = (this.#written.get(key) ?? Number.NEGATIVE_INFINITY) + COUNTER_MS - clock.monotonic();
    const onlyCounts = deepEqual(without(object.status, counters), without(status, counters));
    if (onlyCounts && wait > 0) return requeueAfter(wait, "Counting");
    if (counters.length > 0) this.#written.set(key, clock.monotonic());
    const { name, namespace, uid, resourceVersion } = object.metadata;
    const next = { ...object, metadata: { name, namespace, uid, resourceVersion }, status } as T;
    const written = await client.replaceStatus(resource, next, { fieldManager, signal: ctx.signal });
    ctx.ownWrites.wrote(key, informer, key, written.metadata.resourceVersion);
    return DONE;
  }

  forget(key: string): void {
    this.#written.delete(key);
  }
}

const without = (status: object | undefined, keys: readonly string[]): object =>
  Object.fromEntries(Object.entries(status ?? {}).filter(([key]) => !keys.includes(key)));
