import { describe, expect, it } from "vitest";
import { FakeClock } from "../../test/gen/fake-clock.ts";
import { TokenBucket } from "./token-bucket.ts";

describe("a token bucket", () => {
  it("allows a burst, then one for each refill, and never saves more than the burst", async () => {
    const clock = new FakeClock();
    const bucket = new TokenBucket(clock, 2, 1_000);
    expect([bucket.take(), bucket.take(), bucket.take()]).toEqual([true, true, false]);
    await clock.advance(999);
    expect(bucket.take()).toBe(false);
    await clock.advance(1);
    expect([bucket.take(), bucket.take()]).toEqual([true, false]);
    expect(bucket.full).toBe(false);
    await clock.advance(60_000);
    expect(bucket.full).toBe(true);
    expect([bucket.take(), bucket.take(), bucket.take()]).toEqual([true, true, false]);
  });
});
