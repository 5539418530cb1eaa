import { expect, it } from "vitest";
import { mutationPage, percent, scoreOf } from "./mutation-summary.ts";

const mutants = (...statuses: readonly string[]) => statuses.map((status) => ({ status }));

it("counts what never ends as killed, and leaves out what was not tried", () => {
  const score = scoreOf(
    mutants("Killed", "Timeout", "Survived", "NoCoverage", "Ignored", "CompileError", "RuntimeError"),
  );
  expect(score).toEqual({ killed: 2, survived: 1, uncovered: 1 });
  expect(percent(score)).toBe(50);
});

it("calls a file without mutants complete", () => {
  expect(percent(scoreOf([]))).toBe(100);
});

it("writes a row for each file, by name, and the sum", () => {
  const files = {
    "src/policy/b.ts": { mutants: mutants("Killed", "Survived") },
    "src/policy/a.ts": { mutants: mutants("Killed", "NoCoverage", "Killed", "Killed") },
  };
  const page = mutationPage({ files }, "2026-11-23");
  expect(page).toContain("On 2026-11-23 the tests killed 66.7 % of 6 mutants.");
  expect(page.split("\n").filter((line) => line.startsWith("| `") || line.startsWith("| all"))).toEqual([
    "| `a.ts` | 3 | 0 | 1 | 75.0 % |",
    "| `b.ts` | 1 | 1 | 0 | 50.0 % |",
    "| all | 4 | 1 | 1 | 66.7 % |",
  ]);
});
