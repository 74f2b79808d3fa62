import { expect, test } from "vitest";
import { poolRules } from "./pool-rules.ts";

const plain = { mergeWhen: "always", fastSpeed: null, reserve: { workers: 0, branches: [] }, idleAbove: 0 } as const;

test("a pool without further rules says only how it merges", () => {
  expect(poolRules({ ...plain, reserve: { workers: 0, branches: [] } })).toEqual([
    "Waiting jobs of one builder share a run.",
  ]);
});

test.each([
  ["backlog", "Waiting jobs of one builder share a run only while no other worker is free for them."],
  ["never", "Every job has a run of its own."],
] as const)("merging %s is said as: %s", (mergeWhen, sentence) => {
  expect(poolRules({ ...plain, mergeWhen, reserve: { workers: 0, branches: [] } })).toEqual([sentence]);
});

test("each rule in force has its sentence", () => {
  const reserve = { workers: 2, branches: ["release", "app-main", "nightly"] };
  expect(poolRules({ mergeWhen: "never", fastSpeed: 1.5, reserve, idleAbove: 3 })).toEqual([
    "Every job has a run of its own.",
    "Workers of speed 1.5 or more are fast: some builders run on those alone.",
    "The last 2 free fast workers are kept for release, app-main and nightly.",
    "Idle jobs start only while more than 3 workers are free.",
  ]);
});

test("one reserved worker, one branch", () => {
  const reserve = { workers: 1, branches: ["release"] };
  expect(poolRules({ ...plain, fastSpeed: 2, reserve })[2]).toBe("The last free fast worker is kept for release.");
});

test("where workers are not told apart, any of them is kept", () => {
  expect(poolRules({ ...plain, reserve: { workers: 2, branches: ["release"] } })[1]).toBe(
    "The last 2 free workers are kept for release.",
  );
});
