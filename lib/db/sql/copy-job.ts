import type { JobState } from "../../contracts/job.ts";
import type { QueueClass } from "../../contracts/placement.ts";
import type { Sql } from "../sql.ts";

/** What a job's copies take from its branch and pool as they are today. */
export interface Original {
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
  reserveBranches: string[];
  /** Of its definition; a job of an older version says nothing of either. */
  idle: boolean;
  workers: "any" | "fast";
  /** The database's clock, ms since 1970. */
  nowMs: number;
}

/** What the copies have of their own. */
interface Copy {
  jobId: number;
  count: number;
  priority: number;
  state: JobState;
  submittedAt: Date;
  score: number;
  queueClass: QueueClass;
  trustLevel: number;
  submittedBy: number | null;
  reason: string;
}

/** Reads what a job's copies will take from its branch and pool. */
export function readOriginal(sql: Sql, jobId: number): Promise<Original | undefined> {
  return sql.maybe<Original>(
    {
      name: "read-original",
      text: `
        SELECT j.branch_id AS "branchId", j.push_id AS "pushId", b.name AS branch, bu.name AS builder,
               b.base_priority AS "basePriority", b.trust_level AS "trustLevel", p.name AS pool,
               p.trust_level AS "poolTrustLevel", p.removed_at IS NOT NULL AS "poolRemoved",
               p.head_start_ms AS "headStartMs", p.reserve_branches AS "reserveBranches",
               coalesce((j.definition ->> 'idle')::bool, false) AS idle,
               coalesce(j.definition ->> 'workers', 'any') AS workers,
               floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS "nowMs"
        FROM jobs j
        JOIN branches b ON b.id = j.branch_id
        JOIN builders bu ON bu.id = j.builder_id
        JOIN pools p ON p.id = j.pool_id
        WHERE j.id = $1`,
    },
    [jobId],
  );
}

/** Makes `count` new jobs from one, each in a buildset of its own, with the same definition, properties and needs. */
export async function copyJob(tx: Sql, copy: Copy): Promise<{ id: number; buildsetId: number }[]> {
  const sets = await tx.rows<{ id: number }>(
    {
      name: "copy-buildset",
      text: `
        INSERT INTO buildsets (branch_id, push_id, revision, kind, reason, properties, submitted_by, submitted_at)
        SELECT s.branch_id, s.push_id, s.revision, 'retrigger', $2, s.properties, $3, $4
        FROM jobs j JOIN buildsets s ON s.id = j.buildset_id, generate_series(1, $5::int)
        WHERE j.id = $1
        RETURNING id`,
    },
    [copy.jobId, copy.reason, copy.submittedBy, copy.submittedAt, copy.count],
  );
  const created = await tx.rows<{ id: number; buildsetId: number }>(
    {
      name: "copy-job",
      text: `
        INSERT INTO jobs (buildset_id, builder_id, branch_id, push_id, pool_id, owner_id, trust_level, definition,
                          definition_hash, properties, exclusive, retrigger_of_id, state, priority, score, submitted_at,
                          queued_at, queue_class, chunk_plan_id)
        SELECT s.id, j.builder_id, j.branch_id, j.push_id, j.pool_id, j.owner_id, $7, j.definition,
               j.definition_hash, j.properties, j.exclusive, j.id, $3::job_state, $4, $5, $6,
               CASE WHEN $3::job_state = 'queued' THEN clock_timestamp() END, $8::queue_class, j.chunk_plan_id
        FROM jobs j, unnest($2::bigint[]) AS s(id)
        WHERE j.id = $1
        RETURNING id, buildset_id AS "buildsetId"`,
    },
    [
      copy.jobId,
      sets.map((set) => set.id),
      copy.state,
      copy.priority,
      copy.score,
      copy.submittedAt,
      copy.trustLevel,
      copy.queueClass,
    ],
  );
  await tx.count(
    {
      name: "copy-dependencies",
      text: `
        INSERT INTO job_dependencies (job_id, needs_job_id)
        SELECT c.id, d.needs_job_id FROM unnest($2::bigint[]) AS c(id), job_dependencies d WHERE d.job_id = $1`,
    },
    [copy.jobId, created.map((job) => job.id)],
  );
  return created.sort((a, b) => a.id - b.id);
}
