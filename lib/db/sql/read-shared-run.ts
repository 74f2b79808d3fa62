import type { MergeReceipt, SharedRun } from "../../contracts/merging.ts";
import type { Sql } from "../sql.ts";

/** The run that serves or has served a job together with others. */
export interface SharedRunRow extends Omit<SharedRun, "startedAt" | "newerRevision"> {
  startedAt: Date;
  receipt: MergeReceipt;
  /** Whether it serves the job now, and another one as well. */
  sharedNow: boolean;
}

// The newest run of the job, unless the job waits again: it was lost, is tried again, or the job was split out of it.
const READ = {
  name: "read-shared-run",
  text: `
    WITH own AS (
      SELECT m.run_id, m.live, m.receipt, j.state FROM run_members m JOIN jobs j ON j.id = m.job_id
      WHERE m.job_id = $1 ORDER BY m.run_id DESC LIMIT 1
    ), members AS (
      SELECT m.job_id, m.live, m.receipt, j.push_id, s.revision, b.base_priority + j.priority AS rank
      FROM own JOIN run_members m ON m.run_id = own.run_id
      JOIN jobs j ON j.id = m.job_id JOIN buildsets s ON s.id = j.buildset_id JOIN branches b ON b.id = j.branch_id
    )
    SELECT r.id AS "runId", r.revision, r.started_at AS "startedAt", own.receipt,
           own.live AND EXISTS (SELECT FROM members WHERE live AND job_id <> $1) AS "sharedNow",
           (SELECT jsonb_agg(jsonb_build_object('jobId', m.job_id, 'pushId', m.push_id, 'revision', m.revision,
              'rank', m.rank, 'live', m.live, 'lead', m.job_id = r.lead_job_id, 'receipt', m.receipt)
              ORDER BY m.push_id DESC, m.job_id DESC) FROM members m) AS members
    FROM own JOIN runs r ON r.id = own.run_id
    WHERE own.state IN ('running', 'done') AND r.state <> 'lost' AND own.receipt->>'detached' IS DISTINCT FROM 'split'
      AND (SELECT count(*) FROM members) > 1`,
};

/** The run that a job shares with others, with all its members by push, newest first; undefined when it has none. */
export function readSharedRun(sql: Sql, jobId: number): Promise<SharedRunRow | undefined> {
  return sql.maybe<SharedRunRow>(READ, [jobId]);
}
