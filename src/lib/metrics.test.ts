import { describe, expect, it } from "vitest";
import { Metrics } from "./metrics.ts";

describe("metrics", () => {
  it("are the same metric for everybody who asks for the name", async () => {
    const metrics = new Metrics();
    metrics.counter("things_total", "Things.", ["kind"]).inc({ kind: "a" });
    metrics.counter("things_total", "Things.", ["kind"]).inc({ kind: "b" }, 2);
    expect(await metrics.value("things_total", { kind: "a" })).toBe(1);
    expect(await metrics.value("things_total", { kind: "b" })).toBe(2);
    expect(await metrics.value("things_total", { kind: "c" })).toBeUndefined();
    expect(await metrics.value("others_total")).toBeUndefined();
  });

  it("are apart for two instances: there is no global registry", async () => {
    new Metrics().gauge("size", "Size.").set(1);
    expect(await new Metrics().value("size")).toBeUndefined();
  });

  it("read sampled gauges when somebody asks, and forget removed ones", async () => {
    const metrics = new Metrics();
    let size = 1;
    const remove = metrics.sample("size", "Size.", { name: "a" }, () => size);
    metrics.sample("size", "Size.", { name: "b" }, () => 7);
    size = 5;
    expect(await metrics.value("size", { name: "a" })).toBe(5);
    expect(await metrics.value("size", { name: "b" })).toBe(7);
    remove();
    expect(await metrics.value("size", { name: "a" })).toBeUndefined();
  });

  it("compute all series of a collected gauge when somebody asks: what vanished is gone", async () => {
    const metrics = new Metrics();
    const sizes = new Map([
      ["a", 1],
      ["b", 2],
    ]);
    const remove = metrics.collect("size", "Size.", ["name"], () =>
      [...sizes].map(([name, value]) => ({ labels: { name }, value })),
    );
    metrics.collect("size", "Size.", ["name"], () => [{ labels: { name: "c" }, value: 3 }]);
    expect(await metrics.value("size", { name: "a" })).toBe(1);
    sizes.delete("a");
    sizes.set("b", 5);
    expect(await metrics.value("size", { name: "a" })).toBeUndefined();
    expect(await metrics.value("size", { name: "b" })).toBe(5);
    expect(await metrics.text()).not.toContain('name="a"');
    remove();
    expect(await metrics.value("size", { name: "b" })).toBeUndefined();
    expect(await metrics.value("size", { name: "c" })).toBe(3);
  });

  it("tell sums and counts of histograms apart", async () => {
    const metrics = new Metrics();
    const seconds = metrics.histogram("wait_seconds", "Wait.", ["name"], [1, 10]);
    seconds.observe({ name: "a" }, 3);
    seconds.observe({ name: "a" }, 4);
    expect(await metrics.value("wait_seconds_sum", { name: "a" })).toBe(7);
    expect(await metrics.value("wait_seconds_count", { name: "a" })).toBe(2);
  });
});
