import { setTimeout as pass } from "node:timers/promises";
import { Client } from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openRedis, redisReady } from "../../lib/redis/open-redis.ts";
import { type Farm, POOL, startFarm } from "./farm.ts";
import { countStarts, readWitness, testify } from "./witness.ts";

// Everything that can die dies, one after the other, while real jobs run; the jobs themselves are the witnesses.

const JOBS = 200;
const PUSHES = 4;
const SLOTS = 4;
const WORKERS = ["builder-1", "builder-2", "builder-3", "builder-4"];
/** The jobs of the one that is killed, and of the one that is frozen for longer than a lease, may start twice. */
const KILLED = "builder-2";
const FROZEN = "builder-3";
/** `npm run outage` takes the lease of production and five minutes without PostgreSQL. */
const LEASE_SECONDS = Number(process.env.OUTAGE_LEASE_SECONDS ?? 6);
const OUTAGE_SECONDS = Number(process.env.OUTAGE_SECONDS ?? 20);

let farm: Farm;

beforeAll(async () => {
  farm = await startFarm({ workers: WORKERS, slots: SLOTS, leaseSeconds: LEASE_SECONDS });
}, 240_000);
afterAll(() => farm.stop(), 60_000);

const witness = () => readWitness(farm.witness, WORKERS);

/** Builders whose jobs testify their start and end; one in ten lives longer than the outage, two in ten as long as a lease. */
function builders() {
  return Array.from({ length: JOBS / PUSHES }, (_, index) => {
    const long = index % 10 === 0 ? OUTAGE_SECONDS + 5 : LEASE_SECONDS;
    const seconds = index % 5 === 0 || index % 10 === 3 ? long : 1 + (index % 3);
    const run = [testify(farm.witness, "start"), `sleep ${seconds}`, testify(farm.witness, "end")].join("\n");
    const steps = [{ name: "testify", run }];
    return { name: `witness ${index}`, platform: "linux", kind: "build", pool: POOL, mergeable: false, steps };
  });
}

async function query<Row extends object>(text: string): Promise<Row[]> {
  const client = new Client({ connectionString: farm.product.env.DATABASE_URL });
  client.on("error", () => {}); // PostgreSQL is shut down in the middle
  try {
    await client.connect();
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}

/** How many jobs there are of which this holds; -1 while PostgreSQL is away. */
async function countJobs(condition: string): Promise<number> {
  try {
    const [row] = await query<{ count: string }>(`SELECT count(*) FROM jobs WHERE ${condition}`);
    return Number(row?.count);
  } catch {
    return -1;
  }
}

/** What the product says of these jobs' runs: what a person reads when the test fails. */
function historyOf(jobIds: readonly number[]): Promise<object[]> {
  return query(`
    SELECT e.job_id, e.run_id, e.type, e.created_at, w.name AS worker, e.body
    FROM events e LEFT JOIN runs r ON r.id = e.run_id LEFT JOIN workers w ON w.id = r.worker_id
    WHERE e.job_id IN (${["0", ...jobIds].join(", ")}) ORDER BY e.job_id, e.id`);
}

async function killAndEmptyRedis(): Promise<void> {
  await farm.product.services.redis?.kill();
  await farm.product.services.redis?.start();
  const redis = openRedis(farm.product.env.REDIS_URL ?? "", "background");
  await redisReady(redis);
  await redis.flushall();
  redis.disconnect();
}

async function shutPostgresDown(): Promise<void> {
  await farm.product.services.postgres?.kill();
  await pass(OUTAGE_SECONDS * 1000); // the length of the outage is what is tested
  await farm.product.services.postgres?.start();
}

/** Stops a worker, not its jobs, until others have its jobs; then its late results must not count. */
async function freezeWorker(): Promise<void> {
  const pid = farm.workers.get(FROZEN)?.pid ?? 0;
  process.kill(pid, "SIGSTOP");
  const held = `SELECT FROM runs r JOIN workers w ON w.id = r.worker_id WHERE w.name = '${FROZEN}' AND r.state = 'running'`;
  await expect.poll(async () => (await query(held)).length, { timeout: 300_000, interval: 100 }).toBe(0);
  process.kill(pid, "SIGCONT");
}

/** What dies, in this order, each as soon as some more jobs have started. */
const FAULTS: readonly (() => Promise<void> | void)[] = [
  () => farm.product.web.kill(),
  () => farm.product.timer.kill(),
  killAndEmptyRedis,
  shutPostgresDown,
  freezeWorker,
  () => farm.workers.get(KILLED)?.kill(),
  () => farm.product.web.kill(),
];

async function strikeAll(): Promise<void> {
  for (const strike of FAULTS) {
    const next = Math.min(countStarts(witness()) + 4 + Math.floor(Math.random() * 12), JOBS);
    await expect.poll(() => countStarts(witness()), { timeout: 120_000, interval: 50 }).toBeGreaterThanOrEqual(next);
    await strike();
  }
}

it(
  "gives each job one counted result and starts it once, whatever dies",
  async () => {
    for (let push = 1; push <= PUSHES; push++) {
      const config = JSON.stringify({ version: 1, builders: builders() }, null, 1);
      farm.repository.push({ ".selfserve.yml": config, "push.txt": String(push) });
      await expect.poll(() => countJobs("true"), { timeout: 60_000, interval: 100 }).toBe((push * JOBS) / PUSHES);
    }
    await strikeAll();
    const patience = 240_000 + OUTAGE_SECONDS * 1000;
    await expect.poll(() => countJobs("state = 'done'"), { timeout: patience, interval: 500 }).toBe(JOBS);

    expect(await countJobs("result <> 'success'")).toBe(0);
    const results = await query<{ count: string }>(
      "SELECT count(*) FROM events WHERE type = 'job.done' GROUP BY job_id",
    );
    expect(results.map(({ count }) => Number(count))).toEqual(Array(JOBS).fill(1));

    // The run that counted is the newest one: nobody who was replaced has spoken for a job.
    const spokenFor = await query(`
      SELECT e.job_id, e.run_id FROM events e WHERE e.type = 'job.done'
      AND e.run_id <> (SELECT max(m.run_id) FROM run_members m WHERE m.job_id = e.job_id)`);
    expect(spokenFor).toEqual([]);

    const { starts, ends } = witness();
    expect(starts.size).toBe(JOBS);
    expect([...starts.keys()].filter((jobId) => !ends.has(jobId))).toEqual([]);
    const twice = [...starts].filter(([, workers]) => workers.length > 1);
    const needless = twice.filter(([, [first]]) => first !== KILLED && first !== FROZEN).map(([jobId]) => jobId);
    expect(await historyOf(needless)).toEqual([]);
    expect(twice.length).toBeLessThanOrEqual(2 * SLOTS);
  },
  900_000 + OUTAGE_SECONDS * 1000,
);
