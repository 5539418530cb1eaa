import { setTimeout as sleep } from "node:timers/promises";

export type EventuallyOptions = {
  /** Default: 10 s. */
  readonly deadlineMs?: number;
  /** Default: 50 ms. */
  readonly everyMs?: number;
};

type Nothing = undefined | null | false;

/**
 * Asks `check` until it answers with something; `undefined`, `null`, `false` and a throw mean "not yet".
 * After the deadline it fails with `what` and the last reason, so `what` should read as a wish: "the pod is gone".
 */
export async function eventually<T>(
  what: string,
  check: () => T | Nothing | Promise<T | Nothing>,
  options: EventuallyOptions = {},
): Promise<T> {
  const { deadlineMs = 10_000, everyMs = 50 } = options;
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    const { value, problem } = await attempt(check);
    if (value !== undefined && value !== null && value !== false) return value;
    if (performance.now() > deadline) {
      throw new Error(`not within ${deadlineMs / 1000} s: ${what}`, { cause: problem });
    }
    await sleep(everyMs);
  }
}

async function attempt<T>(
  check: () => T | Nothing | Promise<T | Nothing>,
): Promise<{ value?: T | Nothing; problem?: unknown }> {
  try {
    return { value: await check() };
  } catch (problem) {
    return { problem };
  }
}
