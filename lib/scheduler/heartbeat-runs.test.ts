import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type TestContext, testContext } from "../testing/context.ts";
import { type Farm, makeFarm, startedRun } from "../testing/farm.ts";
import { cancelJobs } from "./cancel-jobs.ts";
import { heartbeatRuns } from "./heartbeat-runs.ts";

let test: TestContext;
beforeAll(async () => {
  test = await testContext();
});
afterAll(() => test.drop());

const started = (part?: Parameters<Farm["submit"]>[0]) => startedRun(test, part);

const beat = (worker: Parameters<typeof heartbeatRuns>[0], runIds: number[], waitSeconds = 0) =>
  heartbeatRuns(worker, { runIds, waitSeconds });

describe("heartbeatRuns", () => {
  it("renews the leases of the worker's own live runs only", async () => {
    const mine = await started();
    const other = await started();
    const secondsLeft = async (runId: number) =>
      Number(
        (
          await test.sql.one<{ left: string }>(
            "SELECT extract(epoch FROM lease_until - clock_timestamp()) AS left FROM runs WHERE id = $1",
            [runId],
          )
        ).left,
      );
    for (const { runId } of [mine, other]) {
      await test.sql.count("UPDATE runs SET lease_until = clock_timestamp() + interval '5 s' WHERE id = $1", [runId]);
    }
    expect(await beat(mine.worker, [mine.runId, other.runId, 999_999_999])).toEqual({
      runs: [
        { runId: mine.runId, order: "continue" },
        { runId: other.runId, order: "stop" },
        { runId: 999_999_999, order: "stop" },
      ],
    });
    expect(await secondsLeft(mine.runId)).toBeGreaterThan(50);
    expect(await secondsLeft(other.runId)).toBeLessThan(6);
    await test.sql.count("UPDATE runs SET lease_until = clock_timestamp() + interval '1 hour' WHERE id = $1", [
      mine.runId,
    ]);
    await beat(mine.worker, [mine.runId]);
    expect(await secondsLeft(mine.runId)).toBeGreaterThan(3_000);
  });

  it("tells of a cancel at once, and again until the run is finished", async () => {
    const { farm, jobId, worker, runId } = await started();
    const held = beat(worker, [runId], 600); // longer than any test
    await cancelJobs(farm.as(), { jobIds: [jobId] });
    expect(await held).toEqual({ runs: [{ runId, order: "cancel" }] });
    expect(await beat(worker, [runId], 600)).toEqual({ runs: [{ runId, order: "cancel" }] });
    await farm.finish(worker, runId, "cancelled");
    expect(await beat(worker, [runId], 600)).toEqual({ runs: [{ runId, order: "stop" }] });
  });

  it("takes a lost run back, and its job runs on as if nothing had happened", async () => {
    const { farm, jobId, worker, runId } = await started();
    await farm.lose(runId);
    expect(await farm.job(jobId)).toMatchObject({ state: "queued", lostCount: 1 });
    expect(await beat(worker, [runId])).toEqual({ runs: [{ runId, order: "continue" }] });
    expect(await farm.job(jobId)).toMatchObject({ state: "running", lostCount: 0, dirty: true });
    expect(await farm.runState(runId)).toBe("running");
    expect(await farm.eventsOf(jobId)).toEqual(["job.created", "job.started", "job.requeued", "job.started"]);
    const events = await test.sql.rows(
      "SELECT type FROM events WHERE run_id = $1 AND type LIKE 'run.%' AND type <> 'run.started' ORDER BY id",
      [runId],
    );
    expect(events).toEqual([{ type: "run.lost" }, { type: "run.readopted" }]);
    const told = "SELECT DISTINCT job_id AS job, branch_id AS branch FROM events WHERE run_id = $1";
    expect(await test.sql.rows(told, [runId])).toEqual([{ job: jobId, branch: farm.branchId }]);
    await farm.finish(worker, runId, "success");
    expect(await farm.job(jobId)).toMatchObject({ result: "success" });
  });

  it("does not take a run back that somebody replaced, whose slot is taken, that is exclusive, or whose job is cancelled", async () => {
    const replaced = await started();
    await replaced.farm.lose(replaced.runId);
    await replaced.farm.claimOrThrow(await replaced.farm.worker());
    expect(await beat(replaced.worker, [replaced.runId])).toMatchObject({ runs: [{ order: "stop" }] });

    const moved = await started();
    await moved.farm.lose(moved.runId);
    const [first] = await moved.farm.submit({ name: "first" });
    await test.sql.count("UPDATE jobs SET score = 0 WHERE id = $1", [first]);
    expect((await moved.farm.claimOrThrow(moved.worker)).jobIds).toEqual([first]);
    expect(await beat(moved.worker, [moved.runId])).toMatchObject({ runs: [{ order: "stop" }] });
    expect(await moved.farm.job(moved.jobId)).toMatchObject({ state: "queued" });

    const exclusive = await started({ exclusive: true });
    await exclusive.farm.lose(exclusive.runId);
    expect(await beat(exclusive.worker, [exclusive.runId])).toMatchObject({ runs: [{ order: "stop" }] });

    const cancelled = await started();
    await cancelled.farm.lose(cancelled.runId);
    await cancelJobs(cancelled.farm.as(), { jobIds: [cancelled.jobId] });
    expect(await beat(cancelled.worker, [cancelled.runId])).toMatchObject({ runs: [{ order: "stop" }] });
    expect(await cancelled.farm.job(cancelled.jobId)).toMatchObject({ result: "cancelled" });
  });

  it("answers a worker without runs when its wait is over, and refuses who is no worker", async () => {
    const farm = await makeFarm(test);
    expect(await beat(await farm.worker(), [])).toEqual({ runs: [] });
    await expect(beat(farm.as(), [])).rejects.toMatchObject({ code: "forbidden" });
  });
});
