import { openDatabase } from "../../lib/db/sql.ts";
import { rebuildQueue } from "../../lib/scheduler/relay/rebuild-queue.ts";
import { relayQueue } from "../../lib/scheduler/relay/relay-queue.ts";
import { type TestContext, testContext } from "../../lib/testing/context.ts";
import { type Farm, makeFarm } from "../../lib/testing/farm.ts";
import { percentile } from "../report/figure.ts";

/** What came of emptying Redis. */
export interface Rebuilt {
  seconds: number;
  /** Claims that got work meanwhile, from PostgreSQL. */
  claims: number;
  claimP95Ms: number;
}

const CLAIMERS = 2;
const SLOTS = 1_000;
const MINUTES_MS = 600_000;

/**
 * Empties Redis while so many jobs wait in one pool, and measures the rebuild from PostgreSQL with workers that claim all the while.
 * Throws when the two do not agree afterwards.
 */
export async function measureRebuild(jobs: number): Promise<Rebuilt> {
  const test = await testContext();
  try {
    const farm = await makeFarm(test);
    await insertJobs(test, farm, jobs);
    const measured = await rebuildWhileClaiming(test, farm);
    while ((await relayQueue(test.ctx)).more); // what was claimed meanwhile
    const { waiting } = await test.sql.one<{ waiting: number }>(
      "SELECT count(*) AS waiting FROM jobs WHERE pool_id = $1 AND state = 'queued'",
      [farm.poolId],
    );
    const inRedis = await test.ctx.queues.size(farm.poolId);
    if (inRedis !== waiting) throw new Error(`${waiting} jobs wait, and Redis has ${inRedis} of them.`);
    return measured;
  } finally {
    await test.drop();
  }
}

/** One job as the product makes it, and the others like it; nothing of them is dirty, as after the relay. */
async function insertJobs(test: TestContext, farm: Farm, jobs: number): Promise<void> {
  const [template] = await farm.submit({ mergeable: false });
  const patient = openDatabase({
    url: test.databaseUrl,
    applicationName: "bench",
    max: 1,
    statementTimeoutMs: MINUTES_MS,
  });
  try {
    await patient.count(
      `INSERT INTO jobs (buildset_id, builder_id, branch_id, push_id, pool_id, trust_level, definition, definition_hash,
                         state, submitted_at, score, dirty)
       SELECT buildset_id, builder_id, branch_id, push_id, pool_id, trust_level, definition, definition_hash,
              state, submitted_at, score - (n * 7919::bigint) % 1000000000, false
       FROM jobs, generate_series(2, $2::bigint) AS n WHERE id = $1`,
      [template, jobs],
    );
    await patient.count("ANALYZE jobs");
  } finally {
    await patient.close();
  }
}

async function rebuildWhileClaiming(test: TestContext, farm: Farm): Promise<Rebuilt> {
  const workers = await Promise.all(Array.from({ length: CLAIMERS }, () => farm.worker(SLOTS)));
  const elapsed: number[] = [];
  let rebuilding = true;
  await test.emptyRedis();
  const claiming = workers.map(async (worker) => {
    for (let slot = 0; rebuilding && slot < SLOTS; slot++) {
      const startedAt = performance.now();
      if (await farm.claim(worker, slot)) elapsed.push(performance.now() - startedAt);
    }
  });
  const startedAt = performance.now();
  const { rebuilt } = await rebuildQueue(test.ctx, { poolIds: [farm.poolId] });
  const seconds = (performance.now() - startedAt) / 1_000;
  rebuilding = false;
  await Promise.all(claiming);
  if (rebuilt.length !== 1) throw new Error("The queue was not rebuilt.");
  return { seconds, claims: elapsed.length, claimP95Ms: elapsed.length > 0 ? percentile(elapsed, 0.95) : Number.NaN };
}
