import type { Clock } from "./clock.ts";

/** The reason of a signal that aborted because time ran out. */
export class DeadlineExceeded extends Error {
  override readonly name = "DeadlineExceeded";

  constructor(ms: number) {
    super(`no answer within ${Math.round(ms)} ms`);
  }
}

/** A signal with an end of its own. Every scope must be released, or its parents keep it alive. */
export type AbortScope = {
  readonly signal: AbortSignal;
  abort(reason: unknown): void;
  /** Cuts the scope loose from its parents and its timer; the signal never fires from then on, unless by `abort`. */
  release(): void;
};

export type Parents = AbortSignal | undefined | readonly (AbortSignal | undefined)[];

/**
 * Opens a scope that aborts with the reason of the first parent that does, or after `timeoutMs` with
 * {@link DeadlineExceeded}.
 */
export const abortScope = (clock: Clock, parents?: Parents, timeoutMs?: number): AbortScope => {
  const controller = new AbortController();
  const leave = [parents].flat().map((parent) => follow(controller, parent));
  const cancel =
    timeoutMs === undefined
      ? undefined
      : clock.after(timeoutMs, () => controller.abort(new DeadlineExceeded(timeoutMs)));
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    release: () => {
      cancel?.();
      for (const each of leave) each();
    },
  };
};

/** Aborts with the parent's reason. The returned function ends that. */
const follow = (controller: AbortController, parent: AbortSignal | undefined): (() => void) => {
  const abort = (): void => controller.abort(parent?.reason);
  if (parent?.aborted) abort();
  parent?.addEventListener("abort", abort, { once: true });
  return () => parent?.removeEventListener("abort", abort);
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
