import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { systemClock } from "./clock.ts";

test("a timer that is longer than Node can count does not fire at once", async () => {
  let fired = 0;
  const cancel = systemClock.after(2 ** 31 + 1_000, () => fired++);
  await delay(30);
  cancel();
  expect(fired).toBe(0);
});
