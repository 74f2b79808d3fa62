import { expect, it } from "vitest";
import { Random } from "./random.ts";

it("makes the same choices with the same seed, and others with another", () => {
  const choices = (seed: string) => {
    const random = new Random(seed);
    return Array.from({ length: 20 }, () => random.below(1_000));
  };
  expect(choices("a")).toEqual(choices("a"));
  expect(choices("a")).not.toEqual(choices("b"));
});

it("stays within its bounds and loses nothing", () => {
  const random = new Random("bounds");
  for (let count = 0; count < 1_000; count++) {
    expect(random.below(3)).toBeLessThan(3);
    expect(random.between(2, 4)).toBeGreaterThanOrEqual(2);
  }
  expect(random.shuffle([1, 2, 3, 4, 5]).toSorted()).toEqual([1, 2, 3, 4, 5]);
  expect(() => random.pick([])).toThrow(RangeError);
});
