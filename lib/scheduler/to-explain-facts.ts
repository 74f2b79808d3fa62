import type { ExplainRow, ExplainWorkerRow } from "../db/sql/explain-job.ts";
import type { ExplainFacts, WorkerFacts } from "./explain/facts.ts";
import { belongsInQueue } from "./relay/belongs-in-queue.ts";

/** The rows of a job and of its pool's workers as the rules see them. */
export function toExplainFacts(row: ExplainRow, workers: readonly ExplainWorkerRow[]): ExplainFacts {
  const { nowMs, id, state, trustLevel, queueClass, avoidWorkerId, onlyWorkerId, needs } = row;
  return {
    nowMs,
    job: { id, state, trustLevel, queueClass, avoidWorkerId, onlyWorkerId },
    branch: { name: row.branch, heldAtMs: row.closedAtMs, heldBy: row.closedBy, heldWhy: row.closedReason },
    pool: {
      name: row.pool,
      trustLevel: row.poolTrustLevel,
      removedAtMs: row.removedAtMs,
      fastSpeed: row.fastSpeed,
      reserveWorkers: row.reserveWorkers,
      reserveBranches: row.reserveBranches,
      idleAbove: row.idleAbove,
      heldAtMs: row.pausedAtMs,
      heldBy: row.pausedBy,
      heldWhy: row.pausedNote,
    },
    workers: workers.map(toWorkerFacts),
    needs,
  };
}

/** A worker's row as the rules see it. */
export function toWorkerFacts(row: ExplainWorkerRow): WorkerFacts {
  const { id, name, inPool, speed, slots, online, lastSeenAtMs, control, runs } = row;
  const { heldAtMs, heldBy, heldWhy, heldUntilMs } = row;
  return {
    id,
    name,
    inPool,
    speed,
    slots,
    busy: runs.length,
    online,
    lastSeenAtMs,
    control,
    held: { heldAtMs, heldBy, heldWhy, heldUntilMs },
  };
}

/** Whether a job has a place in its pool's queue, by the relay's own rule. */
export function standsInQueue(row: ExplainRow): boolean {
  return belongsInQueue({
    state: row.state,
    score: row.score,
    poolPaused: row.pausedAtMs !== null,
    poolRemoved: row.removedAtMs !== null,
    branchClosed: row.closedAtMs !== null,
    onlyWorkerId: row.onlyWorkerId,
  });
}
