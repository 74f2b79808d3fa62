import { expect, test } from "vitest";
import { definitionFacts } from "./definition-facts.ts";

const usual = [
  { name: "Shares a run", value: "with up to 2 other jobs" },
  { name: "Is tried again", value: "up to 5 times after faults of the infrastructure" },
];

test("a definition of an older version has what is usual", () => {
  expect(definitionFacts({})).toEqual(usual);
  expect(definitionFacts({ name: "linux build", mergeable: true })).toEqual(usual);
});

test("a chunk says which of how many it is", () => {
  const chunk = { suite: "linux test", index: 2, of: 5 };
  expect(definitionFacts({ chunk })).toContainEqual({ name: "Chunk", value: "2 of 5 of linux test" });
});

test("where and when it runs is said when there is a rule", () => {
  expect(definitionFacts({ workers: "fast", idle: true, affinity: "objdir" }).slice(0, 3)).toEqual([
    { name: "Runs on", value: "fast workers" },
    { name: "Runs when", value: "enough workers are free" },
    { name: "Prefers", value: "the worker that built it last" },
  ]);
});

test.each([
  [{ mergeable: false }, "never"],
  [{ mergeLimit: 1 }, "never"],
  [{ mergeLimit: 2 }, "with up to 1 other job"],
  [{ mergeLimit: "all" }, "with all that wait, at the newest push"],
])("%j shares a run %s", (definition, value) => {
  expect(definitionFacts(definition)).toContainEqual({ name: "Shares a run", value });
});

test.each([
  [{ limit: 0, exitCodes: [75] }, "never"],
  [{ limit: 1, exitCodes: [75] }, "up to 1 time after faults of the infrastructure, exit code 75 among them"],
  [
    { limit: 3, exitCodes: [75, 100] },
    "up to 3 times after faults of the infrastructure, exit codes 75, 100 among them",
  ],
])("%j is tried again %s", (retry, value) => {
  expect(definitionFacts({ retry })).toContainEqual({ name: "Is tried again", value });
});

test("a definition that cannot be read says nothing", () => {
  expect(definitionFacts({ retry: "often" })).toEqual([]);
});
