import { expect, test } from "vitest";
import { commandSummary } from "./command-summary.ts";

const counts = (over: object) => ({ total: 0, pending: 0, done: 0, unchanged: 0, refused: 0, ...over });

test.each([
  ["cancel", counts({ done: 1 }), "1 job cancelled."],
  ["retrigger", counts({ done: 12, refused: 2 }), "12 jobs retriggered, 2 refused."],
  ["reprioritize", counts({ unchanged: 3 }), "3 already so."],
  ["undo", counts({ done: 1_200, refused: 1, pending: 8_799 }), "1,200 jobs put back, 1 refused, 8,799 to go."],
  ["cancel", counts({}), "No job was concerned."],
] as const)("a %s of %j is told as: %s", (kind, of, sentence) => {
  expect(commandSummary({ kind, counts: of })).toBe(sentence);
});
