import type { Event, EventType } from "../contracts/event.ts";

/** A numbered row of `events`, as `EVENT_COLUMNS` selects it. */
export interface EventRow {
  seq: number;
  type: EventType;
  createdAt: Date;
  branchId: number | null;
  pushId: number | null;
  jobId: number | null;
  runId: number | null;
  body: Record<string, unknown>;
}

/** The columns of an event row, for a SELECT. */
export const EVENT_COLUMNS = `seq, type, created_at AS "createdAt", branch_id AS "branchId", push_id AS "pushId",
  job_id AS "jobId", run_id AS "runId", body`;

/** The event that a row tells of. */
export function toEvent(row: EventRow): Event {
  const { seq, type, branchId, pushId, jobId, runId, body } = row;
  return { seq, type, at: row.createdAt.toISOString(), branchId, pushId, jobId, runId, body };
}
