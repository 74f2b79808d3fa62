import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { JobState } from "../contracts/job.ts";
import { changeJobs } from "../db/sql/change-jobs.ts";
import { type TestContext, testContext } from "../testing/context.ts";
import { makeJob } from "../testing/rows.ts";
import { JOB_TRANSITIONS, satisfies, worstResult } from "./job-state.ts";

let test: TestContext;
beforeAll(async () => {
  test = await testContext();
});
afterAll(() => test.drop());

describe("JOB_TRANSITIONS", () => {
  it("is what the database accepts of the job that comes from each state", async () => {
    for (const from of JobState.options) {
      for (const to of JobState.options) {
        if (from === to) continue;
        const id = await makeJob(test.sql, { state: from, ...(from === "done" && { result: "cancelled" }) });
        const change = { id, from, to, ...(to === "done" && { result: "success" as const }) };
        const undo = from === "done"; // a job that never ran comes back by an undo alone
        const move = test.sql.transaction(async (tx) => {
          if (undo) await tx.rows("SELECT set_config('selfserve.undo', 'on', true)");
          await changeJobs(tx, [change]);
        });
        if (!JOB_TRANSITIONS[from].includes(to) && undo) await expect(move).rejects.toThrow(/is final/);
        else await move;
      }
    }
  });

  it("leaves a job alone that is not where the change says", async () => {
    const id = await makeJob(test.sql, { state: "running" });
    await expect(changeJobs(test.sql, [{ id, from: "queued", to: "running" }])).rejects.toThrow(
      /1 jobs were to change, but 0 did/,
    );
  });
});

describe("results", () => {
  it("combine to the most severe one", () => {
    expect(worstResult([])).toBe("success");
    expect(worstResult(["success", "skipped"])).toBe("skipped");
    expect(worstResult(["warnings", "skipped", "failure"])).toBe("failure");
    expect(worstResult(["cancelled", "exception", "failure"])).toBe("cancelled");
  });

  it("let dependents start after success and warnings", () => {
    expect(
      (["success", "warnings", "failure", "skipped", "exception", "cancelled"] as const).filter(satisfies),
    ).toEqual(["success", "warnings"]);
    expect(satisfies(null)).toBe(false);
  });
});
