/** The sum over several runs of Vitest. */

/** What is read of the report of Vitest's `json` reporter. */
export type Report = {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly {
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
};

/** One layer of tests: its exit code, and its report unless it broke before it could write one. */
export type Run = { readonly exitCode: number; readonly report?: Report };

export type Summary = { readonly passed: number; readonly failed: number; readonly skipped: number };

/** A file that fails outside its tests, and a run that fails without naming a test, count as one failure each. */
export function summarize(runs: readonly Run[]): Summary {
  return runs.map(summaryOf).reduce(
    (sum, { passed, failed, skipped }) => ({
      passed: sum.passed + passed,
      failed: sum.failed + failed,
      skipped: sum.skipped + skipped,
    }),
    { passed: 0, failed: 0, skipped: 0 },
  );
}

export const summaryLine = ({ passed, failed, skipped }: Summary): string =>
  `${passed} passed, ${failed} failed, ${skipped} skipped`;

/** No test at all is a failure too. */
export const isGood = ({ passed, failed }: Summary): boolean => failed === 0 && passed > 0;

function summaryOf({ exitCode, report }: Run): Summary {
  if (report === undefined) return { passed: 0, failed: exitCode === 0 ? 0 : 1, skipped: 0 };
  const failed = report.numFailedTests + report.testResults.filter(failedOutsideTests).length;
  return {
    passed: report.numPassedTests,
    failed: failed === 0 && exitCode !== 0 ? 1 : failed,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

const failedOutsideTests = (file: Report["testResults"][number]): boolean =>
  file.status === "failed" && !file.assertionResults.some(({ status }) => status === "failed");
