import type { MergeWhen } from "../../contracts/placement.ts";

/** A pool with what waits and what works in it, as `SELECT_POOL` reads it. */
export interface PoolRow {
  id: number;
  name: string;
  trustLevel: number;
  headStartMs: number;
  pausedAt: Date | null;
  pausedNote: string | null;
  pausedById: number | null;
  pausedByLogin: string | null;
  pausedByName: string | null;
  mergeWhen: MergeWhen;
  fastSpeed: number | null;
  reserveWorkers: number;
  reserveBranches: string[];
  idleAbove: number;
  queued: number;
  running: number;
  workers: number;
  workersOnline: number;
  oldestQueuedAt: Date | null;
}

/** Pools as `pool`. $1: for how many seconds a worker that was seen counts as online. */
export const SELECT_POOL = `
  SELECT pool.id, pool.name, pool.trust_level AS "trustLevel", pool.head_start_ms AS "headStartMs",
    pool.paused_at AS "pausedAt", pool.paused_note AS "pausedNote",
    pauser.id AS "pausedById", pauser.login AS "pausedByLogin", pauser.name AS "pausedByName",
    pool.merge_when AS "mergeWhen", pool.fast_speed AS "fastSpeed", pool.reserve_workers AS "reserveWorkers",
    pool.reserve_branches AS "reserveBranches", pool.idle_above AS "idleAbove",
    waiting.jobs AS queued, waiting.oldest AS "oldestQueuedAt", working.runs AS running,
    staff.workers, staff.online AS "workersOnline"
  FROM pools pool
  LEFT JOIN users pauser ON pauser.id = pool.paused_by_id
  CROSS JOIN LATERAL (
    SELECT count(*)::int AS jobs, min(j.submitted_at) AS oldest
    FROM jobs j WHERE j.pool_id = pool.id AND j.state = 'queued') waiting
  CROSS JOIN LATERAL (
    SELECT count(*)::int AS runs FROM runs r WHERE r.pool_id = pool.id AND r.state IN ('running', 'cancelling')) working
  CROSS JOIN LATERAL (
    SELECT count(*)::int AS workers,
      count(*) FILTER (WHERE w.last_seen_at > clock_timestamp() - make_interval(secs => $1))::int AS online
    FROM worker_pools wp JOIN workers w ON w.id = wp.worker_id WHERE wp.pool_id = pool.id) staff`;
