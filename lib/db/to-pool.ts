import type { Pool } from "../contracts/pool.ts";
import type { PoolRow } from "./sql/select-pools.ts";
import { toTimestamp } from "./to-timestamp.ts";

/** A head start so long that rank alone decides: 2^42 ms. */
export const STRICT_HEAD_START_MS = 2 ** 42;

/** The contract of a pool's row. */
export function toPool(row: PoolRow): Pool {
  return {
    id: row.id,
    name: row.name,
    trustLevel: row.trustLevel,
    headStartMs: row.headStartMs,
    strict: row.headStartMs >= STRICT_HEAD_START_MS,
    pausedNote: row.pausedAt === null ? null : (row.pausedNote ?? "no note was left"),
    queued: row.queued,
    running: row.running,
    workers: row.workers,
    workersOnline: row.workersOnline,
    oldestQueuedAt: toTimestamp(row.oldestQueuedAt),
  };
}
