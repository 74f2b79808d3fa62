import type { JobState, Result } from "../../contracts/job.ts";
import type { QueueClass } from "../../contracts/placement.ts";
import type { Sql } from "../sql.ts";
import { toJsonb } from "../to-jsonb.ts";
import { lockBuildsets } from "./complete-buildsets.ts";

/** What of a job tells whether, and where, it can be put back. */
export interface HistoryRow {
  id: number;
  state: JobState;
  result: Result | null;
  everRan: boolean;
  /** The command that cancelled it last, and the one that changed its priority last; null when none did. */
  cancelledBy: number | null;
  reprioritizedBy: number | null;
}

/** What the class of a job is made of. */
export interface ClassFacts {
  id: number;
  idle: boolean;
  workers: "any" | "fast";
  branch: string;
  reserveBranches: string[];
}

/** A job that returns to its place. */
export interface Restored {
  id: number;
  to: "queued" | "blocked";
  score: number;
  queueClass: QueueClass;
}

/** What happened to these jobs that an undo must know. The newest event of a kind says which command it was of. */
export function readHistories(sql: Sql, jobIds: readonly number[]): Promise<HistoryRow[]> {
  const newest = (type: string) => `(
    SELECT (e.body->>'commandId')::bigint FROM events e WHERE e.job_id = j.id AND e.type = '${type}' ORDER BY e.id DESC LIMIT 1)`;
  return sql.rows<HistoryRow>(
    {
      name: "read-histories",
      text: `
        SELECT j.id, j.state, j.result, j.ever_ran AS "everRan", ${newest("job.cancelled")} AS "cancelledBy",
               ${newest("job.reprioritized")} AS "reprioritizedBy"
        FROM jobs j WHERE j.id = ANY ($1::bigint[])`,
    },
    [jobIds],
  );
}

/** What the classes of these jobs are made of, as their pools are now. */
export function readClassFacts(sql: Sql, jobIds: readonly number[]): Promise<ClassFacts[]> {
  return sql.rows<ClassFacts>(
    {
      name: "read-class-facts",
      text: `
        SELECT j.id, coalesce((j.definition->>'idle')::bool, false) AS idle, coalesce(j.definition->>'workers', 'any') AS workers,
               b.name AS branch, p.reserve_branches AS "reserveBranches"
        FROM jobs j JOIN branches b ON b.id = j.branch_id JOIN pools p ON p.id = j.pool_id
        WHERE j.id = ANY ($1::bigint[])`,
    },
    [jobIds],
  );
}

/**
 * Puts locked jobs that were cancelled or skipped before they ever ran back, in a transaction that may do so: the database refuses it in any
 * other. Since when they were queued stays as it was. An Error when one of them is not such a job.
 */
export async function restoreJobs(tx: Sql, jobs: readonly Restored[]): Promise<void> {
  if (jobs.length === 0) return;
  await tx.rows({ name: "allow-undo", text: "SELECT set_config('selfserve.undo', 'on', true)" });
  const restored = await tx.count(
    {
      name: "restore-jobs",
      text: `
        UPDATE jobs j SET
          state = r.to, result = NULL, reason = NULL, score = r.score, queue_class = r.class, ended_at = NULL,
          cancelled_by_id = NULL, queue_version = j.queue_version + 1, dirty = true, updated_at = clock_timestamp(),
          queued_at = CASE WHEN r.to = 'queued' THEN coalesce(j.queued_at, clock_timestamp()) END
        FROM jsonb_to_recordset($1::jsonb) AS r(id bigint, "to" job_state, score float8, class queue_class)
        WHERE j.id = r.id AND j.state = 'done' AND j.result IN ('cancelled', 'skipped') AND NOT j.ever_ran`,
    },
    [toJsonb(jobs.map(({ queueClass, ...job }) => ({ ...job, class: queueClass })))],
  );
  if (restored !== jobs.length) throw new Error(`${jobs.length} jobs were to be restored, but ${restored} were.`);
}

/** Opens sets again in which a job waits anew. After the jobs in the lock order. */
export async function reopenBuildsets(tx: Sql, buildsetIds: readonly number[]): Promise<void> {
  await lockBuildsets(tx, buildsetIds);
  const text =
    "UPDATE buildsets SET completed_at = NULL, result = NULL WHERE id = ANY ($1::bigint[]) AND completed_at IS NOT NULL";
  await tx.count({ name: "reopen-buildsets", text }, [buildsetIds]);
}
