import type { JobState, Result } from "../../contracts/job.ts";
import type { Sql } from "../sql.ts";
import { toJsonb } from "../to-jsonb.ts";

/** One job's way from a state to another. What is not named keeps its value, except `reason`, which is always set anew. */
export interface JobChange {
  id: number;
  from: JobState;
  to: JobState;
  result?: Result;
  reason?: string | null;
  lostCount?: number;
  retryCount?: number;
  avoidWorkerId?: number;
  cancelledById?: number | null;
  /** When its run began, for a run that goes on after it was lost; the database's time otherwise. */
  startedAt?: Date;
}

// The state is part of the condition, so whoever came first wins; the version and the mark make the relay tell Redis.
const CHANGE = {
  name: "change-jobs",
  text: `
    UPDATE jobs j SET
      state = c.to, result = c.result, reason = c.reason,
      queue_version = j.queue_version + 1, dirty = true, updated_at = clock_timestamp(),
      queued_at = CASE WHEN c.to = 'queued' THEN clock_timestamp() ELSE j.queued_at END,
      started_at = CASE c.to WHEN 'queued' THEN NULL WHEN 'running' THEN coalesce(c.started_at, clock_timestamp())
                   ELSE j.started_at END,
      ended_at = CASE WHEN c.to = 'done' THEN clock_timestamp() END,
      ever_ran = j.ever_ran OR c.to = 'running',
      lost_count = coalesce(c.lost_count, j.lost_count),
      retry_count = coalesce(c.retry_count, j.retry_count),
      avoid_worker_id = coalesce(c.avoid_worker_id, j.avoid_worker_id),
      cancelled_by_id = coalesce(c.cancelled_by_id, j.cancelled_by_id)
    FROM jsonb_to_recordset($1::jsonb) AS c(
      id bigint, "from" job_state, "to" job_state, result result, reason text, lost_count int, retry_count int,
      avoid_worker_id bigint, cancelled_by_id bigint, started_at timestamptz)
    WHERE j.id = c.id AND j.state = c."from"`,
};

/** Moves jobs that this transaction has locked. An Error when one of them was not in the state named: its lock was forgotten. */
export async function changeJobs(tx: Sql, changes: readonly JobChange[]): Promise<void> {
  if (changes.length === 0) return;
  const rows = changes.map((change) => ({
    id: change.id,
    from: change.from,
    to: change.to,
    result: change.result,
    reason: change.reason,
    lost_count: change.lostCount,
    retry_count: change.retryCount,
    avoid_worker_id: change.avoidWorkerId,
    cancelled_by_id: change.cancelledById,
    started_at: change.startedAt,
  }));
  const changed = await tx.count(CHANGE, [toJsonb(rows)]);
  if (changed !== changes.length) {
    throw new Error(
      `${changes.length} jobs were to change, but ${changed} did: ${changes.map((c) => c.id).join(", ")}`,
    );
  }
}
