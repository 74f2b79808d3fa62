import { expect, test } from "vitest";
import { idsFromText, textOfIds } from "./selection-text.ts";

test("what is no id in an address is left out", () => {
  expect(idsFromText("1,22,x,,0,-3,1e9,1.5,99999999999999999,4")).toEqual([1, 22, 4]);
  expect(idsFromText("")).toEqual([]);
});

test("a selection comes back from its address", () => {
  expect(textOfIds([])).toBe("");
  expect(idsFromText(textOfIds([5, 6, 7]) ?? "")).toEqual([5, 6, 7]);
});

test("5,000 jobs are too many for an address, 150 are not", () => {
  const ids = Array.from({ length: 5_000 }, (_, index) => 1_000_000_000 + index);
  expect(textOfIds(ids)).toBeNull();
  expect(textOfIds(ids.slice(0, 150))).toHaveLength(1_649);
});
