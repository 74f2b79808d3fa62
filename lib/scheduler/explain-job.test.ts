// Longer than usual: what a person is told about a job in each of its states.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { JobExplanation } from "../contracts/explanation.ts";
import { type TestContext, testContext } from "../testing/context.ts";
import { type Farm, makeFarm } from "../testing/farm.ts";
import { makeBranch, makeBuilder, makeBuildset, makeJob, makePool, makePush, makeUser } from "../testing/rows.ts";
import { makeWorker } from "../testing/worker-rows.ts";
import { compareEstimates } from "./accuracy.ts";
import { explainJob } from "./explain-job.ts";
import { rebuildQueue } from "./relay/rebuild-queue.ts";

const HOUR = 3_600_000;

let test: TestContext;
beforeAll(async () => {
  test = await testContext();
});
afterAll(() => test.drop());

const explain = async (farm: Farm, jobId: number, headJobs?: number) =>
  JobExplanation.parse(await explainJob(farm.as(), { jobId, ...(headJobs !== undefined && { headJobs }) }));

/** Says how long runs of the builders of these jobs have taken. */
async function took(jobIds: readonly number[], ms: number): Promise<void> {
  await test.sql.count(
    `INSERT INTO builder_timings (builder_id, samples_ms)
     SELECT DISTINCT builder_id, ARRAY[$2::int] FROM jobs WHERE id = ANY ($1) ON CONFLICT DO NOTHING`,
    [jobIds, ms],
  );
}

/** Hours from the answer's moment. */
const hoursUntil = ({ asOf }: JobExplanation, forecast: { p50: string; p90: string } | null) =>
  forecast &&
  [forecast.p50, forecast.p90].map((at) => Math.round((Date.parse(at) - Date.parse(asOf)) / HOUR / 0.01) / 100);

/** A farm whose builder takes an hour, with jobs of as many pushes. */
async function busyFarm(pushes: number): Promise<{ farm: Farm; jobIds: number[] }> {
  const farm = await makeFarm(test);
  const jobIds: number[] = [];
  for (let push = 0; push < pushes; push++) jobIds.push(...(await farm.submit()));
  await took(jobIds, HOUR);
  await farm.relay();
  return { farm, jobIds };
}

