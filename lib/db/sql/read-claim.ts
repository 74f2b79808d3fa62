import type { RunState } from "../../contracts/job.ts";
import type { MergeWhen } from "../../contracts/placement.ts";
import type { Sql } from "../sql.ts";

/** A claim as it arrived. */
export interface ArrivedClaim {
  workerId: number;
  slot: number;
  claimId: string;
  /** A worker that is not heard of for longer than this is not online. */
  silentSeconds: number;
}

/** A pool that the worker is registered with, and what it says about who takes what. */
export interface ClaimPool {
  id: number;
  name: string;
  /** It has left the configuration, so it has no work any more. */
  removed: boolean;
  /** It gave out no work when the claim came. */
  paused: boolean;
  mergeWhen: MergeWhen;
  fastSpeed: number | null;
  /** For a slow worker: 1 when a fast one of the pool is online. A fast worker counts itself. */
  fastOnline: number;
  reserveWorkers: number;
  idleAbove: number;
}

/** A run of the slot that asks. */
export interface SlotRun {
  id: number;
  state: RunState;
  bootId: string;
}

/** The worker as it is registered now, with what its slot has. */
export interface ClaimState {
  bootId: string | null;
  slots: number;
  speed: number;
  quarantined: boolean;
  draining: boolean;
  disabled: boolean;
  controlReason: string | null;
  pools: ClaimPool[];
  /** Jobs that were sent to this very worker, first the one that goes first; at most 20. */
  probes: number[];
  /** The run that this very claim made. */
  claimed: SlotRun | null;
  /** The live run of the slot. */
  held: SlotRun | null;
}

const run = (condition: string) => `(
  SELECT jsonb_build_object('id', r.id, 'state', r.state, 'bootId', r.boot_id)
  FROM runs r WHERE r.worker_id = w.id AND r.slot = $2 AND ${condition})`;

// One statement and so one moment: a run that the claim's twin makes meanwhile is not taken for older work. A worker that is heard of often
// is written rarely, and nothing waits for the disk for that: a note that a crash loses is made again with the next claim.
const READ_CLAIM = {
  name: "read-claim",
  text: `
    WITH seen AS (
      UPDATE workers SET last_seen_at = clock_timestamp()
      WHERE id = $1 AND (last_seen_at IS NULL OR last_seen_at < clock_timestamp() - interval '5 seconds')
    )
    SELECT w.boot_id AS "bootId", w.slots, w.speed, w.quarantined_at IS NOT NULL AS quarantined,
           w.draining_at IS NOT NULL AS draining, w.disabled_at IS NOT NULL AS disabled, w.control_reason AS "controlReason",
           (SELECT coalesce(jsonb_agg(jsonb_build_object(
              'id', p.id, 'name', p.name, 'removed', p.removed_at IS NOT NULL, 'paused', p.paused_at IS NOT NULL,
              'mergeWhen', p.merge_when,
              'fastSpeed', p.fast_speed, 'reserveWorkers', p.reserve_workers, 'idleAbove', p.idle_above,
              'fastOnline', CASE
                WHEN p.fast_speed IS NULL THEN 0
                WHEN w.speed >= p.fast_speed THEN 1
                ELSE EXISTS (
                  SELECT FROM worker_pools o JOIN workers f ON f.id = o.worker_id
                  WHERE o.pool_id = p.id AND f.speed >= p.fast_speed
                    AND f.last_seen_at > clock_timestamp() - make_interval(secs => $4::float8)
                    AND f.quarantined_at IS NULL AND f.draining_at IS NULL AND f.disabled_at IS NULL)::int
              END) ORDER BY p.id), '[]')
            FROM worker_pools wp JOIN pools p ON p.id = wp.pool_id WHERE wp.worker_id = w.id) AS pools,
           ARRAY (SELECT j.id FROM jobs j WHERE j.only_worker_id = w.id AND j.state = 'queued'
                  ORDER BY j.score, j.id LIMIT 20) AS probes,
           ${run("r.claim_id = $3")} AS claimed,
           ${run("r.state IN ('running', 'cancelling')")} AS held
    FROM workers w, set_config('synchronous_commit', 'off', true)
    WHERE w.id = $1`,
};

/** Notes that the worker was heard of, and reads what its claim is decided by. */
export function readClaim(sql: Sql, claim: ArrivedClaim): Promise<ClaimState | undefined> {
  return sql.maybe<ClaimState>(READ_CLAIM, [claim.workerId, claim.slot, claim.claimId, claim.silentSeconds]);
}

/** Those of the pools that give out work and in which something is queued, whether it may start or not. */
export async function readBusyPools(sql: Sql, poolIds: readonly number[]): Promise<number[]> {
  const text = `
    SELECT pool.id FROM pools pool
    WHERE pool.id = ANY ($1::bigint[]) AND pool.paused_at IS NULL AND pool.removed_at IS NULL
      AND EXISTS (SELECT FROM jobs j WHERE j.pool_id = pool.id AND j.state = 'queued')`;
  return (await sql.rows<{ id: number }>({ name: "read-busy-pools", text }, [poolIds])).map((row) => row.id);
}

/** Those of the workers for whom a probe waits. */
export async function readProbedWorkers(sql: Sql, workerIds: readonly number[]): Promise<number[]> {
  const text = `
    SELECT DISTINCT j.only_worker_id AS id FROM jobs j
    WHERE j.only_worker_id = ANY ($1::bigint[]) AND j.state = 'queued'`;
  return (await sql.rows<{ id: number }>({ name: "read-probed-workers", text }, [workerIds])).map((row) => row.id);
}
