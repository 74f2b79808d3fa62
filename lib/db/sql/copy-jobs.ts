import type { JobState } from "../../contracts/job.ts";
import type { QueueClass } from "../../contracts/placement.ts";
import type { Sql } from "../sql.ts";
import { toJsonb } from "../to-jsonb.ts";

/** What a job's copies take from its branch and pool as they are today. */
export interface Original {
  id: number;
  buildsetId: number;
  branchId: number;
  pushId: number;
  branch: string;
  builder: string;
  basePriority: number;
  trustLevel: number;
  pool: string;
  poolTrustLevel: number;
  poolRemoved: boolean;
  headStartMs: number;
  idle: boolean;
  workers: "any" | "fast";
  reserveBranches: string[];
  /** The database's clock, ms since 1970. */
  nowMs: number;
}

/** A copy to be made, of `jobId`, in the new buildset `set`: a number that says which copies belong together. */
export interface NewCopy {
  set: number;
  jobId: number;
  state: JobState;
  priority: number;
  submittedAt: Date;
  score: number;
  queueClass: QueueClass;
  trustLevel: number;
}

/** A buildset to be made after the one of `jobId`. */
export interface NewSet {
  set: number;
  jobId: number;
  reason: string;
  submittedAt: Date;
}

/** A copy that was made. */
export interface Copied {
  id: number;
  buildsetId: number;
  jobId: number;
}

/** Reads what the copies of these jobs will take from their branches and pools. */
export function readOriginals(sql: Sql, jobIds: readonly number[]): Promise<Original[]> {
  return sql.rows<Original>(
    {
      name: "read-originals",
      text: `
        SELECT j.id, j.buildset_id AS "buildsetId", j.branch_id AS "branchId", j.push_id AS "pushId", b.name AS branch,
               bu.name AS builder, b.base_priority AS "basePriority", b.trust_level AS "trustLevel", p.name AS pool,
               p.trust_level AS "poolTrustLevel", p.removed_at IS NOT NULL AS "poolRemoved",
               p.head_start_ms AS "headStartMs", coalesce((j.definition->>'idle')::bool, false) AS idle,
               coalesce(j.definition->>'workers', 'any') AS workers, p.reserve_branches AS "reserveBranches",
               floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS "nowMs"
        FROM jobs j
        JOIN branches b ON b.id = j.branch_id
        JOIN builders bu ON bu.id = j.builder_id
        JOIN pools p ON p.id = j.pool_id
        WHERE j.id = ANY ($1::bigint[])
        ORDER BY j.id`,
    },
    [jobIds],
  );
}

/** The arrows between jobs of the same buildset that lead from one of these jobs to what waits for it, directly or through others. */
export function readArrows(
  sql: Sql,
  jobIds: readonly number[],
  limit: number,
): Promise<{ from: number; to: number }[]> {
  return sql.rows(
    {
      name: "read-arrows",
      text: `
        WITH RECURSIVE arrow ("from", "to") AS (
          SELECT d.needs_job_id, d.job_id FROM job_dependencies d
          JOIN jobs n ON n.id = d.needs_job_id JOIN jobs j ON j.id = d.job_id AND j.buildset_id = n.buildset_id
          WHERE d.needs_job_id = ANY ($1::bigint[])
          UNION
          SELECT d.needs_job_id, d.job_id FROM arrow a JOIN job_dependencies d ON d.needs_job_id = a."to"
          JOIN jobs n ON n.id = d.needs_job_id JOIN jobs j ON j.id = d.job_id AND j.buildset_id = n.buildset_id
        )
        SELECT "from", "to" FROM arrow LIMIT $2`,
    },
    [jobIds, limit],
  );
}

/** A build may have thousands of dependents; no statement takes long enough to be given up. */
const ROWS_AT_ONCE = 1000;

