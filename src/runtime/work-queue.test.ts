import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FakeClock, settle } from "../../test/gen/fake-clock.ts";
import { Metrics } from "../lib/metrics.ts";
import { type Priority, WorkQueue } from "./work-queue.ts";

const setup = () => {
  const clock = new FakeClock();
  const metrics = new Metrics();
  return { clock, metrics, queue: new WorkQueue({ name: "q", clock, metrics, random: () => 0 }) };
};

/** The next key if one is there now. */
const takeNow = async (queue: WorkQueue): Promise<string | undefined> => (queue.depth > 0 ? queue.take() : undefined);

describe("a work queue", () => {
  it("hands out a key once, however often it was added", async () => {
    const { queue } = setup();
    queue.add("a");
    queue.add("a");
    expect(await queue.take()).toBe("a");
    expect(queue.depth).toBe(0);
  });

  it("keeps a key that is added during its work until the work is done", async () => {
    const { queue } = setup();
    queue.add("a");
    await queue.take();
    queue.add("a");
    expect(queue.depth).toBe(0);
    queue.done("a");
    expect(await takeNow(queue)).toBe("a");
  });

  it("keeps a key that is added until what holds it has settled", async () => {
    const { queue } = setup();
    const { promise, resolve } = Promise.withResolvers<void>();
    queue.add("a");
    await queue.take();
    queue.done("a", promise);
    queue.add("a");
    queue.add("b");
    expect(await takeNow(queue)).toBe("b");
    expect(await takeNow(queue)).toBeUndefined();
    resolve();
    await settle();
    expect(await takeNow(queue)).toBe("a");
  });

  it("hands out changes before resyncs, and each in the order in which they came", async () => {
    const { queue } = setup();
    queue.add("r1", { priority: "resync" });
    queue.add("c1");
    queue.add("r2", { priority: "resync" });
    queue.add("c2");
    const order = [await queue.take(), await queue.take(), await queue.take(), await queue.take()];
    expect(order).toEqual(["c1", "c2", "r1", "r2"]);
  });

  it("raises a waiting resync when something changes, and never lowers a change", async () => {
    const { queue } = setup();
    queue.add("a", { priority: "resync" });
    queue.add("b", { priority: "resync" });
    queue.add("b");
    queue.add("b", { priority: "resync" });
    expect(await queue.take()).toBe("b");
  });

  it("adds later what is due later, the earlier of two moments counting", async () => {
    const { queue, clock } = setup();
    queue.addAfter("a", 1000);
    queue.addAfter("a", 500);
    queue.addAfter("a", 2000);
    await clock.advance(499);
    expect(queue.depth).toBe(0);
    await clock.advance(1);
    expect(await takeNow(queue)).toBe("a");
    queue.done("a");
    await clock.advance(5000);
    expect(queue.depth).toBe(0);
    expect(queue.idle).toBe(true);
  });

  it("does not keep moments that were overtaken for as long as an earlier one waits", async () => {
    const { queue, clock } = setup();
    queue.addAfter("first", 1_000);
    for (let round = 0; round < 10_000; round++) {
      queue.addAfter("a", 86_400_000 + round);
      queue.add("a");
      queue.done((await takeNow(queue)) ?? "");
    }
    queue.addAfter("a", 2_000);
    expect(queue.moments).toBeLessThan(100);
    await clock.advance(1_000);
    expect(await takeNow(queue)).toBe("first");
    await clock.advance(1_000);
    expect(await takeNow(queue)).toBe("a");
  });

  it("forgets a later moment when the key is added now", async () => {
    const { queue, clock } = setup();
    queue.addAfter("a", 1000);
    queue.add("a");
    await queue.take();
    queue.done("a");
    await clock.advance(2000);
    expect(queue.idle).toBe(true);
  });

  it("doubles the delay of a key with every failure, up to a limit, until it is forgotten", () => {
    const { queue } = setup();
    const delays = Array.from({ length: 20 }, () => queue.addRateLimited("a"));
    expect(delays.slice(0, 4)).toEqual([5, 10, 20, 40]);
    expect(delays.at(-1)).toBe(900_000);
    expect(queue.failures("a")).toBe(20);
    queue.forget("a");
    expect(queue.addRateLimited("a")).toBe(5);
    expect(queue.addRateLimited("b", 700)).toBe(700);
  });

  it("hands a key to a worker that has been waiting", async () => {
    const { queue } = setup();
    const taken = queue.take();
    queue.add("a");
    expect(await taken).toBe("a");
  });

  it("ends waiting workers on shut-down, drops what waits, and resolves when the last work is done", async () => {
    const { queue, clock } = setup();
    queue.add("a");
    await queue.take();
    const waiting = queue.take();
    queue.addAfter("b", 10);
    let over = false;
    const closing = queue.shutDown().then(() => {
      over = true;
    });
    expect(await waiting).toBeUndefined();
    queue.add("c");
    queue.add("a");
    await clock.advance(100);
    expect(over).toBe(false);
    queue.done("a");
    await closing;
    expect(await queue.take()).toBeUndefined();
    expect(clock.pending).toBe(0);
  });

  it("measures depth, waiting and work", async () => {
    const { queue, clock, metrics } = setup();
    const name = "q";
    expect(await metrics.value("workqueue_adds_total", { name })).toBe(0);
    queue.add("a");
    queue.add("a");
    queue.add("b");
    expect(await metrics.value("workqueue_depth", { name })).toBe(2);
    expect(await metrics.value("workqueue_adds_total", { name })).toBe(2);
    await clock.advance(2000);
    await queue.take();
    await clock.advance(3000);
    expect(await metrics.value("workqueue_queue_duration_seconds_sum", { name })).toBe(2);
    expect(await metrics.value("workqueue_unfinished_work_seconds", { name })).toBe(3);
    expect(await metrics.value("workqueue_longest_running_processor_seconds", { name })).toBe(3);
    queue.done("a");
    expect(await metrics.value("workqueue_work_duration_seconds_sum", { name })).toBe(3);
    queue.addRateLimited("a");
    expect(await metrics.value("workqueue_retries_total", { name })).toBe(1);
  });
});

