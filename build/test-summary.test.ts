import { expect, it } from "vitest";
import { isGood, type Report, summarize, summaryLine } from "./test-summary.ts";

const report = (passed: number, failed: number, extra: Partial<Report> = {}): Report => ({
  numPassedTests: passed,
  numFailedTests: failed,
  numPendingTests: 0,
  numTodoTests: 0,
  testResults: [],
  ...extra,
});

it("adds up all layers", () => {
  const summary = summarize([
    { exitCode: 0 },
    { exitCode: 0, report: report(3, 0, { numPendingTests: 1, numTodoTests: 1 }) },
    { exitCode: 1, report: report(4, 2) },
  ]);
  expect(summaryLine(summary)).toBe("7 passed, 2 failed, 2 skipped");
  expect(isGood(summary)).toBe(false);
});

it("counts a file that cannot be loaded as a failure", () => {
  const testResults = [
    { status: "failed", assertionResults: [] },
    { status: "failed", assertionResults: [{ status: "failed" }] },
    { status: "passed", assertionResults: [{ status: "passed" }] },
  ];
  expect(summarize([{ exitCode: 1, report: report(1, 1, { testResults }) }]).failed).toBe(2);
});

it("counts a layer that failed without naming a test as a failure", () => {
  expect(summarize([{ exitCode: 1 }]).failed).toBe(1);
  expect(summarize([{ exitCode: 1, report: report(5, 0) }]).failed).toBe(1);
});

it("does not call a run without tests good", () => {
  expect(isGood(summarize([{ exitCode: 0, report: report(0, 0) }]))).toBe(false);
});
