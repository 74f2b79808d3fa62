import { readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { EventStream } from "../events/event-stream.ts";
import type { TestContext } from "../testing/context.ts";
import { makeJob, makePool } from "../testing/rows.ts";
import { openTimers, type Timers } from "../testing/timers.ts";
import { makeRun } from "../testing/worker-rows.ts";

const SOON = { timeout: 45_000, interval: 50 };

let timers: Timers;
let test: TestContext;
let poolId: number;

beforeAll(async () => {
  timers = await openTimers();
  test = timers.test;
});
afterAll(() => timers.drop());
afterEach(() => timers.reset());
beforeEach(async () => {
  poolId = await makePool(test.sql);
});

const order = () => test.ctx.queues.page(poolId, 0, 100).catch(() => "not ready");

it("carries jobs, numbers and publishes events, chains the audit, and ends when asked", async () => {
  const timer = timers.start();
  const jobs = [await makeJob(test.sql, { poolId }), await makeJob(test.sql, { poolId, priority: 1 })];
  await test.sql.count("INSERT INTO events (type, job_id) VALUES ('job.queued', $1)", [jobs[0]]);
  await test.sql.count(
    "INSERT INTO audit_entries (actor, via, action, object, outcome) VALUES ('dev', 'session:1', 'job.cancel', 'job:1', 'done')",
  );
  await expect.poll(order, SOON).toEqual(jobs.toReversed());
  await expect.poll(() => new EventStream(test.redis).last(), SOON).toBeGreaterThan(0);
  const heads = path.join(timers.folder, "audit-heads.jsonl");
  const chained = () => test.sql.rows("SELECT 1 FROM audit_entries WHERE seq IS NULL");
  await expect.poll(chained, SOON).toEqual([]);
  await expect.poll(() => readFileSync(heads, "utf8"), SOON).toMatch(/"seq":\d+,"hash":"[0-9a-f]{64}"/);
  expect(await timer.end()).toBe(0);
  expect(timer.output).toContain("no longer leads");
});

it("carries a job upon the signal that a commit sends, and wakes who waits for the pool", async () => {
  const timer = timers.start();
  await expect.poll(() => timer.output, SOON).toContain('"leads"');
  await expect.poll(order, SOON).toEqual([]);
  await test.signals.pubSub.ready();
  const woken = test.ctx.signals.next([`pool:${poolId}`], 60_000);
  const jobId = await makeJob(test.sql, { poolId });
  test.ctx.signals.send("relay");
  expect(await woken).toBe(true);
  expect(await order()).toEqual([jobId]);
});

it("gives workers one whole lease before it ends any, from its own start", async () => {
  const jobId = await makeJob(test.sql, { poolId, state: "running", everRan: true });
  const runId = await makeRun(test.sql, { jobIds: [jobId], poolId, leaseUntil: new Date(Date.now() - 60_000) });
  const state = async (table: "jobs" | "runs", id: number) =>
    (await test.sql.one<{ state: string }>(`SELECT state FROM ${table} WHERE id = $1`, [id])).state;
  const timer = timers.start();
  await expect.poll(() => state("runs", runId), SOON).toBe("lost");
  // both clocks are this machine's
  const ledAt = Number(/"time":(\d+)[^\n]*"leads"/.exec(timer.output)?.[1]);
  const lost = await test.sql.one<{ at: Date }>(
    "SELECT created_at AS at FROM events WHERE type = 'run.lost' AND run_id = $1",
    [runId],
  );
  expect(lost.at.getTime() - ledAt).toBeGreaterThan(4_990);
  expect(await state("jobs", jobId)).toBe("queued");
  await expect.poll(order, SOON).toEqual([jobId]);
});

it.each([
  ["a promise that nobody looked at", "Promise.reject(new Error('stray'))"],
  ["an error that nobody caught", "throw new Error('stray')"],
])("ends after %s, so that a new process takes over", async (_, defect) => {
  const timer = timers.start({
    NODE_OPTIONS: `--import "data:text/javascript,process.once('SIGUSR2',()=>{${defect}})"`,
  });
  await expect.poll(() => timer.output, SOON).toContain('"leads"');
  timer.signal("SIGUSR2");
  expect(await timer.ended()).toBe(1);
  expect(timer.output).toMatch(/"level":60.*stray.*ends after an unexpected error/);
});

it("says what is wrong with its environment, and does not start", async () => {
  const timer = timers.start({ SWEEP_SECONDS: "soon" });
  expect(await timer.ended()).toBe(78);
  expect(timer.output).toContain("SWEEP_SECONDS is malformed");
});
