/**
 * Read-your-writes: a reconcile must not decide on a store that does not show yet what the one before it wrote, or it
 * writes again. Writes are noted per reconciled key; the key is handed out again once the stores have caught up.
 */
import type { Logger } from "../lib/logger.ts";
import type { Informer } from "./informer.ts";

type Watched = Pick<Informer<unknown>, "resource" | "hasSeen" | "waitForVersion" | "isAbsent" | "waitForAbsence">;

/** Something that was written: `version` is what the server answered; a deletion has the UID of what it deleted. */
type Write = { readonly informer: Watched; readonly key: string } & (
  | { readonly version: string }
  | { readonly deletedUid: string }
);

const seen = (write: Write): boolean =>
  "version" in write
    ? write.informer.hasSeen(write.key, write.version)
    : write.informer.isAbsent(write.key, write.deletedUid);

const wait = (write: Write, timeoutMs: number): Promise<boolean> =>
  "version" in write
    ? write.informer.waitForVersion(write.key, write.version, timeoutMs)
    : write.informer.waitForAbsence(write.key, write.deletedUid, timeoutMs);

const DEFAULT_TIMEOUT_MS = 5_000;

export class OwnWrites {
  readonly #logger: Logger;
  readonly #timeoutMs: number;
  readonly #writes = new Map<string, Write[]>();

  /** `timeoutMs`: how long a key waits at most; then this is logged and life goes on. */
  constructor(logger: Logger, timeoutMs: number = DEFAULT_TIMEOUT_MS) {
    this.#logger = logger;
    this.#timeoutMs = timeoutMs;
  }

  /** The reconcile of `key` created or changed `objectKey`; the server answered with `version`. */
  wrote(key: string, informer: Watched, objectKey: string, version: string | undefined): void {
    if (version !== undefined) this.#note(key, { informer, key: objectKey, version });
  }

  /** The reconcile of `key` deleted `objectKey`. */
  deleted(key: string, informer: Watched, objectKey: string, uid: string): void {
    this.#note(key, { informer, key: objectKey, deletedUid: uid });
  }

  /** What must be waited for before `key` may be reconciled again; undefined if nothing. Never rejects. */
  settled(key: string): Promise<void> | undefined {
    const pending = (this.#writes.get(key) ?? []).filter((write) => !seen(write));
    this.#writes.delete(key);
    return pending.length === 0 ? undefined : this.#wait(pending);
  }

  #note(key: string, write: Write): void {
    const writes = this.#writes.get(key);
    if (writes === undefined) this.#writes.set(key, [write]);
    else writes.push(write);
  }

  async #wait(pending: readonly Write[]): Promise<void> {
    const met = await Promise.all(pending.map((write) => wait(write, this.#timeoutMs)));
    const late = pending.filter((_, index) => met[index] === false);
    for (const { informer, key } of late) {
      this.#logger.warn(
        { resource: informer.resource.plural, key },
        "own write has not come back; going on without it",
      );
    }
  }
}
