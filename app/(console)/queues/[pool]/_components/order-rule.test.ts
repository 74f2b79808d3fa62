import { expect, test } from "vitest";
import { orderRule } from "./order-rule.ts";

test.each([
  [600_000, "10 minutes"],
  [60_000, "1 minute"],
  [7_200_000, "2 hours"],
  [1_500, "1.5 seconds"],
])("a head start of %i ms is said as %s", (headStartMs, said) => {
  expect(orderRule({ strict: false, headStartMs })).toContain(`each point of rank is worth ${said} of waiting`);
});

test("a strict pool goes by rank first", () => {
  expect(orderRule({ strict: true, headStartMs: 2 ** 42 })).toMatch(/^The job with the highest rank is served first/);
});

test("the example is three points' worth", () => {
  expect(orderRule({ strict: false, headStartMs: 600_000 })).toContain("submitted up to 30 minutes before it.");
});