/** What a work queue is, without any cleverness: for every key, when it is due, and whether it is in work. */
class Model {
  now = 0;
  order = 0;
  readonly waiting = new Map<string, { at: number; priority: Priority; order: number }>();
  readonly working = new Set<string>();
  add(key: string, ms: number, priority: Priority): void {
    const at = this.now + ms;
    const known = this.waiting.get(key);
    if (known === undefined) this.waiting.set(key, { at, priority, order: this.order++ });
    else if (ms <= 0 && known.at <= this.now) {
      if (known.priority === "resync" && priority === "change") Object.assign(known, { priority, order: this.order++ });
    } else if (known.at > this.now && at < known.at) Object.assign(known, { at, priority, order: this.order++ });
  }
  ready(): string[] {
    return [...this.waiting].filter(([key, { at }]) => at <= this.now && !this.working.has(key)).map(([key]) => key);
  }
}

describe("a work queue under any sequence of calls", () => {
  const key = fc.constantFrom("a", "b", "c");
  const priority = fc.constantFrom<Priority>("change", "resync");
  const call = fc.oneof(
    fc.record({ kind: fc.constant("add" as const), key, priority }),
    fc.record({ kind: fc.constant("later" as const), key, priority, ms: fc.integer({ min: 1, max: 50 }) }),
    fc.record({ kind: fc.constant("take" as const) }),
    fc.record({ kind: fc.constant("done" as const), key }),
    fc.record({ kind: fc.constant("pass" as const), ms: fc.integer({ min: 1, max: 30 }) }),
  );

  it("hands out exactly what the model says, one worker to a key, changes first", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(call, { maxLength: 40 }), async (calls) => {
        const { queue, clock } = setup();
        const model = new Model();
        for (const step of calls) {
          if (step.kind === "add") {
            queue.add(step.key, step);
            model.add(step.key, 0, step.priority);
          } else if (step.kind === "later") {
            queue.addAfter(step.key, step.ms, step);
            model.add(step.key, step.ms, step.priority);
          } else if (step.kind === "pass") {
            await clock.advance(step.ms);
            model.now += step.ms;
          } else if (step.kind === "done") {
            queue.done(step.key);
            model.working.delete(step.key);
          } else {
            const ready = model.ready();
            const taken = await takeNow(queue);
            expect(taken === undefined).toBe(ready.length === 0);
            if (taken === undefined) continue;
            expect(ready).toContain(taken);
            const changes = ready.filter((each) => model.waiting.get(each)?.priority === "change");
            if (changes.length > 0) expect(changes).toContain(taken);
            model.waiting.delete(taken);
            model.working.add(taken);
          }
          expect(queue.depth).toBe(model.ready().length);
        }
      }),
      { numRuns: 150 },
    );
  });
});
