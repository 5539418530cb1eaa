/** docs/metrics.md lists what the controller exposes, no more and no less. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createControllers } from "../../src/controllers/index.ts";
import { createWorld } from "../../src/controllers/world.ts";
import { createClient } from "../../src/kube/client.ts";
import { fromParts } from "../../src/kube/config.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { createLogger } from "../../src/lib/logger.ts";
import { Metrics } from "../../src/lib/metrics.ts";
import { DEFAULT_SETTINGS } from "../../src/resources/settings.ts";
import { createClientObserver } from "../../src/runtime/client-metrics.ts";
import { EventRecorder } from "../../src/runtime/events.ts";
import { LeaderElector } from "../../src/runtime/leader-election.ts";

const PAGE = readFileSync(join(import.meta.dirname, "..", "..", "docs", "metrics.md"), "utf8");

const documented = (): readonly string[] => [...PAGE.matchAll(/^\| `([a-z_]+)` \|/gm)].map((match) => match[1] ?? "");

/** Names, types and labels of a process that has been built but never ran. */
const exposed = async (): Promise<ReadonlyMap<string, string>> => {
  const metrics = new Metrics();
  const observe = createClientObserver(metrics);
  const client = createClient(fromParts({ server: "https://127.0.0.1:1" }), { userAgent: "test", observe });
  const base = { client, clock: systemClock, logger: createLogger({ level: "silent" }), metrics, fieldManager: "test" };
  const events = new EventRecorder({ ...base, reportingController: "test", reportingInstance: "test" });
  new LeaderElector({ ...base, namespace: "test", name: "test", identity: "test" });
  const world = createWorld(base);
  createControllers({ ...base, world, events, settings: DEFAULT_SETTINGS, concurrency: 1 });
  const text = await metrics.text();
  return new Map([...text.matchAll(/^# HELP (\S+) (.*)$/gm)].map((match) => [match[1] ?? "", match[2] ?? ""]));
};

test("docs/metrics.md names every metric of the controller and no other", async () => {
  expect([...documented()].sort()).toEqual([...(await exposed()).keys()].sort());
});

test("docs/metrics.md says what the process says", async () => {
  for (const [name, help] of await exposed()) expect(PAGE).toContain(`| \`${name}\` | ${help} |`);
});
