import { writeFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { temporaryFolder } from "../../lib/testing/temporary-folder.ts";
import { readPlaywright, readVitest, tallyOf, total } from "./tally.ts";

const vitest = (passed: number, all: number, files: object[] = []) => ({
  numPassedTests: passed,
  numTotalTests: all,
  testResults: files,
});

function tally(report: object | string | undefined, exitCode: number) {
  const file = path.join(temporaryFolder(), "report.json");
  if (report !== undefined) writeFileSync(file, typeof report === "string" ? report : JSON.stringify(report));
  return tallyOf(file, exitCode, readVitest);
}

it("adds up", () => {
  expect(
    total([
      { passed: 1, failed: 2 },
      { passed: 3, failed: 4 },
    ]),
  ).toEqual({ passed: 4, failed: 6 });
  expect(total([])).toEqual({ passed: 0, failed: 0 });
});

it("takes what did not run for a failure", () => {
  expect(tally(vitest(5, 5), 0)).toEqual({ passed: 5, failed: 0 });
  expect(tally(vitest(5, 6), 1)).toEqual({ passed: 5, failed: 1 });
  expect(tally(vitest(5, 5), 1)).toEqual({ passed: 5, failed: 1 }); // an error outside of tests
  expect(tally(vitest(5, 5, [{ status: "failed", assertionResults: [] }]), 1)).toEqual({ passed: 5, failed: 1 });
  expect(tally(undefined, 0)).toEqual({ passed: 0, failed: 1 });
  expect(tally("{", 0)).toEqual({ passed: 0, failed: 1 });
});

it("counts a flaky or skipped browser test as failed", () => {
  const report = { stats: { expected: 7, unexpected: 1, flaky: 1, skipped: 1 }, errors: [{}] };
  expect(readPlaywright(report)).toEqual({ passed: 7, failed: 4 });
});
