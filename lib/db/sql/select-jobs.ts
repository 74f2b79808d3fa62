import type { BuilderKind, JobState, Result } from "../../contracts/job.ts";

/** A job as lists show it. */
export interface JobListRow {
  id: number;
  buildsetId: number;
  pushId: number;
  branch: string;
  revision: string;
  builder: string;
  platform: string;
  kind: BuilderKind;
  pool: string;
  ownerId: number | null;
  ownerLogin: string | null;
  ownerName: string | null;
  submittedById: number | null;
  state: JobState;
  result: Result | null;
  reason: string | null;
  priority: number;
  basePriority: number;
  submittedAt: Date;
  startedAt: Date | null;
  endedAt: Date | null;
  retriggerOf: number | null;
  boostUntil: Date | null;
  boostFrom: number | null;
  boostReason: string | null;
  runId: number | null;
  /** The revision that its newest run builds. */
  runRevision: string | null;
}

/** The columns of `JobListRow` over `JOB_TABLES`. */
export const JOB_COLUMNS = `
  j.id, j.buildset_id AS "buildsetId", j.push_id AS "pushId", b.name AS branch, s.revision, bu.name AS builder,
  bu.platform, bu.kind, p.name AS pool, u.id AS "ownerId", u.login AS "ownerLogin", u.name AS "ownerName",
  s.submitted_by AS "submittedById", j.state, j.result, j.reason, j.priority, b.base_priority AS "basePriority",
  j.submitted_at AS "submittedAt", j.started_at AS "startedAt", j.ended_at AS "endedAt",
  j.retrigger_of_id AS "retriggerOf", j.boost_until AS "boostUntil", j.boost_from AS "boostFrom",
  j.boost_reason AS "boostReason", newest.run_id AS "runId", newest.revision AS "runRevision"`;

/** A job with what names it. */
export const JOB_TABLES = `
  jobs j
  JOIN buildsets s ON s.id = j.buildset_id
  JOIN branches b ON b.id = j.branch_id
  JOIN builders bu ON bu.id = j.builder_id
  JOIN pools p ON p.id = j.pool_id
  LEFT JOIN users u ON u.id = j.owner_id
  LEFT JOIN LATERAL (
    SELECT m.run_id, r.revision FROM run_members m JOIN runs r ON r.id = m.run_id
    WHERE m.job_id = j.id ORDER BY m.run_id DESC LIMIT 1) newest ON true`;
