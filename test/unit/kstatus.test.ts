import { describe, expect, it } from "vitest";
import { kstatusOf } from "../gen/kstatus.ts";

const T0 = "2026-01-01T00:00:00Z";

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
