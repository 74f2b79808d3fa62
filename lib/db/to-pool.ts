import type { Allowed } from "../contracts/job.ts";
import { type Pool, STRICT_HEAD_START_MS } from "../contracts/pool.ts";
import type { PoolRow } from "./sql/select-pools.ts";
import { toTimestamp } from "./to-timestamp.ts";
import { toUserRef } from "./to-user-ref.ts";

/** The contract of a pool's row; `mayControl` is about whoever asks. */
export function toPool(row: PoolRow, mayControl: Allowed): Pool {
  return {
    id: row.id,
    name: row.name,
    trustLevel: row.trustLevel,
    headStartMs: row.headStartMs,
    strict: row.headStartMs >= STRICT_HEAD_START_MS,
    pausedNote: row.pausedAt === null ? null : (row.pausedNote ?? "no note was left"),
    pausedAt: toTimestamp(row.pausedAt),
    pausedBy: toUserRef(row.pausedById, row.pausedByLogin, row.pausedByName),
    mayControl,
    mergeWhen: row.mergeWhen,
    fastSpeed: row.fastSpeed,
    reserve: { workers: row.reserveWorkers, branches: row.reserveBranches },
    idleAbove: row.idleAbove,
    queued: row.queued,
    running: row.running,
    workers: row.workers,
    workersOnline: row.workersOnline,
    oldestQueuedAt: toTimestamp(row.oldestQueuedAt),
  };
}
