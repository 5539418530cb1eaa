import { describe, expect, test } from "vitest";
import { kstatusOf } from "../../test/gen/kstatus.ts";
import { ANN, BEN, changed, NOW, packGroup } from "../../test/gen/objects.ts";
import type { PackGroup } from "../api/v1alpha1/index.ts";
import { toTimestamp } from "../lib/clock.ts";
import { groupPart } from "../policy/groups.ts";
import { conditionOf } from "./conditions.ts";
import { groupStatus } from "./group-status.ts";

const MINUTE = 60_000;

const withStatus = (group: PackGroup, now = NOW): PackGroup =>
  changed(group, (it) => ({ ...it, status: groupStatus({ now, group, part: groupPart(group) }) }));

const dated = (syncTime?: string): PackGroup =>
  packGroup(
    "sales",
    { members: [ANN], source: { name: "scim", maxAgeSeconds: 600 } },
    { observedGeneration: -1, ...(syncTime === undefined ? {} : { syncTime }) },
  );

describe("a group", () => {
  const rows: readonly (readonly [sentence: string, group: PackGroup, ready: string, says: string])[] = [
    ["without a source is always fresh", packGroup("sales", { members: [ANN] }), "True Succeeded", "as it should be"],
    ["that was reported lately is fresh", dated(toTimestamp(NOW - MINUTE)), "True Succeeded", "as it should be"],
    ["that was never reported is stale", dated(), "False GroupDataStale", "never reported"],
    [
      "that was reported too long ago is stale",
      dated("2026-01-02T11:00:00Z"),
      "False GroupDataStale",
      "last reported at 2026-01-02T11:00:00Z",
    ],
    [
      "that was reported from the future is stale",
      dated("2036-01-02T11:00:00Z"),
      "False GroupDataStale",
      "reported from the future, 2036-01-02T11:00:00Z",
    ],
  ];
  test.each(rows)("%s", (_, group, ready, says) => {
    const after = withStatus(group);
    const condition = conditionOf(after, "Ready");
    expect(`${condition?.status} ${condition?.reason}`).toBe(ready);
    expect(condition?.message).toContain(says);
    expect(conditionOf(after, "Fresh")?.status).toBe(ready.startsWith("True") ? "True" : "False");
  });

  test("that is stale waits for its source: it neither failed nor is it done", () => {
    expect(kstatusOf(withStatus(dated()))).toBe("InProgress");
    expect(kstatusOf(withStatus(dated(toTimestamp(NOW))))).toBe("Current");
  });

  test("counts each member once", () => {
    expect(withStatus(packGroup("sales", { members: [ANN, BEN, ANN] })).status?.memberCount).toBe(2);
    expect(withStatus(packGroup("sales", {})).status?.memberCount).toBe(0);
  });

  test("keeps what its source reported to the letter", () => {
    const syncTime = "2026-01-02T12:00:00.123456+01:00";
    expect(withStatus(dated(syncTime)).status?.syncTime).toBe(syncTime);
    expect(withStatus(packGroup("sales", {})).status).not.toHaveProperty("syncTime");
  });

  test("has the same status however often it is looked at, until it becomes stale, and that moment is remembered", () => {
    const first = withStatus(dated(toTimestamp(NOW)));
    expect(withStatus(first, NOW + 9 * MINUTE).status).toEqual(first.status);
    const late = withStatus(first, NOW + 11 * MINUTE);
    expect(conditionOf(late, "Fresh")).toMatchObject({
      status: "False",
      lastTransitionTime: toTimestamp(NOW + 11 * MINUTE),
    });
    expect(withStatus(late, NOW + 12 * MINUTE).status).toEqual(late.status);
  });
});
