import { expect, test } from "vitest";
import { lineOfHash } from "./line-hash.ts";

test.each([
  ["#L1", 1],
  ["#L120", 120],
  ["#L0", null],
  ["#L01", null],
  ["#L1e3", null],
  ["#L9999999999", null],
  ["#top", null],
  ["", null],
])("%s names %s", (hash, line) => {
  expect(lineOfHash(hash)).toBe(line);
});
