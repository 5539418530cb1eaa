import { describe, expect, test } from "vitest";
import { FakeClock } from "../../test/gen/fake-clock.ts";
import { PodRenewals } from "./pod-renewals.ts";

describe("a sandbox's pod", () => {
  test("is replaced at once the first time", () => {
    expect(new PodRenewals(new FakeClock()).waits("team/crm")).toBe(0);
  });

  test("is replaced ever more slowly if it fails again and again, for at most five minutes and each install alone", async () => {
    const clock = new FakeClock();
    const renewals = new PodRenewals(clock);
    const waits: number[] = [];
    for (let round = 0; round < 12; round++) {
      renewals.renewed("team/crm");
      waits.push(renewals.waits("team/crm"));
      await clock.advance(renewals.waits("team/crm"));
      expect(renewals.waits("team/crm")).toBe(0);
    }
    expect(waits[0]).toBeLessThanOrEqual(1_000);
    expect(waits[5]).toBeGreaterThan(20_000);
    expect(Math.max(...waits)).toBeLessThanOrEqual(300_000);
    expect(renewals.waits("team/other")).toBe(0);
  });

  test("starts over after ten quiet minutes, or when the install is gone", async () => {
    const clock = new FakeClock();
    const renewals = new PodRenewals(clock);
    for (let round = 0; round < 8; round++) renewals.renewed("team/crm");
    await clock.advance(700_000);
    renewals.renewed("team/crm");
    expect(renewals.waits("team/crm")).toBeLessThanOrEqual(1_000);
    renewals.forget("team/crm");
    expect(renewals.waits("team/crm")).toBe(0);
  });
});
