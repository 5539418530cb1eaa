/** What a reconcile may answer, and how each kind of failure is treated. */
import { ApiError, isConflict } from "../kube/errors.ts";

/** `done`: nothing until something changes. `requeueAfter`: once more after exactly `ms`, or earlier if something changes. */
export type Outcome =
  | { readonly kind: "done" }
  | { readonly kind: "requeueAfter"; readonly ms: number; readonly reason: string };

export const DONE: Outcome = { kind: "done" };

export const requeueAfter = (ms: number, reason: string): Outcome => ({ kind: "requeueAfter", ms, reason });

/** Only a change by a person can help: no retry until something changes. */
export class TerminalError extends Error {
  override readonly name = "TerminalError";
  readonly reason: string;

  /** `reason`: a CamelCase word, as in a condition. */
  constructor(reason: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** Not a failure: something is not there yet. Looks again after exactly `afterMs`. */
export class WaitingError extends Error {
  override readonly name = "WaitingError";
  readonly reason: string;
  readonly afterMs: number;

  constructor(reason: string, message: string, afterMs: number) {
    super(message);
    this.reason = reason;
    this.afterMs = afterMs;
  }
}

/** The world moved on between the look at it and the write. Read again and start over. */
export class ConflictError extends Error {
  override readonly name = "ConflictError";
}

/** What to do about a reconcile that ended. */
export type Treatment =
  | { readonly kind: "forget"; readonly result: "success" }
  | { readonly kind: "requeueAfter"; readonly result: "requeue_after"; readonly ms: number; readonly reason: string }
  /** Retry with back-off, without a word: a conflict. */
  | { readonly kind: "retryQuietly"; readonly result: "requeue" }
  | { readonly kind: "giveUp"; readonly result: "error"; readonly reason: string }
  /** Retry with back-off, at the earliest after `atLeastMs`. */
  | { readonly kind: "retry"; readonly result: "error"; readonly reason: string; readonly atLeastMs: number };

export const treatOutcome = (outcome: Outcome): Treatment =>
  outcome.kind === "done"
    ? { kind: "forget", result: "success" }
    : { kind: "requeueAfter", result: "requeue_after", ms: outcome.ms, reason: outcome.reason };

export const treatError = (error: unknown): Treatment => {
  if (error instanceof TerminalError) return { kind: "giveUp", result: "error", reason: error.reason };
  if (error instanceof WaitingError) {
    return { kind: "requeueAfter", result: "requeue_after", ms: error.afterMs, reason: error.reason };
  }
  if (error instanceof ConflictError || isConflict(error)) return { kind: "retryQuietly", result: "requeue" };
  return { kind: "retry", result: "error", reason: reasonOf(error), atLeastMs: retryAfterOf(error) };
};

const reasonOf = (error: unknown): string => {
  if (error instanceof ApiError && error.reason !== "") return error.reason;
  return error instanceof Error ? error.name : "Error";
};

const retryAfterOf = (error: unknown): number => (error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0);
