import { expect, test } from "vitest";
import { formatBytes, formatDuration, formatTimestamp, formatUntil, formatWhen, plural } from "./format.ts";

test.each([
  [-50, "0.0 s"],
  [0, "0.0 s"],
  [420, "0.4 s"],
  [9_949, "9.9 s"],
  [9_960, "10 s"],
  [59_400, "59 s"],
  [59_600, "1 min 00 s"],
  [185_000, "3 min 05 s"],
  [3_599_900, "1 h 00 min"],
  [2 * 3_600_000 + 4 * 60_000, "2 h 04 min"],
  [86_400_000 * 3 + 3_600_000 * 4, "3 d 4 h"],
])("%i ms lasts %s", (milliseconds, shown) => {
  expect(formatDuration(milliseconds)).toBe(shown);
});

test.each([
  [-10_000, "just now"],
  [4_999, "just now"],
  [12_300, "12 s ago"],
  [60_000, "1 min ago"],
  [3_599_999, "59 min ago"],
  [7_200_000, "2 h ago"],
  [47 * 3_600_000, "47 h ago"],
  [86_400_000 * 9, "9 d ago"],
  [86_400_000 * 30 - 1, "29 d ago"],
  [86_400_000 * 30, "2026-10-22"],
  [86_400_000 * 4202, "2015-05-21"],
])("%i ms before now is %s", (milliseconds, shown) => {
  const now = Date.parse("2026-11-21T04:00:56.123Z");
  expect(formatWhen(new Date(now - milliseconds).toISOString(), now)).toBe(shown);
});

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1_000, "1.0 kB"],
  [12_449, "12.4 kB"],
  [999_960, "1.0 MB"],
  [123_456_789, "123 MB"],
  [5_400_000_000_000_000, "5400 TB"],
])("%i bytes are %s", (bytes, shown) => {
  expect(formatBytes(bytes)).toBe(shown);
});

test("a timestamp is shown in UTC to the second", () => {
  expect(formatTimestamp("2026-11-21T04:00:56.123Z")).toBe("2026-11-21 04:00:56 UTC");
});

test("counts agree with their noun", () => {
  expect([plural(1, "job"), plural(0, "job"), plural(12_000, "job"), plural(2, "push", "pushes")]).toEqual([
    "1 job",
    "0 jobs",
    "12,000 jobs",
    "2 pushes",
  ]);
});

test.each([
  [-60_000, "now"],
  [4_000, "now"],
  [12_400, "in 10 s"],
  [58_000, "in 60 s"],
  [90_000, "in 2 min"],
  [59 * 60_000, "in 59 min"],
  [3 * 3_600_000 + 20 * 60_000, "in 3 h 20 min"],
  [2 * 86_400_000 + 4 * 3_600_000, "in 2 d 4 h"],
])("%i ms ahead is %s", (milliseconds, shown) => {
  const now = Date.parse("2026-11-21T04:00:00.000Z");
  expect(formatUntil(new Date(now + milliseconds).toISOString(), now)).toBe(shown);
});
