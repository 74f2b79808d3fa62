import type { QueueClass } from "../../contracts/placement.ts";
import type { Sql } from "../sql.ts";
import { toJsonb } from "../to-jsonb.ts";
import { LOCKED_COLUMNS, LOCKED_TABLES, type LockedJob } from "./lock-jobs.ts";

/** Who wants work, and from where. */
export interface Seeker {
  workerId: number;
  poolIds: readonly number[];
  leaseSeconds: number;
}

/** A locked job that waits, with what the rule of merging looks at. */
export interface WaitingJob extends LockedJob {
  builderId: number;
  trustLevel: number;
  definitionHash: string;
  chunkPlanId: number | null;
  queueClass: QueueClass;
  buildsetKind: string;
  alone: boolean;
  mergeable: boolean;
  mergeLimit: number | "all";
  isTry: boolean;
  allowMerge: boolean;
  properties: Record<string, unknown>;
  /** Whether it may start on the worker that asks, now. */
  eligible: boolean;
}

/** A job that PostgreSQL's own order names, unlocked. `settled`: it has waited for two seconds, so that Redis must have been told of it. */
export interface FoundJob {
  id: number;
  poolId: number;
  settled: boolean;
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
  AND (j.avoid_worker_id IS DISTINCT FROM $1::bigint OR j.only_worker_id = $1::bigint OR NOT EXISTS (
    SELECT FROM worker_pools wp JOIN workers w ON w.id = wp.worker_id
    WHERE wp.pool_id = j.pool_id AND w.id <> $1::bigint
      AND w.last_seen_at > clock_timestamp() - make_interval(secs => $3::float8)
      AND w.quarantined_at IS NULL AND w.draining_at IS NULL AND w.disabled_at IS NULL
  ))`;

const WAITING = `
  SELECT ${LOCKED_COLUMNS}, j.builder_id AS "builderId", j.trust_level AS "trustLevel",
         j.definition_hash AS "definitionHash", j.chunk_plan_id AS "chunkPlanId", j.queue_class AS "queueClass",
         s.kind AS "buildsetKind", j.alone, coalesce((j.definition->>'mergeable')::bool, false) AS mergeable,
         coalesce(j.definition->'mergeLimit', '3') AS "mergeLimit", b.is_try AS "isTry", b.allow_merge AS "allowMerge",
         s.properties || j.properties AS properties, (${OPEN}) AS eligible
  FROM ${LOCKED_TABLES} JOIN pools p ON p.id = j.pool_id JOIN branches b ON b.id = j.branch_id`;

/** Locks the job that Redis hinted at, and waits for it: nobody else has been told of it. It may have moved meanwhile. */
export function lockHinted(tx: Sql, seeker: Seeker, jobId: number): Promise<WaitingJob | undefined> {
  const text = `${WAITING} WHERE j.id = $4 FOR NO KEY UPDATE OF j`;
  return tx.maybe<WaitingJob>({ name: "lock-hinted-job", text }, [...valuesOf(seeker), jobId]);
}

/** Locks the first of these jobs that still waits and that nobody else holds. */
export function lockFirst(tx: Sql, seeker: Seeker, jobIds: readonly number[]): Promise<WaitingJob | undefined> {
  const text = `
    ${WAITING} WHERE j.id = ANY ($4::bigint[]) AND j.state = 'queued'
    ORDER BY j.score, j.id LIMIT 1 FOR NO KEY UPDATE OF j SKIP LOCKED`;
  return tx.maybe<WaitingJob>({ name: "lock-first-job", text }, [...valuesOf(seeker), jobIds]);
}

/**
 * Locks the waiting jobs that may share a run with this one, newest push first, at most `limit`. Those that somebody else holds are left
 * out: they are being claimed, cancelled or moved, and waiting for them could end in a deadlock.
 */
export function lockMergeable(tx: Sql, seeker: Seeker, base: WaitingJob, limit: number): Promise<WaitingJob[]> {
  const text = `
    ${WAITING}
    WHERE j.builder_id = $4 AND j.branch_id = $5 AND j.state = 'queued' AND NOT j.alone AND j.retrigger_of_id IS NULL
      AND j.pool_id = $6 AND j.definition_hash = $7 AND j.only_worker_id IS NULL AND j.id <> $8
    ORDER BY j.push_id DESC, j.id DESC LIMIT $9 FOR NO KEY UPDATE OF j SKIP LOCKED`;
  const { builderId, branchId, poolId, definitionHash, id } = base;
  const values = [...valuesOf(seeker), builderId, branchId, poolId, definitionHash, id, limit];
  return tx.rows<WaitingJob>({ name: "lock-mergeable-jobs", text }, values);
}

/**
 * The first jobs in the order of what is wanted that the worker may start, unlocked, at most 64. Each pool is read from its head of the
 * order, past the classes that are not wanted, and a paused one not at all: ask for `idle` by itself, and only when nothing else was found.
 */
export function findFirst(
  sql: Sql,
  seeker: Seeker,
  wants: readonly { poolId: number; classes: readonly QueueClass[] }[],
): Promise<FoundJob[]> {
  const text = `
    SELECT first.id, first."poolId", first.settled
    FROM jsonb_to_recordset($4::jsonb) AS want(pool_id bigint, classes queue_class[])
    JOIN pools serving ON serving.id = want.pool_id AND serving.paused_at IS NULL AND serving.removed_at IS NULL
    CROSS JOIN LATERAL (
      SELECT j.id, j.pool_id AS "poolId", j.score, j.queued_at < clock_timestamp() - interval '2 seconds' AS settled
      FROM jobs j JOIN pools p ON p.id = j.pool_id JOIN branches b ON b.id = j.branch_id
      WHERE j.pool_id = want.pool_id AND j.queue_class = ANY (want.classes) AND j.state = 'queued'
        AND j.only_worker_id IS NULL AND ${OPEN}
        AND j.branch_id <> ALL (ARRAY (SELECT id FROM branches WHERE closed_at IS NOT NULL)) -- before any join
      ORDER BY j.score, j.id LIMIT 64
    ) AS first
    ORDER BY first.score, first.id LIMIT 64`;
  const wanted = wants.map(({ poolId, classes }) => ({ pool_id: poolId, classes }));
  return sql.rows<FoundJob>({ name: "find-first-jobs", text }, [...valuesOf(seeker), toJsonb(wanted)]);
}

/**
 * Has the relay put a job back that a claim has taken from Redis and does not start, if it still waits. The version grows, so that a relay
 * that is at work on the job just now does not take the mark away.
 */
export async function returnHint(tx: Sql, jobId: number): Promise<void> {
  const text = "UPDATE jobs SET dirty = true, queue_version = queue_version + 1 WHERE id = $1 AND state = 'queued'";
  await tx.count({ name: "return-hint", text }, [jobId]);
}

function valuesOf({ workerId, poolIds, leaseSeconds }: Seeker): unknown[] {
  return [workerId, poolIds, 2 * leaseSeconds];
}
