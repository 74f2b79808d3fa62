import { expect, test } from "vitest";
import type { CommandItem } from "@/lib/contracts/command.ts";
import { type JobRequest, movedPriority, outcomeSentence } from "./outcome.ts";

const item = (over: Partial<CommandItem>): CommandItem => ({
  jobId: 7,
  outcome: "done",
  code: null,
  message: null,
  created: [],
  ...over,
});
const cancel: JobRequest = { kind: "cancel", jobIds: [7] };
const retrigger: JobRequest = { kind: "retrigger", jobIds: [7], count: 3 };
const reprioritize: JobRequest = { kind: "reprioritize", jobIds: [7], priority: 20 };

test.each([
  [cancel, item({}), "Cancelled."],
  [cancel, item({ outcome: "unchanged" }), "It was cancelled already."],
  [retrigger, item({ created: [8] }), "Retriggered once:"],
  [retrigger, item({ created: [8, 9, 10] }), "Retriggered 3 times:"],
  [reprioritize, item({}), "Its priority is now 20."],
  [reprioritize, item({ outcome: "unchanged" }), "Its priority is already 20."],
  [cancel, item({ outcome: "refused", code: "forbidden", message: "Only dev may." }), "Only dev may."],
  [cancel, item({ outcome: "refused", code: "forbidden" }), "This was refused without a reason."],
])("%j with %j is told as: %s", (request, outcome, sentence) => {
  expect(outcomeSentence(request, outcome)).toBe(sentence);
});

test("a priority stays within its bounds", () => {
  expect([movedPriority(0, 10), movedPriority(95, 10), movedPriority(-95, -10)]).toEqual([10, 100, -100]);
});
