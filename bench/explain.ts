// How long it takes to say where a job stands among a million that wait, and when it will start.
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { openDatabase } from "../lib/db/sql.ts";
import type { SchedulerContext } from "../lib/scheduler/context.ts";
import { explainJob } from "../lib/scheduler/explain-job.ts";
import { previewCommand } from "../lib/scheduler/preview-command.ts";
import { readAhead } from "../lib/scheduler/read-ahead.ts";
import { rebuildQueue } from "../lib/scheduler/relay/rebuild-queue.ts";
import { type TestContext, testContext } from "../lib/testing/context.ts";
import startServices from "../lib/testing/services.ts";
import { type DeepPool, makeDeepPool } from "./explain/deep-pool.ts";
import { type Figure, percentile, report, rounded } from "./report/figure.ts";

const BENCH = "explain";
const JOBS = 1_000_000;
const ASKED = 200;
const POSITION_MS = 50;
const WHOLE_MS = 500;
const PREVIEW_MS = 1_000;
/** Making a million rows is slower than anything that the product does. */
const SETUP_TIMEOUT_MS = 600_000;

/** A waiting job, as the position is asked for. */
interface Place {
  id: number;
  poolId: number;
  score: number;
  queueClass: "any";
}

/** Explains jobs from all over a queue of so many, one after the other. */
export async function run({ jobs = JOBS, asked = ASKED } = {}): Promise<Figure[]> {
  const stop = await startServices();
  const test = await testContext();
  try {
    const pool = await fill(test, jobs);
    const ctx = asSheriff(test, pool);
    const places = await somePlaces(test, pool.poolId, asked);
    const positions = await timed(places, (place) => readAhead(ctx, place));
    const [first = Number.NaN] = await timed(places.slice(0, 1), (place) => explainJob(ctx, { jobId: place.id }));
    const whole = await timed(places, (place) => explainJob(ctx, { jobId: place.id }));
    const filter = { pool: pool.pool, owner: "bench-owner" };
    const previews = await timed([1, 2, 3, 4, 5], () => previewCommand(ctx, { kind: "cancel", filter }));
    return figuresOf(jobs, { positions, first, whole, previews });
  } finally {
    await test.drop();
    await stop();
  }
}

async function fill(test: TestContext, jobs: number): Promise<DeepPool> {
  const sql = openDatabase({ url: test.databaseUrl, applicationName: "bench", statementTimeoutMs: SETUP_TIMEOUT_MS });
  try {
    const pool = await makeDeepPool(sql, jobs);
    await ownSome(sql, pool, Math.min(10_000, jobs));
    await rebuildQueue({ ...test.ctx, sql }, { poolIds: [pool.poolId] });
    return pool;
  } finally {
    await sql.close();
  }
}

/** Gives one person as many waiting jobs, from all over the queue, as a command takes. */
async function ownSome(sql: TestContext["sql"], { poolId, userId }: DeepPool, count: number): Promise<void> {
  await sql.count("UPDATE users SET login = 'bench-owner' WHERE id = $1", [userId]);
  await sql.count("UPDATE jobs SET owner_id = NULL WHERE owner_id = $1", [userId]);
  await sql.count(
    `UPDATE jobs SET owner_id = $1 WHERE id IN (
       SELECT id FROM jobs WHERE pool_id = $2 AND state = 'queued' ORDER BY id * 7919 % 1000003 LIMIT $3)`,
    [userId, poolId, count],
  );
  await sql.count("VACUUM ANALYZE jobs");
}

function asSheriff(test: TestContext, { userId }: DeepPool): SchedulerContext {
  return test.as({
    kind: "user",
    userId,
    login: "bench-owner",
    roles: ["sheriff"],
    scopes: ["read", "jobs:write"],
    via: "bench",
    ip: null,
  });
}

function somePlaces(test: TestContext, poolId: number, count: number): Promise<Place[]> {
  return test.sql.rows<Place>(
    `SELECT id, pool_id AS "poolId", score, queue_class AS "queueClass" FROM jobs
     WHERE pool_id = $1 AND state = 'queued' ORDER BY id * 104729 % 1000003 LIMIT $2`,
    [poolId, count],
  );
}

/** Milliseconds of each, one after the other. */
async function timed<Item>(items: readonly Item[], ask: (item: Item) => Promise<unknown>): Promise<number[]> {
  const elapsed: number[] = [];
  for (const item of items) {
    const startedAt = performance.now();
    await ask(item);
    elapsed.push(performance.now() - startedAt);
  }
  return elapsed;
}

function figuresOf(
  jobs: number,
  { positions, first, whole, previews }: { positions: number[]; first: number; whole: number[]; previews: number[] },
): Figure[] {
  const p95 = (figure: string, times: number[], mostMs: number): Figure => {
    const value = rounded(percentile(times, 0.95));
    return { bench: BENCH, figure, value, unit: "ms", target: `<= ${mostMs} ms`, ok: value <= mostMs };
  };
  const of = `of ${jobs} waiting`;
  return [
    p95(`position ${of}, p95 of ${positions.length}`, positions, POSITION_MS),
    {
      bench: BENCH,
      figure: `first explanation ${of}, which counts the whole queue`,
      value: rounded(first),
      unit: "ms",
    },
    {
      bench: BENCH,
      figure: `explanation with estimate ${of}, p50`,
      value: rounded(percentile(whole, 0.5)),
      unit: "ms",
    },
    p95(`explanation with estimate ${of}, p95 of ${whole.length}`, whole, WHOLE_MS),
    p95(
      `preview of a cancel of ${Math.min(10_000, jobs)} by filter ${of}, p95 of ${previews.length}`,
      previews,
      PREVIEW_MS,
    ),
  ];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const { values } = parseArgs({ options: { jobs: { type: "string", default: String(JOBS) } } });
  report(await run({ jobs: Number(values.jobs) }));
}