// Ids are given in the order of the rows.
const INSERT_SETS = {
  name: "copy-buildsets",
  text: `
    INSERT INTO buildsets (branch_id, push_id, revision, kind, reason, properties, submitted_by, submitted_at)
    SELECT s.branch_id, s.push_id, s.revision, 'retrigger', n.reason, s.properties, $2, n.submitted_at
    FROM jsonb_to_recordset($1::jsonb) AS n("set" int, job_id bigint, reason text, submitted_at timestamptz)
    JOIN jobs j ON j.id = n.job_id JOIN buildsets s ON s.id = j.buildset_id
    ORDER BY n."set"
    RETURNING id`,
};

const INSERT_JOBS = {
  name: "copy-jobs",
  text: `
    INSERT INTO jobs (buildset_id, builder_id, branch_id, push_id, pool_id, owner_id, trust_level, definition, definition_hash,
                      properties, exclusive, chunk_plan_id, retrigger_of_id, state, priority, score, queue_class, submitted_at,
                      queued_at)
    SELECT n.buildset_id, j.builder_id, j.branch_id, j.push_id, j.pool_id, j.owner_id, n.trust_level, j.definition,
           j.definition_hash, j.properties, j.exclusive, j.chunk_plan_id, j.id, n.state, n.priority, n.score, n.queue_class,
           n.submitted_at, CASE WHEN n.state = 'queued' THEN clock_timestamp() END
    FROM ROWS FROM (jsonb_to_recordset($1::jsonb) AS (
      buildset_id bigint, job_id bigint, state job_state, priority int, score float8, queue_class queue_class,
      submitted_at timestamptz, trust_level int)) WITH ORDINALITY
      AS n(buildset_id, job_id, state, priority, score, queue_class, submitted_at, trust_level, place)
    JOIN jobs j ON j.id = n.job_id
    ORDER BY n.place
    RETURNING id, buildset_id AS "buildsetId", retrigger_of_id AS "jobId"`,
};

// What was copied as well is needed as its copy in the same set, everything else as it is.
const INSERT_NEEDS = {
  name: "copy-dependencies",
  text: `
    INSERT INTO job_dependencies (job_id, needs_job_id)
    SELECT c.id, coalesce(n.id, d.needs_job_id)
    FROM jobs c JOIN job_dependencies d ON d.job_id = c.retrigger_of_id
    LEFT JOIN jobs n ON n.buildset_id = c.buildset_id AND n.retrigger_of_id = d.needs_job_id
    WHERE c.id = ANY ($1::bigint[])`,
};

/** Makes copies of jobs, in new buildsets, with the same definitions, properties and needs; by ascending id, in the order given. */
export async function copyJobs(
  tx: Sql,
  sets: readonly NewSet[],
  copies: readonly NewCopy[],
  submittedBy: number | null,
): Promise<Copied[]> {
  if (copies.length === 0) return [];
  const setRows = sets.map(({ set, jobId, reason, submittedAt }) => ({
    set,
    job_id: jobId,
    reason,
    submitted_at: submittedAt,
  }));
  const made = await tx.rows<{ id: number }>(INSERT_SETS, [toJsonb(setRows), submittedBy]);
  const ids = made.map((row) => row.id).sort((a, b) => a - b);
  const idOfSet = new Map(
    sets
      .map(({ set }) => set)
      .sort((a, b) => a - b)
      .map((set, index) => [set, ids[index]]),
  );
  const rows = copies.map((copy) => ({
    buildset_id: idOfSet.get(copy.set),
    job_id: copy.jobId,
    state: copy.state,
    priority: copy.priority,
    score: copy.score,
    queue_class: copy.queueClass,
    submitted_at: copy.submittedAt,
    trust_level: copy.trustLevel,
  }));
  const created: Copied[] = [];
  for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
    created.push(...(await tx.rows<Copied>(INSERT_JOBS, [toJsonb(rows.slice(from, from + ROWS_AT_ONCE))])));
  }
  await tx.count(INSERT_NEEDS, [created.map((job) => job.id)]);
  return created.sort((a, b) => a.id - b.id);
}
