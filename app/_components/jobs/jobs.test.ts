import { expect, test } from "vitest";
import { type Job, JobState, Result } from "@/lib/contracts/job.ts";
import { groupJobs, shortName } from "./group.ts";
import { STATUS, STATUS_ORDER, statusOf } from "./status.ts";

test("every state and result has a look of its own: label, colour and shape", () => {
  const looks = Object.values(STATUS);
  expect(Object.keys(STATUS).toSorted()).toEqual(
    [...JobState.options.filter((state) => state !== "done"), ...Result.options].toSorted(),
  );
  expect(new Set(looks.map((look) => look.label)).size).toBe(looks.length);
  expect(new Set(looks.map((look) => look.path)).size).toBe(looks.length);
  expect([...STATUS_ORDER].toSorted()).toEqual(Object.keys(STATUS).toSorted());
});

test("a done job shows its result, any other its state", () => {
  expect(statusOf({ state: "done", result: "failure" })).toBe("failure");
  expect(statusOf({ state: "running", result: null })).toBe("running");
  expect(statusOf({ state: "done", result: null })).toBe("exception");
});

test.each([
  ["linux64 opt build", "linux64", "opt build"],
  ["node-jitless/test", "node-jitless", "test"],
  ["linux64 asan test sql", "linux64-asan", "test sql"],
  ["linux64", "linux64", "linux64"],
  ["Lint", "linux64", "Lint"],
])("%s on %s is shown as %s", (builder, platform, shown) => {
  expect(shortName(builder, platform)).toBe(shown);
});

test("jobs are grouped by platform and builder: builds before tests, numbers in order, retriggers together", () => {
  const job = (id: number, platform: string, builder: string, kind: Job["kind"]) =>
    ({ id, platform, builder, kind }) as Job;
  const groups = groupJobs([
    job(5, "mac", "mac test-10", "test"),
    job(9, "linux", "linux build", "build"),
    job(4, "mac", "mac test-2", "test"),
    job(2, "mac", "mac build", "build"),
    job(3, "linux", "linux build", "build"),
  ]);
  expect(
    groups.map((group) => [group.platform, group.builders.map((b) => [b.shortName, b.jobs.map((j) => j.id)])]),
  ).toEqual([
    ["linux", [["build", [3, 9]]]],
    [
      "mac",
      [
        ["build", [2]],
        ["test-2", [4]],
        ["test-10", [5]],
      ],
    ],
  ]);
  expect(groupJobs([])).toEqual([]);
});
