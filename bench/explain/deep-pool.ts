import type { Sql } from "../../lib/db/sql.ts";
import {
  definition,
  makeBranch,
  makeBuildset,
  makePool,
  makePush,
  makeRepository,
  makeUser,
} from "../../lib/testing/rows.ts";

/** A pool with a million waiting jobs is made by SQL: through the verbs it would take an hour. */
export interface DeepPool {
  poolId: number;
  pool: string;
  /** Owns a tenth of the jobs, and may do anything to all of them. */
  userId: number;
}

const BRANCHES = 20;
const BUILDERS = 300;
const OWNERS = 50;
const WORKERS = 100;
const RUNNING = 80;
/** Jobs of one statement. */
const AT_ONCE = 50_000;

/** Makes the pool: jobs of the last days, ranks from −5 to 5, of many builders, branches and owners, beside a hundred workers. */
export async function makeDeepPool(sql: Sql, jobs: number): Promise<DeepPool> {
  const repositoryId = await makeRepository(sql);
  const poolId = await makePool(sql, { name: "deep", mergeWhen: "backlog" });
  const owners = await times(OWNERS, () => makeUser(sql));
  const [userId = 0] = owners;
  const sets = await times(BRANCHES, async () => {
    const branchId = await makeBranch(sql, { repositoryId });
    return makeBuildset(sql, { pushId: await makePush(sql, { branchId }) });
  });
  await makeBuilders(sql, repositoryId);
  await insertJobs(sql, { poolId, sets, owners, from: 1, to: RUNNING, state: "running" });
  for (let from = RUNNING + 1; from <= RUNNING + jobs; from += AT_ONCE)
    await insertJobs(sql, {
      poolId,
      sets,
      owners,
      from,
      to: Math.min(from + AT_ONCE - 1, RUNNING + jobs),
      state: "queued",
    });
  await makeWorkers(sql, poolId);
  await sql.count("VACUUM ANALYZE");
  return { poolId, pool: "deep", userId };
}

/** Builders with fifty past runs each, of 2 to 40 minutes. */
async function makeBuilders(sql: Sql, repositoryId: number): Promise<void> {
  await sql.count(
    `INSERT INTO builders (repository_id, name, platform, kind)
     SELECT $1, 'builder ' || n, 'linux64', CASE WHEN n % 3 = 0 THEN 'build' ELSE 'test' END::builder_kind
     FROM generate_series(1, $2::int) n`,
    [repositoryId, BUILDERS],
  );
  await sql.count(
    `INSERT INTO builder_timings (builder_id, samples_ms)
     SELECT b.id, ARRAY(SELECT 120000 + (b.id * 7919 + n * 104729) % 2280000 FROM generate_series(1, 50) n)::int[] FROM builders b`,
  );
}

async function insertJobs(
  sql: Sql,
  jobs: { poolId: number; sets: number[]; owners: number[]; from: number; to: number; state: "queued" | "running" },
): Promise<void> {
  await sql.count(
    `INSERT INTO jobs (buildset_id, builder_id, branch_id, push_id, pool_id, owner_id, trust_level, definition, definition_hash,
                       state, priority, score, submitted_at, queued_at, started_at, dirty)
     SELECT s.id, b.id, s.branch_id, s.push_id, $1, ($3::bigint[])[1 + n * 13 % cardinality($3::bigint[])], 1, $6, repeat('0', 64),
            $7::job_state, place.priority, floor(extract(epoch FROM place.at) * 1000) - place.priority * 600000, place.at, place.at,
            CASE WHEN $7 = 'running' THEN clock_timestamp() - interval '1 minute' END, false
     FROM generate_series($4::int, $5::int) n
     CROSS JOIN LATERAL (
       SELECT n * 31 % 11 - 5 AS priority, clock_timestamp() - make_interval(secs => (n * 7919::bigint % 500000)::float8) AS at
     ) place
     JOIN buildsets s ON s.id = ($2::bigint[])[1 + n * 3 % cardinality($2::bigint[])]
     JOIN builders b ON b.name = 'builder ' || (1 + n * 7 % ${BUILDERS})`,
    [jobs.poolId, jobs.sets, jobs.owners, jobs.from, jobs.to, JSON.stringify(definition({ pool: "deep" })), jobs.state],
  );
}

/** Workers of one slot each, most of them busy. */
async function makeWorkers(sql: Sql, poolId: number): Promise<void> {
  await sql.count(
    `WITH made AS (
       INSERT INTO workers (name, slots, last_seen_at)
       SELECT 'worker-' || n, 1, clock_timestamp() + interval '1 day' FROM generate_series(1, $2::int) n RETURNING id
     ) INSERT INTO worker_pools (worker_id, pool_id) SELECT id, $1 FROM made`,
    [poolId, WORKERS],
  );
  await sql.count(
    `WITH made AS (
       INSERT INTO runs (worker_id, boot_id, slot, claim_id, base_job_id, lead_job_id, pool_id, revision, lease_until, started_at)
       SELECT w.id, 'boot', 0, 'claim-' || w.id, j.id, j.id, $1, repeat('0', 40), clock_timestamp() + interval '1 day', j.started_at
       FROM (SELECT id, row_number() OVER (ORDER BY id) AS place FROM workers) w
       JOIN (SELECT id, started_at, row_number() OVER (ORDER BY id) AS place FROM jobs WHERE state = 'running') j USING (place)
       RETURNING id, base_job_id
     ) INSERT INTO run_members (run_id, job_id) SELECT id, base_job_id FROM made`,
    [poolId],
  );
}

async function times(count: number, make: () => Promise<number>): Promise<number[]> {
  const made: number[] = [];
  for (let index = 0; index < count; index++) made.push(await make());
  return made;
}
