import { readFileSync } from "node:fs";

/** How many tests passed and failed. */
export interface Tally {
  passed: number;
  failed: number;
}

/** Adds up. */
export function total(tallies: Tally[]): Tally {
  return tallies.reduce((sum, { passed, failed }) => ({ passed: sum.passed + passed, failed: sum.failed + failed }), {
    passed: 0,
    failed: 0,
  });
}

/**
 * What a test runner's JSON report says. A runner that ended badly without a failed test, or left no report, counts as one failure,
 * so that nothing which did not run can look like success.
 */
export function tallyOf(reportFile: string, exitCode: number, read: (report: unknown) => Tally): Tally {
  const tally = readReport(reportFile, read);
  if (!tally) return { passed: 0, failed: 1 };
  return exitCode !== 0 && tally.failed === 0 ? { ...tally, failed: 1 } : tally;
}

/** Reads the report of vitest's `json` reporter. A file that could not be loaded counts as a failure, too, as does a skipped test. */
export function readVitest(report: unknown): Tally {
  const { numPassedTests, numTotalTests, testResults } = report as {
    numPassedTests: number;
    numTotalTests: number;
    testResults: { status: string; assertionResults: unknown[] }[];
  };
  const unloaded = testResults.filter((file) => file.status === "failed" && file.assertionResults.length === 0).length;
  return { passed: numPassedTests, failed: numTotalTests - numPassedTests + unloaded };
}

/** Reads the report of Playwright's `json` reporter. Flaky and skipped tests count as failed. */
export function readPlaywright(report: unknown): Tally {
  const { stats, errors } = report as {
    stats: { expected: number; unexpected: number; flaky: number; skipped: number };
    errors: unknown[];
  };
  return { passed: stats.expected, failed: stats.unexpected + stats.flaky + stats.skipped + errors.length };
}

function readReport(file: string, read: (report: unknown) => Tally): Tally | undefined {
  try {
    return read(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return undefined;
  }
}
