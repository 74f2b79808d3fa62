import { describe, expect, it } from "vitest";
import type { Result } from "../contracts/job.ts";
import { applyRetryRule, type FailedStep, retryRuleOf } from "./retry-rule.ts";

const rule = { limit: 5, exitCodes: [75, 100] };
const failed = (exitCode: number | null): FailedStep => ({ name: "test", exitCode });

describe("applyRetryRule", () => {
  it("takes a failure with a code that the builder names for a fault of the infrastructure", () => {
    expect(
      applyRetryRule({ result: "failure", reason: "Step “test” ended with exit code 75." }, failed(75), rule),
    ).toEqual({
      result: "retry",
      reason: "Step “test” ended with exit code 75, which its builder takes for a fault of the infrastructure.",
    });
  });

  it.each([
    ["another code", failed(1)],
    ["a signal", failed(null)],
    ["no step", null],
  ])("leaves a failure with %s as it is", (_what, step) => {
    const ending = { result: "failure" as const, reason: "It failed." };
    expect(applyRetryRule(ending, step, rule)).toBe(ending);
    expect(applyRetryRule(ending, failed(75), { limit: 5, exitCodes: [] })).toBe(ending);
  });

  it.each<Result>(["success", "warnings", "skipped", "exception", "retry", "cancelled"])(
    "leaves %s as it is",
    (result) => {
      expect(applyRetryRule({ result, reason: undefined }, failed(75), rule)).toEqual({ result, reason: undefined });
    },
  );
});

describe("retryRuleOf", () => {
  it.each([
    [
      { limit: 0, exitCodes: [3] },
      { limit: 0, exitCodes: [3] },
    ],
    [null, { limit: 5, exitCodes: [] }],
    [{}, { limit: 5, exitCodes: [] }],
  ])("of %j", (stored, expected) => {
    expect(retryRuleOf(stored, 5)).toEqual(expected);
  });
});
