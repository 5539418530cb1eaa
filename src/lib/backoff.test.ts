import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FakeClock } from "../../test/gen/fake-clock.ts";
import { Backoff, backoffDelay } from "./backoff.ts";

const OPTIONS = { initialMs: 100, maxMs: 1_000 };

describe("a delay", () => {
  test("doubles up to its maximum", () => {
    const delays = [0, 1, 2, 3, 4, 50].map((attempt) => backoffDelay(OPTIONS, attempt, () => 0));
    expect(delays).toEqual([100, 200, 400, 800, 1_000, 1_000]);
  });

  test("stays within its jitter, whatever the attempt", () => {
    const attempt = fc.integer({ min: 0, max: 2_000 });
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    const jitter = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(attempt, random, jitter, (n, chance, share) => {
        const ceiling = Math.min(1_000, 100 * 2 ** n);
        const delay = backoffDelay({ ...OPTIONS, jitter: share }, n, () => chance);
        expect(delay).toBeLessThanOrEqual(ceiling);
        expect(delay).toBeGreaterThanOrEqual(ceiling * (1 - share) - 1e-6);
      }),
    );
  });
});

describe("a back-off", () => {
  const backoff = (clock: FakeClock): Backoff => new Backoff(OPTIONS, 10_000, clock, () => 0);

  test("grows with failures in a row and starts over when reset", () => {
    const failures = backoff(new FakeClock());
    expect([failures.next(), failures.next(), failures.next()]).toEqual([100, 200, 400]);
    failures.reset();
    expect(failures.next()).toBe(100);
  });

  test("forgets failures after a quiet time", async () => {
    const clock = new FakeClock();
    const failures = backoff(clock);
    failures.next();
    await clock.advance(10_000);
    expect(failures.next()).toBe(200);
    await clock.advance(10_001);
    expect(failures.next()).toBe(100);
  });
});
