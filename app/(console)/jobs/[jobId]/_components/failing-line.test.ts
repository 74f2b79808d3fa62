import { expect, test } from "vitest";
import type { Result } from "@/lib/contracts/job.ts";
import { failingLine } from "./failing-line.ts";

const step = (index: number, result: Result | null, firstLine: number | null) => ({
  index,
  name: `step ${index}`,
  result,
  exitCode: null,
  firstLine,
  startedAt: null,
  endedAt: null,
});
const log = (lines: number) => ({ bytes: 0, lines, complete: true, sha256: null });

test("the log opens at the end of the first step that failed", () => {
  const steps = [step(0, "success", 1), step(1, "failure", 10), step(2, "success", 40)];
  expect(failingLine({ steps, log: log(90) })).toBe(39);
  expect(failingLine({ steps: steps.slice(0, 2), log: log(90) })).toBe(90);
  expect(failingLine({ steps: [step(0, "exception", 1), step(1, "skipped", null)], log: log(7) })).toBe(7);
});

test("otherwise it opens at its beginning", () => {
  expect(failingLine({ steps: [step(0, "success", 1), step(1, null, 5)], log: log(9) })).toBeNull();
  expect(failingLine({ steps: [step(0, "failure", null)], log: log(0) })).toBeNull();
  expect(failingLine({ steps: [], log: log(3) })).toBeNull();
});
