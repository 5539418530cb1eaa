import { describe, expect, test } from "vitest";
import { FakeClock } from "../../test/gen/fake-clock.ts";
import { abortScope, DeadlineExceeded, orAbort } from "./abort.ts";

describe("a scope", () => {
  test("aborts with its parent's reason", () => {
    const parent = new AbortController();
    const scope = abortScope(new FakeClock(), parent.signal);
    parent.abort("stop");
    expect(scope.signal.reason).toBe("stop");
  });

  test("aborts with the first of several parents, and leaves all when it is released", () => {
    const [first, second] = [new AbortController(), new AbortController()];
    const scope = abortScope(new FakeClock(), [first.signal, undefined, second.signal]);
    second.abort("closed");
    first.abort("stop");
    expect(scope.signal.reason).toBe("closed");
    const other = new AbortController();
    const released = abortScope(new FakeClock(), [other.signal]);
    released.release();
    other.abort("stop");
    expect(released.signal.aborted).toBe(false);
  });

  test("of an aborted parent is aborted from the start", () => {
    expect(abortScope(new FakeClock(), AbortSignal.abort("stop")).signal.reason).toBe("stop");
  });

  test("aborts when its time is up, not before", async () => {
    const clock = new FakeClock();
    const scope = abortScope(clock, undefined, 1_000);
    await clock.advance(999);
    expect(scope.signal.aborted).toBe(false);
    await clock.advance(1);
    expect(scope.signal.reason).toBeInstanceOf(DeadlineExceeded);
  });

  test("once released hears neither parent nor timer", async () => {
    const clock = new FakeClock();
    const parent = new AbortController();
    const scope = abortScope(clock, parent.signal, 1_000);
    scope.release();
    parent.abort("stop");
    await clock.advance(2_000);
    expect(scope.signal.aborted).toBe(false);
    expect(clock.pending).toBe(0);
  });
});

describe("work under a signal", () => {
  test("settles as it does", async () => {
    const { signal } = new AbortController();
    await expect(orAbort(Promise.resolve(1), signal)).resolves.toBe(1);
    await expect(orAbort(Promise.reject(new Error("no")), signal)).rejects.toThrow("no");
  });

  test("is let go when the signal aborts, and its late failure bothers nobody", async () => {
    const controller = new AbortController();
    const late = Promise.withResolvers<void>();
    const work = orAbort(late.promise, controller.signal);
    controller.abort(new Error("stop"));
    await expect(work).rejects.toThrow("stop");
    late.reject(new Error("too late"));
  });

  test("is not waited for when the signal was aborted before", async () => {
    const rejected = Promise.reject(new Error("unheard"));
    await expect(orAbort(rejected, AbortSignal.abort(new Error("stop")))).rejects.toThrow("stop");
  });
});