describe("a job that waits", () => {
  it("says its place, why each is before it, and when it starts and ends", async () => {
    const { farm, jobIds } = await busyFarm(3);
    await farm.worker(1);
    const [first = 0, second = 0, third = 0] = jobIds;
    expect(await explain(farm, third)).toMatchObject({
      jobId: third,
      pool: farm.pool,
      position: 3,
      ahead: { total: 2, higherRank: 0, older: 2, merged: 0, countedSecondsAgo: 0 },
      order: expect.stringContaining("each point of rank is worth a head start of 10 minutes"),
      blockers: [],
      noEstimate: null,
    });
    const told = await explain(farm, second);
    expect([hoursUntil(told, told.start), hoursUntil(told, told.finish)]).toEqual([
      [1, 1],
      [2, 2],
    ]);
    const head = await explain(farm, first);
    expect([head.position, hoursUntil(head, head.start)]).toEqual([1, [0, 0]]);
  });

  it("tells rank from age, and is exact while Redis is away", async () => {
    const farm = await makeFarm(test, { ready: false });
    const [old = 0] = await farm.submit();
    const raised = await makeJob(test.sql, { poolId: farm.poolId, priority: 5 });
    const [mine = 0] = await farm.submit();
    expect((await explain(farm, mine)).ahead).toMatchObject({ total: 2, higherRank: 1, older: 1 });
    await rebuildQueue(test.ctx, { poolIds: [farm.poolId] });
    await farm.relay();
    expect((await explain(farm, mine)).ahead).toMatchObject({ total: 2, higherRank: 1, older: 1 });
    expect((await explain(farm, raised)).position).toBe(1);
    expect((await explain(farm, old)).position).toBe(2);
  });

  it("counts those that will ride along, and rides along itself", async () => {
    const farm = await makeFarm(test, { mergeWhen: "always" });
    const jobIds: number[] = [];
    for (let push = 0; push < 6; push++) jobIds.push(...(await farm.submit({ mergeLimit: 3 })));
    await took(jobIds, HOUR);
    await farm.worker(1);
    await farm.relay();
    // the first takes the two newest along, the second the two before those
    const second = await explain(farm, jobIds[1] ?? 0);
    expect([second.position, second.ahead?.merged, hoursUntil(second, second.start)]).toEqual([2, 0, [1, 1]]);
    const fourth = await explain(farm, jobIds[3] ?? 0);
    expect([fourth.position, fourth.ahead?.merged, hoursUntil(fourth, fourth.start)]).toEqual([4, 1, [1, 1]]);
    const last = await explain(farm, jobIds[5] ?? 0);
    expect([last.position, last.ahead?.merged, hoursUntil(last, last.start)]).toEqual([6, 3, [0, 0]]);
  });

  it("says the same of a deep queue, of which only the head is looked at one by one", async () => {
    const { farm, jobIds } = await busyFarm(12);
    await farm.worker(2);
    await makeJob(test.sql, { poolId: farm.poolId, priority: 9, buildsetId: await makeBuildset(test.sql) });
    await farm.relay();
    const exact = await explain(farm, jobIds[10] ?? 0);
    const deep = await explain(farm, jobIds[10] ?? 0, 3);
    expect(deep.ahead).toEqual(exact.ahead);
    expect(deep.ahead).toMatchObject({ total: 11, higherRank: 1, older: 10 });
    expect(hoursUntil(exact, exact.start)?.[0]).toBeGreaterThan(4);
    const off = (hoursUntil(deep, deep.start)?.[0] ?? 0) - (hoursUntil(exact, exact.start)?.[0] ?? 0);
    expect(Math.abs(off)).toBeLessThanOrEqual(1); // of five
  });

  it("waits for what runs now", async () => {
    const { farm, jobIds } = await busyFarm(2);
    const worker = await farm.worker(1);
    const { runId } = await farm.claimOrThrow(worker);
    await test.sql.count("UPDATE runs SET started_at = started_at - interval '30 minutes' WHERE id = $1", [runId]);
    const told = await explain(farm, jobIds[1] ?? 0);
    expect([told.position, hoursUntil(told, told.start)]).toEqual([1, [0.5, 0.5]]);
  });
});

describe("what cannot be told", () => {
  it("is how long runs take when none has ended", async () => {
    const other = await testContext();
    try {
      const farm = await makeFarm(other);
      const [jobId = 0] = await farm.submit();
      await farm.worker();
      const told = await explainJob(farm.ctx, { jobId });
      expect([told.start, told.finish]).toEqual([null, null]);
      expect(told.noEstimate).toBe("No run has ended here yet, so nobody knows how long runs take.");
      expect(told.accuracy).toEqual({ compared: 0, byP50: null, byP90: null, medianErrorSeconds: null });
    } finally {
      await other.drop();
    }
  });

  it("is a builder's own time when it never ran: then others of its kind stand for it", async () => {
    const { farm } = await busyFarm(1);
    const [jobId = 0] = await farm.submit({ name: "never ran" });
    await farm.worker(2);
    await farm.relay();
    const told = await explain(farm, jobId);
    expect(hoursUntil(told, told.finish)?.[0]).toBeGreaterThan(0);
  });

  it("is the end of what people have stopped", async () => {
    const { farm, jobIds } = await busyFarm(1);
    const [jobId = 0] = jobIds;
    const sam = await makeUser(test.sql, { login: "sam" });
    await test.sql.count(
      "UPDATE branches SET closed_at = now() - interval '12 minutes', closed_reason = 'tree is on fire', closed_by_id = $2 WHERE id = $1",
      [farm.branchId, sam],
    );
    const { name } = await test.sql.one<{ name: string }>("SELECT name FROM branches WHERE id = $1", [farm.branchId]);
    const told = await explain(farm, jobId);
    const sentence = `The branch ${name} was closed by sam 12 minutes ago: tree is on fire.`;
    expect(told.blockers[0]).toEqual({ code: "BRANCH_CLOSED", sentence, jobId: null });
    expect(told).toMatchObject({ position: null, ahead: null, start: null, finish: null, noEstimate: sentence });
  });

  it("is when a worker comes back, and the place is told all the same", async () => {
    const { farm, jobIds } = await busyFarm(1);
    const told = await explain(farm, jobIds[0] ?? 0);
    expect(told.position).toBe(1);
    expect(told.blockers.map(({ code }) => code)).toEqual(["NO_ELIGIBLE_WORKER"]);
    expect(told.start).toBeNull();
    const away = await makeWorker(test.sql, { poolIds: [farm.poolId] });
    await test.sql.count("UPDATE workers SET last_seen_at = now() - interval '1 hour' WHERE id = $1", [away]);
    expect((await explain(farm, jobIds[0] ?? 0)).blockers.map(({ code }) => code)).toEqual(["ALL_WORKERS_OFFLINE"]);
    await test.sql.count(
      "UPDATE workers SET last_seen_at = now(), quarantined_at = now(), control_reason = 'sick' WHERE id = $1",
      [away],
    );
    expect((await explain(farm, jobIds[0] ?? 0)).blockers.map(({ code }) => code)).toEqual(["ALL_WORKERS_QUARANTINED"]);
  });

  it("is when only workers that are kept for others are there", async () => {
    const { farm, jobIds } = await busyFarm(1);
    await farm.worker(1);
    await test.sql.count("UPDATE pools SET reserve_workers = 1, reserve_branches = '{release}' WHERE id = $1", [
      farm.poolId,
    ]);
    const told = await explain(farm, jobIds[0] ?? 0);
    expect(told.noEstimate).toBe(`No worker that is online may take job ${jobIds[0]}.`);
  });

  it("is a job that does not exist", async () => {
    const farm = await makeFarm(test);
    await expect(explainJob(farm.as(), { jobId: 1e9 })).rejects.toMatchObject({ code: "not_found" });
    await expect(explainJob(farm.as({ scopes: [] }), { jobId: 1 })).rejects.toMatchObject({ code: "forbidden" });
  });
});

