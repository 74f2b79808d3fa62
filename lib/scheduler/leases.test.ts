import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { lockLiveRun } from "../db/sql/lock-live-run.ts";
import { type TestContext, testContext } from "../testing/context.ts";
import { type Farm, makeFarm } from "../testing/farm.ts";
import { cancelJobs } from "./cancel-jobs.ts";
import { expireLeases } from "./expire-leases.ts";
import { heartbeatRuns } from "./heartbeat-runs.ts";
import { reportStep } from "./report-step.ts";

let test: TestContext;
let farm: Farm;
beforeAll(async () => {
  test = await testContext();
  farm = await makeFarm(test);
});
afterAll(() => test.drop());

const beat = (worker: Parameters<typeof heartbeatRuns>[0], runIds: number[], waitSeconds = 0) =>
  heartbeatRuns(worker, { runIds, waitSeconds });

async function started(part: Parameters<Farm["submit"]>[0] = {}) {
  const own = await makeFarm(test);
  const [jobId = 0] = await own.submit(part);
  const worker = await own.worker();
  const { runId } = await own.claimOrThrow(worker);
  return { farm: own, jobId, worker, runId };
}

/** Lets a run's lease end and the reaper see it. */
async function lose(farm: Farm, runId: number) {
  await farm.endLease(runId);
  await expireLeases(test.ctx);
  expect(await farm.runState(runId)).toBe("lost");
}

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
    const held = beat(worker, [runId], 10);
    const began = performance.now();
    await cancelJobs(farm.as(), { jobIds: [jobId] });
    expect(await held).toEqual({ runs: [{ runId, order: "cancel" }] });
    expect(performance.now() - began).toBeLessThan(5_000);
    expect(await beat(worker, [runId], 10)).toEqual({ runs: [{ runId, order: "cancel" }] });
    await farm.finish(worker, runId, "cancelled");
    expect(await beat(worker, [runId], 10)).toEqual({ runs: [{ runId, order: "stop" }] });
  });

  it("takes a lost run back, and its job runs on as if nothing had happened", async () => {
    const { farm, jobId, worker, runId } = await started();
    await lose(farm, runId);
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
    await lose(replaced.farm, replaced.runId);
    await replaced.farm.claimOrThrow(await replaced.farm.worker());
    expect(await beat(replaced.worker, [replaced.runId])).toMatchObject({ runs: [{ order: "stop" }] });

    const moved = await started();
    await lose(moved.farm, moved.runId);
    const [first] = await moved.farm.submit({ name: "first" });
    await test.sql.count("UPDATE jobs SET score = 0 WHERE id = $1", [first]);
    expect((await moved.farm.claimOrThrow(moved.worker)).jobIds).toEqual([first]);
    expect(await beat(moved.worker, [moved.runId])).toMatchObject({ runs: [{ order: "stop" }] });
    expect(await moved.farm.job(moved.jobId)).toMatchObject({ state: "queued" });

    const exclusive = await started({ exclusive: true });
    await lose(exclusive.farm, exclusive.runId);
    expect(await beat(exclusive.worker, [exclusive.runId])).toMatchObject({ runs: [{ order: "stop" }] });

    const cancelled = await started();
    await lose(cancelled.farm, cancelled.runId);
    await cancelJobs(cancelled.farm.as(), { jobIds: [cancelled.jobId] });
    expect(await beat(cancelled.worker, [cancelled.runId])).toMatchObject({ runs: [{ order: "stop" }] });
    expect(await cancelled.farm.job(cancelled.jobId)).toMatchObject({ result: "cancelled" });
  });

  it("answers a worker without runs when its wait is over, and refuses who is no worker", async () => {
    expect(await beat(await farm.worker(), [])).toEqual({ runs: [] });
    await expect(beat(farm.as(), [])).rejects.toMatchObject({ code: "forbidden" });
  });
});

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
      await lose(own, (await own.claimOrThrow(await own.worker())).runId);
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
    for (let lost = 0; lost < 2; lost++) await lose(own, (await own.claimOrThrow(await own.worker())).runId);
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
    await expect(expireLeases(farm.as())).rejects.toMatchObject({ code: "forbidden" });
  });
});

describe("writes of a run that is no longer its worker's own (I3)", () => {
  const step = { index: 0, name: "build" };
  const write = (worker: typeof test.ctx, runId: number) =>
    test.sql.transaction(async (tx) => (await lockLiveRun(tx, worker, runId)).id);

  it("are refused with the state: lost, done, replaced, of another worker, of an earlier start", async () => {
    const { farm, worker, runId } = await started();
    await reportStep(worker, { runId, ...step });
    expect(await write(worker, runId)).toBe(runId);
    await lose(farm, runId);
    for (const refused of [() => write(worker, runId), () => reportStep(worker, { runId, ...step })]) {
      await expect(refused()).rejects.toMatchObject({ code: "conflict", state: "lost" });
    }
    const second = await farm.worker();
    const next = await farm.claimOrThrow(second);
    const late = [
      () => write(worker, runId),
      () => reportStep(worker, { runId, ...step }),
      () => farm.finish(worker, runId, "success"),
    ];
    for (const refused of late) {
      await expect(refused()).rejects.toMatchObject({ code: "conflict", state: "lost" });
    }
    for (const refused of [() => write(worker, next.runId), () => reportStep(worker, { runId: next.runId, ...step })]) {
      await expect(refused()).rejects.toMatchObject({ code: "not_found" });
    }
    if (second.actor.kind !== "worker") throw new Error("not a worker");
    const earlier = test.as({ ...second.actor, bootId: randomUUID() });
    await expect(write(earlier, next.runId)).rejects.toMatchObject({ code: "conflict", state: "running" });
    await farm.finish(second, next.runId, "success");
    await expect(write(second, next.runId)).rejects.toMatchObject({ code: "conflict", state: "done" });
    await expect(write(farm.as(), next.runId)).rejects.toMatchObject({ code: "forbidden" });
  });
});

describe("reportStep", () => {
  it("notes the begin and the end of a step once each", async () => {
    const { worker, runId } = await started();
    const steps = () =>
      test.sql.rows(
        "SELECT index, name, result, exit_code, first_line, ended_at IS NOT NULL AS ended FROM steps WHERE run_id = $1",
        [runId],
      );
    await reportStep(worker, { runId, index: 0, name: "build" });
    await reportStep(worker, { runId, index: 0, name: "build", firstLine: 3 });
    await reportStep(worker, { runId, index: 0, name: "build" });
    expect(await steps()).toEqual([
      { index: 0, name: "build", result: null, exit_code: null, first_line: 3, ended: false },
    ]);
    const end = { runId, index: 0, name: "build", result: "failure" as const, exitCode: 2, elapsedMs: 10 };
    await reportStep(worker, end);
    await reportStep(worker, { ...end, result: "success", exitCode: 0 });
    await reportStep(worker, { runId, index: 0, name: "build" });
    expect(await steps()).toEqual([
      { index: 0, name: "build", result: "failure", exit_code: 2, first_line: 3, ended: true },
    ]);
    const events = await test.sql.rows("SELECT FROM events WHERE run_id = $1 AND type = 'run.step'", [runId]);
    expect(events).toHaveLength(3);
  });
});
