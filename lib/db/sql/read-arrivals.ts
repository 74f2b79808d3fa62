import type { QueueClass } from "../../contracts/placement.ts";
import type { Sql } from "../sql.ts";

/** A job that is about to enter its pool's queue, with what the choice of a worker looks at. */
export interface Arrival {
  jobId: number;
  poolId: number;
  builderId: number;
  builder: string;
  queueClass: QueueClass;
  affinity: "objdir" | null;
  avoidWorkerId: number | null;
  fastSpeed: number | null;
  /** 1 when a fast worker of the pool is online. */
  fastOnline: number;
  reserveWorkers: number;
  idleAbove: number;
}

/** When a worker last ran a builder with success. */
export interface Success {
  builderId: number;
  workerId: number;
  /** ms since 1970 */
  succeededAtMs: number;
}

const ARRIVALS = {
  name: "read-arrivals",
  text: `
    SELECT j.id AS "jobId", j.pool_id AS "poolId", j.builder_id AS "builderId", bu.name AS builder,
           j.queue_class AS "queueClass", j.definition->>'affinity' AS affinity, j.avoid_worker_id AS "avoidWorkerId",
           p.fast_speed AS "fastSpeed", p.reserve_workers AS "reserveWorkers", p.idle_above AS "idleAbove",
           CASE WHEN p.fast_speed IS NULL THEN 0 ELSE EXISTS (
             SELECT FROM worker_pools o JOIN workers f ON f.id = o.worker_id
             WHERE o.pool_id = p.id AND f.speed >= p.fast_speed
               AND f.last_seen_at > clock_timestamp() - make_interval(secs => $2::float8)
               AND f.quarantined_at IS NULL AND f.draining_at IS NULL AND f.disabled_at IS NULL)::int
           END AS "fastOnline"
    FROM jobs j JOIN pools p ON p.id = j.pool_id JOIN builders bu ON bu.id = j.builder_id
    WHERE j.id = ANY ($1::bigint[]) AND j.trust_level = p.trust_level
    ORDER BY j.queue_class = 'idle', j.score, j.id`,
};

/** Those of the jobs that any worker could be given, in the order of the queue. A worker that is silent for longer than told is not online. */
export function readArrivals(sql: Sql, jobIds: readonly number[], silentSeconds: number): Promise<Arrival[]> {
  return sql.rows<Arrival>(ARRIVALS, [jobIds, silentSeconds]);
}

/** The workers that last ran these builders with success, at most 50 of each. */
export async function readSuccesses(sql: Sql, builderIds: readonly number[]): Promise<Success[]> {
  if (builderIds.length === 0) return [];
  const text = `
    SELECT s.builder_id AS "builderId", s.worker_id AS "workerId",
           (extract(epoch FROM s.succeeded_at) * 1000)::float8 AS "succeededAtMs"
    FROM unnest($1::bigint[]) AS b(id) CROSS JOIN LATERAL (
      SELECT * FROM worker_builders w WHERE w.builder_id = b.id ORDER BY w.succeeded_at DESC LIMIT 50) AS s
    ORDER BY s.succeeded_at DESC`;
  return sql.rows<Success>({ name: "read-successes", text }, [builderIds]);
}

/** The names of workers, by id. */
export async function readWorkerNames(sql: Sql, workerIds: readonly number[]): Promise<Map<number, string>> {
  const text = "SELECT id, name FROM workers WHERE id = ANY ($1::bigint[])";
  const rows = await sql.rows<{ id: number; name: string }>({ name: "read-worker-names", text }, [workerIds]);
  return new Map(rows.map(({ id, name }) => [id, name]));
}

/** Notes that the worker ran the builders of these jobs with success just now, as far as they say that its object directory is worth it. */
export async function noteSuccess(tx: Sql, workerId: number, jobIds: readonly number[]): Promise<void> {
  const text = `
    INSERT INTO worker_builders (worker_id, builder_id, succeeded_at)
    SELECT DISTINCT $1::bigint, j.builder_id, clock_timestamp() FROM jobs j
    WHERE j.id = ANY ($2::bigint[]) AND j.definition->>'affinity' = 'objdir' ORDER BY 2
    ON CONFLICT (builder_id, worker_id) DO UPDATE SET succeeded_at = greatest(worker_builders.succeeded_at, excluded.succeeded_at)`;
  await tx.count({ name: "note-success", text }, [workerId, jobIds]);
}
