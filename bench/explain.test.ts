import { expect, it } from "vitest";
import { run } from "./explain.ts";

it("measures positions, explanations and previews of a queue", async () => {
  const figures = await run({ jobs: 3_000, asked: 5 });
  expect(figures.map(({ figure, unit }) => `${figure} (${unit})`)).toEqual([
    "position of 3000 waiting, p95 of 5 (ms)",
    "first explanation of 3000 waiting, which counts the whole queue (ms)",
    "explanation with estimate of 3000 waiting, p50 (ms)",
    "explanation with estimate of 3000 waiting, p95 of 5 (ms)",
    "preview of a cancel of 3000 by filter of 3000 waiting, p95 of 5 (ms)",
  ]);
  expect(figures.every(({ value }) => value > 0)).toBe(true);
});