describe("a job that waits for others", () => {
  const chain = [
    { name: "build" },
    { name: "test", needs: ["build"], kind: "test" as const },
    { name: "report", needs: ["test"], kind: "test" as const },
  ];

  it("starts when the last of them has finished", async () => {
    const farm = await makeFarm(test);
    const jobIds = await farm.submit(...chain);
    await took(jobIds, HOUR);
    const worker = await farm.worker(2);
    await farm.relay();
    const report = await explain(farm, jobIds[2] ?? 0);
    expect(report.position).toBeNull();
    expect(report.blockers).toMatchObject([{ code: "DEPENDENCY", jobId: jobIds[1] }]);
    expect([hoursUntil(report, report.start), hoursUntil(report, report.finish)]).toEqual([
      [2, 2],
      [3, 3],
    ]);
    const { runId } = await farm.claimOrThrow(worker);
    await test.sql.count("UPDATE runs SET started_at = started_at - interval '45 minutes' WHERE id = $1", [runId]);
    const tests = await explain(farm, jobIds[1] ?? 0);
    expect(hoursUntil(tests, tests.start)).toEqual([0.25, 0.25]);
    expect(tests.blockers[0]?.sentence).toMatch(/^It needs build \(job \d+\), which has been running for /);
  });

  it("has no forecast while those have none", async () => {
    const farm = await makeFarm(test);
    const jobIds = await farm.submit(...chain);
    await took(jobIds, HOUR);
    const elsewhere = await makePool(test.sql, { pausedAt: new Date() });
    await test.sql.count("UPDATE jobs SET pool_id = $2 WHERE id = $1", [jobIds[0], elsewhere]);
    await farm.worker();
    const told = await explain(farm, jobIds[2] ?? 0);
    expect(told.start).toBeNull();
    expect(told.noEstimate).toMatch(
      /^It needs test \(job \d+\)\. It needs build \(job \d+\)\. The pool .* was paused /,
    );
  });
});

