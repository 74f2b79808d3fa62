import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type TestContext, testContext } from "../testing/context.ts";
import { type Farm, makeFarm, startedRun } from "../testing/farm.ts";
import { cancelJobs } from "./cancel-jobs.ts";
import { expireLeases } from "./expire-leases.ts";

let test: TestContext;
beforeAll(async () => {
  test = await testContext();
});
afterAll(() => test.drop());

const started = (part?: Parameters<Farm["submit"]>[0]) => startedRun(test, part);

describe("expireLeases", () => {
  it("gives up runs whose lease has ended, and only those; waits out the grace", async () => {
    const late = await started();
    const early = await started();
    await late.farm.endLease(late.runId);
    expect(await expireLeases(test.ctx, { graceUntil: Date.now() + 60_000 })).toEqual({ lost: 0 });
    expect(await late.farm.runState(late.runId)).toBe("running");
    expect(await expireLeases(test.ctx, { graceUntil: Date.now() - 60_000 })).toEqual({ lost: 1 });
    expect(await early.farm.runState(early.runId)).toBe("running");
    expect(await late.farm.eventsOf(late.jobId)).toContain("job.requeued");
    expect(await late.farm.auditOf(`run:${late.runId}`)).toContain("run.lose done test");
  });

  it("ends a job that has lost three workers in a row, and skips what waits for it", async () => {
    const own = await makeFarm(test);
    const [jobId = 0, waiting = 0] = await own.submit({ name: "a" }, { name: "after", needs: ["a"] });
    const { score } = await own.job(jobId);
    for (let lost = 1; lost <= 3; lost++) {
      expect(await own.job(jobId)).toMatchObject({ state: "queued", lostCount: lost - 1, score });
      await own.lose((await own.claimOrThrow(await own.worker())).runId);
    }
    const reason = "It lost its worker 3 times in a row.";
    expect(await own.job(jobId)).toMatchObject({ state: "done", result: "exception", reason });
    expect(await own.job(waiting)).toMatchObject({
      result: "skipped",
      reason: "It needs a, which ended with an exception.",
    });
  });

  it("counts lost workers anew after a run that came to an end", async () => {
    const own = await makeFarm(test);
    const [jobId = 0] = await own.submit({});
    for (let lost = 0; lost < 2; lost++) await own.lose((await own.claimOrThrow(await own.worker())).runId);
    const worker = await own.worker();
    await own.finish(worker, (await own.claimOrThrow(worker)).runId, "retry");
    expect(await own.job(jobId)).toMatchObject({ lostCount: 0, retryCount: 1 });
  });

  it("closes a cancelled run whose worker has gone", async () => {
    const { farm, jobId, worker, runId } = await started();
    await cancelJobs(farm.as(), { jobIds: [jobId] });
    await farm.endLease(runId);
    expect(await expireLeases(test.ctx)).toEqual({ lost: 1 });
    const row = await test.sql.one("SELECT state, result, cancelled_at FROM runs WHERE id = $1", [runId]);
    expect(row).toEqual({ state: "done", result: "cancelled", cancelled_at: null });
    await expect(farm.finish(worker, runId, "cancelled")).rejects.toMatchObject({ code: "conflict", state: "done" });
  });

  it("is for the product itself", async () => {
    await expect(expireLeases((await makeFarm(test)).as())).rejects.toMatchObject({ code: "forbidden" });
  });
});
