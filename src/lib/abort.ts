import type { Clock } from "./clock.ts";

/** The reason of a signal that aborted because time ran out. */
export class DeadlineExceeded extends Error {
  override readonly name = "DeadlineExceeded";

  constructor(ms: number) {
    super(`no answer within ${ms} ms`);
  }
}

/** A signal with an end of its own. Every scope must be released, or its parent keeps it alive. */
export type AbortScope = {
  readonly signal: AbortSignal;
  abort(reason: unknown): void;
  /** Cuts the scope loose from its parent and its timer; the signal never fires from then on, unless by `abort`. */
  release(): void;
};

/** Opens a scope that aborts with its parent's reason, or after `timeoutMs` with {@link DeadlineExceeded}. */
export const abortScope = (clock: Clock, parent?: AbortSignal, timeoutMs?: number): AbortScope => {
  const controller = new AbortController();
  const follow = (): void => controller.abort(parent?.reason);
  if (parent?.aborted) follow();
  parent?.addEventListener("abort", follow, { once: true });
  const cancel =
    timeoutMs === undefined
      ? undefined
      : clock.after(timeoutMs, () => controller.abort(new DeadlineExceeded(timeoutMs)));
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    release: () => {
      cancel?.();
      parent?.removeEventListener("abort", follow);
    },
  };
};

/** Settles as `work` does, unless the signal aborts first: then rejects with its reason and lets `work` go unheard. */
export const orAbort = <T>(work: Promise<T>, signal: AbortSignal): Promise<T> =>
  new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    if (signal.aborted) {
      work.catch(() => undefined);
      return stop();
    }
    signal.addEventListener("abort", stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
