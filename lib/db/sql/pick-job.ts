import type { Sql } from "../sql.ts";

/** Who wants work, and from where. */
export interface Seeker {
  workerId: number;
  poolIds: readonly number[];
  leaseSeconds: number;
}

// What holds a queued job back from a worker: $1 worker, $2 pools, $3 seconds after which a silent worker counts as away.
// A job avoids the worker that failed it for as long as another one of its pool is there. A worker in quarantine or draining gets its probes
// only, a disabled one nothing. In a claim's transaction this is read under the lock of the controls (lock-slot.ts), in a statement of its own.
const OPEN = `
  p.paused_at IS NULL AND p.removed_at IS NULL AND b.closed_at IS NULL
  AND p.trust_level = j.trust_level AND j.pool_id = ANY ($2::bigint[])
  AND (j.only_worker_id IS NULL OR j.only_worker_id = $1::bigint)
  AND EXISTS (
    SELECT FROM workers me WHERE me.id = $1::bigint AND me.disabled_at IS NULL
      AND (j.only_worker_id = me.id OR (me.quarantined_at IS NULL AND me.draining_at IS NULL))
  )
  AND (j.avoid_worker_id IS DISTINCT FROM $1::bigint OR NOT EXISTS (
    SELECT FROM worker_pools wp JOIN workers w ON w.id = wp.worker_id
    WHERE wp.pool_id = j.pool_id AND w.id <> $1::bigint
      AND w.last_seen_at > clock_timestamp() - make_interval(secs => $3::float8)
  ))`;

const FROM = "FROM jobs j JOIN pools p ON p.id = j.pool_id JOIN branches b ON b.id = j.branch_id";

/** Whether a queued job may start on the worker now. */
export async function mayStart(sql: Sql, seeker: Seeker, jobId: number): Promise<boolean> {
  const statement = { name: "may-start", text: `SELECT j.id ${FROM} WHERE j.id = $4 AND ${OPEN}` };
  return (await sql.maybe(statement, [...valuesOf(seeker), jobId])) !== undefined;
}

/** The first jobs in the pools' order that the worker may start, unlocked, at most 64. Each pool is read from its head of the order. */
export async function findFirst(sql: Sql, seeker: Seeker): Promise<number[]> {
  const statement = {
    name: "find-first-jobs",
    text: `
      SELECT first.id
      FROM unnest($2::bigint[]) AS pool(id)
      CROSS JOIN LATERAL (
        SELECT j.id, j.score ${FROM}
        WHERE j.pool_id = pool.id AND j.state = 'queued' AND ${OPEN}
        ORDER BY j.score, j.id LIMIT 64
      ) AS first
      ORDER BY first.score, first.id LIMIT 64`,
  };
  return (await sql.rows<{ id: number }>(statement, valuesOf(seeker))).map((row) => row.id);
}

/** Locks the first of these jobs that still waits and that nobody else holds. */
export async function lockFirst(tx: Sql, jobIds: readonly number[]): Promise<number | undefined> {
  const statement = {
    name: "lock-first-job",
    text: `
      SELECT id FROM jobs WHERE id = ANY ($1::bigint[]) AND state = 'queued'
      ORDER BY score, id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED`,
  };
  return (await tx.maybe<{ id: number }>(statement, [jobIds]))?.id;
}

/**
 * Has the relay put a job back that a claim has taken from Redis and may not start. The version grows, so that a relay that is at work on
 * the job just now does not take the mark away.
 */
export async function returnHint(tx: Sql, jobId: number): Promise<void> {
  const text = "UPDATE jobs SET dirty = true, queue_version = queue_version + 1 WHERE id = $1";
  await tx.count({ name: "return-hint", text }, [jobId]);
}

function valuesOf({ workerId, poolIds, leaseSeconds }: Seeker): unknown[] {
  return [workerId, poolIds, 2 * leaseSeconds];
}
