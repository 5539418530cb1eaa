import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Condition } from "../api/v1alpha1/index.ts";
import { type DesiredCondition, findCondition, kstatusOf, mergeConditions } from "./conditions.ts";

const T0 = "2026-01-01T00:00:00Z";
const NOW = Date.parse("2026-02-02T02:02:02Z");
const NOW_TEXT = "2026-02-02T02:02:02Z";

const desired = (type: string, status: "True" | "False" | "Unknown", message = "m"): DesiredCondition => ({
  type,
  status,
  reason: "R",
  message,
  observedGeneration: 1,
});
const existing = (type: string, status: "True" | "False" | "Unknown", message = "m"): Condition => ({
  ...desired(type, status, message),
  lastTransitionTime: T0,
});

describe("merged conditions", () => {
  it("are sorted by type and new ones begin now", () => {
    const merged = mergeConditions([], [desired("Ready", "True"), desired("Accepted", "True")], [], NOW);
    expect(merged.map(({ type, lastTransitionTime }) => [type, lastTransitionTime])).toEqual([
      ["Accepted", NOW_TEXT],
      ["Ready", NOW_TEXT],
    ]);
  });

  it("move their time only when the status flips", () => {
    const before = [existing("A", "True"), existing("B", "True")];
    const merged = mergeConditions(before, [desired("A", "True", "other words"), desired("B", "False")], [], NOW);
    expect(findCondition(merged, "A")).toMatchObject({ message: "other words", lastTransitionTime: T0 });
    expect(findCondition(merged, "B")).toMatchObject({ status: "False", lastTransitionTime: NOW_TEXT });
  });

  it("lose owned types that are wanted no more, and keep those of others", () => {
    const before = [existing("Foreign", "True"), existing("Ready", "True"), existing("Stalled", "True")];
    const merged = mergeConditions(before, [desired("Ready", "True")], ["Ready", "Stalled"], NOW);
    expect(merged.map(({ type }) => type)).toEqual(["Foreign", "Ready"]);
  });

  it("are the very same list when nothing changed, however often they are merged", () => {
    const status = fc.constantFrom("True" as const, "False" as const, "Unknown" as const);
    const condition = fc.tuple(fc.constantFrom("A", "B", "C"), status).map(([type, value]) => desired(type, value));
    const conditions = fc.uniqueArray(condition, { selector: ({ type }) => type });
    fc.assert(
      fc.property(conditions, conditions, (first, second) => {
        const before = mergeConditions([], first, ["A", "B", "C"], NOW);
        const once = mergeConditions(before, second, ["A", "B", "C"], NOW + 5_000);
        expect(mergeConditions(once, second, ["A", "B", "C"], NOW + 90_000)).toBe(once);
      }),
    );
  });
});

describe("kstatus", () => {
  const at = (conditions: [string, string][], observedGeneration = 2, more = {}) => ({
    metadata: { generation: 2, ...more },
    status: { observedGeneration, conditions: conditions.map(([type, status]) => ({ type, status })) },
  });

  it.each([
    ["Terminating while it is being deleted", at([["Ready", "True"]], 2, { deletionTimestamp: T0 }), "Terminating"],
    ["InProgress while the newest generation has not been looked at", at([["Ready", "True"]], 1), "InProgress"],
    ["InProgress before the first look, by the default of the CRD", at([], -1), "InProgress"],
    [
      "InProgress while reconciling",
      at([
        ["Reconciling", "True"],
        ["Ready", "True"],
      ]),
      "InProgress",
    ],
    [
      "Failed when stalled",
      at([
        ["Stalled", "True"],
        ["Ready", "False"],
      ]),
      "Failed",
    ],
    ["InProgress while not ready", at([["Ready", "False"]]), "InProgress"],
    ["InProgress while readiness is unknown", at([["Ready", "Unknown"]]), "InProgress"],
    ["Current when ready", at([["Ready", "True"]]), "Current"],
    ["Current without any condition, which is why there is a default", { metadata: { generation: 1 } }, "Current"],
  ] as const)("takes an object for %s", (_, object, expected) => {
    expect(kstatusOf(object)).toBe(expected);
  });
});
