import { expect, it } from "vitest";
import { z } from "zod";
import { Problem } from "../contracts/problem.ts";
import { SchedulerError } from "../scheduler/errors.ts";
import { HTTP_STATUS, HttpProblem, toProblem } from "./problem.ts";

const silent = () => {};

it.each(Object.entries(HTTP_STATUS))("tells %s with its status and sentence", (code, status) => {
  const error = new SchedulerError(code as keyof typeof HTTP_STATUS, "A sentence.", { state: "done" });
  const problem = toProblem(error, "r1", silent);
  expect(Problem.parse(problem)).toMatchObject({ status, code, detail: "A sentence.", requestId: "r1", state: "done" });
  expect(problem.type).toBe(`urn:self-serve:problem:${code}`);
});

it("knows an error of ours that another copy of the module has made", () => {
  class SchedulerErrorOfAnotherCopy extends Error {
    readonly code = "conflict";
    override readonly name = "SchedulerError";
  }
  expect(toProblem(new SchedulerErrorOfAnotherCopy("Taken."), "r1", silent)).toMatchObject({
    status: 409,
    detail: "Taken.",
  });
});

it("tells where an input is wrong", () => {
  const error = z
    .object({ jobs: z.array(z.object({ priority: z.int() })) })
    .safeParse({ jobs: [{ priority: "x" }] }).error;
  const problem = toProblem(error, "r1", silent);
  expect(problem).toMatchObject({ status: 422, code: "invalid", issues: [{ path: ["jobs", 0, "priority"] }] });
  expect(problem.detail).toMatch(/^jobs\.0\.priority: /);
});

it("tells nothing of what nobody expected, and reports it in full", () => {
  const reported: unknown[] = [];
  const secret = new Error("connect ECONNREFUSED postgres://user:password@10.0.0.1");
  const problem = toProblem(secret, "r1", (error) => reported.push(error));
  expect(problem).toMatchObject({ status: 500, code: "internal", requestId: "r1" });
  expect(JSON.stringify(problem)).not.toMatch(/password|10\.0\.0\.1|ECONNREFUSED/);
  expect(reported).toEqual([secret]);
});

it("reports why something is not available", () => {
  const reported: unknown[] = [];
  const error = new SchedulerError("unavailable", "Not now.", { cause: new Error("why") });
  expect(toProblem(error, "r1", (one) => reported.push(one))).toMatchObject({ status: 503, detail: "Not now." });
  expect(reported).toEqual([error]);
});

it("has the statuses that only HTTP knows", () => {
  expect(toProblem(new HttpProblem("invalid", "No.", { status: 405 }), "r1")).toMatchObject({
    status: 405,
    requestId: "r1",
  });
});