describe("other jobs", () => {
  it("a running one has started, and has a forecast of its end", async () => {
    const { farm, jobIds } = await busyFarm(1);
    const { runId } = await farm.claimOrThrow(await farm.worker());
    await test.sql.count("UPDATE runs SET started_at = started_at - interval '15 minutes' WHERE id = $1", [runId]);
    const told = await explain(farm, jobIds[0] ?? 0);
    expect(told).toMatchObject({ position: null, ahead: null, blockers: [], noEstimate: null });
    expect(hoursUntil(told, told.finish)).toEqual([0.75, 0.75]);
    expect(Date.parse(told.start?.p90 ?? "")).toBeLessThanOrEqual(Date.parse(told.asOf));
  });

  it("a done one has nothing to wait for", async () => {
    const farm = await makeFarm(test);
    const jobId = await makeJob(test.sql, { poolId: farm.poolId, state: "done", result: "failure" });
    const told = await explain(farm, jobId);
    expect(told).toMatchObject({ position: null, ahead: null, blockers: [], start: null, finish: null });
    expect(told.noEstimate).toBe(`Job ${jobId} is done (failure).`);
  });

  it("a probe waits for its worker and for nobody else", async () => {
    const { farm, jobIds } = await busyFarm(3);
    const workerId = await makeWorker(test.sql, { poolIds: [farm.poolId] });
    await test.sql.count("UPDATE workers SET quarantined_at = now(), control_reason = 'sick' WHERE id = $1", [
      workerId,
    ]);
    await test.sql.count("UPDATE jobs SET only_worker_id = $2, alone = true WHERE id = $1", [jobIds[2], workerId]);
    const told = await explain(farm, jobIds[2] ?? 0);
    expect(told.blockers.map(({ code }) => code)).toEqual(["PROBE"]);
    expect([told.position, hoursUntil(told, told.start)]).toEqual([null, [0, 0]]);
  });
});

describe("estimates", () => {
  const kept = (jobId: number) =>
    test.sql.rows<{ position: number }>("SELECT position FROM estimates WHERE job_id = $1", [jobId]);

  it("are kept when a person asks, once a minute", async () => {
    const { farm, jobIds } = await busyFarm(2);
    await farm.worker();
    const [, second = 0] = jobIds;
    await explainJob(test.ctx, { jobId: second });
    expect(await kept(second)).toEqual([]);
    await explain(farm, second);
    await explain(farm, second);
    expect(await kept(second)).toEqual([{ position: 2 }]);
    await test.sql.count("UPDATE estimates SET given_at = given_at - interval '2 minutes' WHERE job_id = $1", [second]);
    await explain(farm, second);
    expect(await kept(second)).toHaveLength(2);
  });

  it("are compared with what happened", async () => {
    await test.sql.count("DELETE FROM estimates");
    const { farm, jobIds } = await busyFarm(12);
    const worker = await farm.worker(12);
    for (const jobId of jobIds) await explain(farm, jobId);
    expect(await compareEstimates(test.sql)).toMatchObject({ compared: 0, byP50: null });
    for (let slot = 0; slot < 12; slot++) await farm.claimOrThrow(worker, slot);
    // nine of them start two minutes after they were said to, within the P90 of three
    await test.sql.count(
      `UPDATE estimates SET given_at = given_at - interval '1 hour', start_p50_at = s.at - make_interval(mins => s.late),
         start_p90_at = s.at + make_interval(mins => 3 - s.late)
       FROM (SELECT id, row_number() OVER (ORDER BY id) AS place FROM estimates) e
       CROSS JOIN LATERAL (SELECT now() AS at, CASE WHEN place <= 3 THEN -1 WHEN place <= 6 THEN 2 ELSE 4 END AS late) s
       WHERE estimates.id = e.id`,
    );
    const accuracy = await compareEstimates(test.sql);
    expect(accuracy).toMatchObject({ compared: 12, byP50: 0.25, byP90: 0.5 });
    expect(accuracy.medianErrorSeconds).toBeGreaterThan(110);
    expect(accuracy.medianErrorSeconds).toBeLessThan(250);
  });

  it("leave out jobs of other branches that do not wait in this pool", async () => {
    const { farm, jobIds } = await busyFarm(1);
    const branchId = await makeBranch(test.sql, { closedAt: new Date() });
    const buildsetId = await makeBuildset(test.sql, { pushId: await makePush(test.sql, { branchId }) });
    const builderId = await makeBuilder(test.sql);
    await makeJob(test.sql, { poolId: farm.poolId, buildsetId, builderId, priority: 50 });
    expect((await explain(farm, jobIds[0] ?? 0)).position).toBe(1);
  });
});
