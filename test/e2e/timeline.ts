/** Everything that happened to the objects of packs, in the order in which the API server stored it. */
import { NETWORK_POLICY, PACK_GRANT, PACK_KINDS, POD, type Resource } from "../../src/api/kinds.ts";
import { type KubeObject, keyOf } from "../../src/api/meta.ts";
import { SANDBOX_NAMESPACE, SYSTEM_NAMESPACE } from "../../src/api/names.ts";
import type { Client } from "../../src/kube/client.ts";

export type Moment = {
  /** The version of the whole store, so moments of different kinds compare. */
  readonly version: number;
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly kind: string;
  readonly key: string;
  readonly object: KubeObject;
  /** When we were told, in milliseconds of the monotonic clock. */
  readonly at: number;
};

const WATCHED: readonly (readonly [Resource, string | undefined])[] = [
  ...PACK_KINDS.filter((resource) => resource !== PACK_GRANT).map((resource) => [resource, undefined] as const),
  [PACK_GRANT, SYSTEM_NAMESPACE],
  [NETWORK_POLICY, SANDBOX_NAMESPACE],
  [POD, SANDBOX_NAMESPACE],
];

const HOUR_SECONDS = 3_600;

export class Timeline {
  readonly #moments: Moment[] = [];
  readonly #abort = new AbortController();
  readonly #running: Promise<unknown>[] = [];

  /** Records from now on. Start it while nothing is happening. */
  static async start(client: Client): Promise<Timeline> {
    const timeline = new Timeline();
    for (const [resource, namespace] of WATCHED) await timeline.#watch(client, resource, namespace);
    return timeline;
  }

  /** What happened so far, in order. */
  get moments(): readonly Moment[] {
    return [...this.#moments].sort((a, b) => a.version - b.version);
  }

  of(kind: string, key?: string): readonly Moment[] {
    return this.moments.filter((it) => it.kind === kind && (key === undefined || it.key === key));
  }

  async stop(): Promise<void> {
    this.#abort.abort(new Error("the test is over"));
    await Promise.all(this.#running);
  }

  async #watch(client: Client, resource: Resource, namespace: string | undefined): Promise<void> {
    const within = namespace === undefined ? {} : { namespace };
    const { resourceVersion } = await client.list(resource, within);
    const events = await client.watch<KubeObject>(resource, {
      ...within,
      resourceVersion,
      timeoutSeconds: HOUR_SECONDS,
      idleMs: HOUR_SECONDS * 1000,
      signal: this.#abort.signal,
    });
    const read = async (): Promise<void> => {
      for await (const { type, object } of events) {
        if (type === "BOOKMARK" || type === "ERROR") continue;
        const version = Number(object.metadata.resourceVersion);
        const at = performance.now();
        this.#moments.push({ version, type, kind: resource.kind, key: keyOf(object), object, at });
      }
    };
    this.#running.push(read().catch(() => undefined));
  }
}
