import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Result } from "../contracts/job.ts";
import { type TestContext, testContext } from "../testing/context.ts";
import { type Farm, makeFarm, startedRun } from "../testing/farm.ts";
import { makeBuilder, makeJob, makePool } from "../testing/rows.ts";
import { makeRun } from "../testing/worker-rows.ts";
import { measureBuilders, SAMPLES_KEPT } from "./measure-builders.ts";
import { numberEvents } from "./relay/number-events.ts";

let test: TestContext;
beforeAll(async () => {
  test = await testContext();
});
afterAll(() => test.drop());

const samplesOf = async (builderId: number): Promise<number[] | undefined> =>
  (
    await test.sql.maybe<{ samplesMs: number[] }>(
      `SELECT samples_ms AS "samplesMs" FROM builder_timings WHERE builder_id = $1`,
      [builderId],
    )
  )?.samplesMs;

/** Numbers and measures all that there is. */
async function measureAll(): Promise<number> {
  while ((await numberEvents(test.ctx)).more);
  let measured = 0;
  for (let more = true; more; ) {
    const report = await measureBuilders(test.ctx);
    measured += report.measured;
    more = report.more;
  }
  return measured;
}

let runs = 0;
/** A run of the builder that ended so long after it began, and the event that tells of it. */
async function ended(builderId: number, ms: number, result: Result = "success"): Promise<void> {
  const jobId = await makeJob(test.sql, { builderId, poolId, state: "done", result: "success" });
  const runId = await makeRun(test.sql, { jobIds: [jobId], poolId, slot: runs++ });
  await test.sql.count(
    "UPDATE runs SET state = 'done', result = $2::result, ended_at = started_at + make_interval(secs => $3::float8 / 1000) WHERE id = $1",
    [runId, result, ms],
  );
  await test.sql.count("INSERT INTO events (type, run_id) VALUES ('run.done', $1)", [runId]);
}

let poolId: number;
let builderId: number;
beforeEach(async () => {
  await measureAll();
  poolId = await makePool(test.sql);
  builderId = await makeBuilder(test.sql);
});

describe("measureBuilders", () => {
  it("notes how long runs took, the newest first", async () => {
    await ended(builderId, 1_000);
    await ended(builderId, 3_000, "warnings");
    await ended(builderId, 2_000, "failure");
    expect(await measureAll()).toBe(3);
    expect(await samplesOf(builderId)).toEqual([2_000, 3_000, 1_000]);
    await ended(builderId, 4_000);
    await measureAll();
    expect(await samplesOf(builderId)).toEqual([4_000, 2_000, 3_000, 1_000]);
  });

  it("leaves out runs that say nothing about the work", async () => {
    for (const result of ["exception", "retry", "cancelled", "skipped"] as const) await ended(builderId, 5_000, result);
    expect(await measureAll()).toBe(0);
    expect(await samplesOf(builderId)).toBeUndefined();
  });

  it("keeps the newest", async () => {
    for (let ms = 1; ms <= SAMPLES_KEPT + 3; ms++) await ended(builderId, ms);
    await measureAll();
    const samples = await samplesOf(builderId);
    expect(samples).toHaveLength(SAMPLES_KEPT);
    expect(samples?.slice(0, 2)).toEqual([SAMPLES_KEPT + 3, SAMPLES_KEPT + 2]);
  });

  it("counts each run once, also when two timers measure at once", async () => {
    await ended(builderId, 1_000);
    await ended(builderId, 2_000);
    await numberEvents(test.ctx);
    const reports = await Promise.all(Array.from({ length: 4 }, () => measureBuilders(test.ctx)));
    expect(reports.reduce((sum, report) => sum + report.measured, 0)).toBe(2);
    expect(await measureAll()).toBe(0);
    expect(await samplesOf(builderId)).toEqual([2_000, 1_000]);
  });

  it("goes on over more events than one round reads", async () => {
    await ended(builderId, 1_000);
    await test.sql.count("INSERT INTO events (type) SELECT 'job.queued' FROM generate_series(1, 2500)");
    await ended(builderId, 2_000);
    expect(await measureAll()).toBe(2);
  });

  it("measures a real run", async () => {
    const { farm, jobId, worker, runId } = await startedRun(test);
    await farm.finish(worker, runId, "success");
    await measureAll();
    const job = await test.sql.one<{ builderId: number }>(`SELECT builder_id AS "builderId" FROM jobs WHERE id = $1`, [
      jobId,
    ]);
    expect(await samplesOf(job.builderId)).toHaveLength(1);
  });

  it("clears away estimates older than thirty days, and no others", async () => {
    const jobId = await makeJob(test.sql, { poolId });
    const estimate = (days: number) =>
      test.sql.count(
        `INSERT INTO estimates (job_id, given_at, start_p50_at, start_p90_at, finish_p50_at, finish_p90_at)
         VALUES ($1, clock_timestamp() - make_interval(days => $2), now(), now(), now(), now())`,
        [jobId, days],
      );
    await estimate(29);
    await estimate(31);
    await measureBuilders(test.ctx);
    expect((await test.sql.one<{ n: number }>("SELECT count(*)::int AS n FROM estimates")).n).toBe(1);
  });

  it("is the product's own work", async () => {
    const farm: Farm = await makeFarm(test);
    await expect(measureBuilders(farm.as())).rejects.toThrow("Only the product's own processes may do this.");
  });
});
