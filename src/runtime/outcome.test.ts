import { describe, expect, it } from "vitest";
import { ApiError, TransportError } from "../kube/errors.ts";
import { ConflictError, DONE, requeueAfter, TerminalError, treatError, treatOutcome, WaitingError } from "./outcome.ts";

const api = (code: number, reason: string, retryAfterMs?: number): ApiError =>
  new ApiError("PUT things x", code, { reason }, retryAfterMs);

describe("the treatment of a reconcile that ended", () => {
  it.each([
    ["is nothing when it is done", treatOutcome(DONE), { kind: "forget", result: "success" }],
    [
      "is one more look, exactly when asked",
      treatOutcome(requeueAfter(700, "Grace")),
      { kind: "requeueAfter", result: "requeue_after", ms: 700, reason: "Grace" },
    ],
    [
      "is to give up when only a change can help",
      treatError(new TerminalError("Bad", "m")),
      { kind: "giveUp", result: "error", reason: "Bad" },
    ],
    [
      "is one more look when it waits for something",
      treatError(new WaitingError("NotYet", "m", 300)),
      { kind: "requeueAfter", result: "requeue_after", ms: 300, reason: "NotYet" },
    ],
    [
      "is a quiet retry when the server saw a conflict",
      treatError(api(409, "Conflict")),
      { kind: "retryQuietly", result: "requeue" },
    ],
    [
      "is a quiet retry when the store was behind",
      treatError(new ConflictError("m")),
      { kind: "retryQuietly", result: "requeue" },
    ],
    [
      "is a retry with the server's own reason",
      treatError(api(500, "InternalError")),
      { kind: "retry", result: "error", reason: "InternalError", atLeastMs: 0 },
    ],
    [
      "is a retry not before the server wants one",
      treatError(api(429, "TooManyRequests", 2000)),
      { kind: "retry", result: "error", reason: "TooManyRequests", atLeastMs: 2000 },
    ],
    [
      "is a retry when there was no answer",
      treatError(new TransportError("GET x", "reset")),
      { kind: "retry", result: "error", reason: "TransportError", atLeastMs: 0 },
    ],
    [
      "is a retry even when something else than an error was thrown",
      treatError("boom"),
      { kind: "retry", result: "error", reason: "Error", atLeastMs: 0 },
    ],
  ])("%s", (_, treatment, expected) => {
    expect(treatment).toEqual(expected);
  });
});
