import type { JobState } from "../../contracts/job.ts";
import type { Sql } from "../sql.ts";

/** A job that a worker is to be probed with, as its copy depends on it. */
export interface ProbedJob {
  branchId: number;
  pushId: number;
  builder: string;
  pool: string;
  poolId: number;
  poolRemoved: boolean;
  headStartMs: number;
  /** The pool's today; a worker's pools all have the same one. */
  poolTrustLevel: number;
  /** The branch's today. */
  branchTrustLevel: number;
  basePriority: number;
  exclusive: boolean;
  /** The copy of it that this worker has not ended yet. */
  openProbeId: number | null;
  /** The database's clock, ms since 1970. */
  nowMs: number;
}

/** Reads what a probe of a worker with a job takes from its branch and pool. */
export function readProbedJob(sql: Sql, jobId: number, workerId: number): Promise<ProbedJob | undefined> {
  return sql.maybe<ProbedJob>(
    `SELECT j.branch_id AS "branchId", j.push_id AS "pushId", bu.name AS builder, p.name AS pool, p.id AS "poolId",
       p.removed_at IS NOT NULL AS "poolRemoved", p.head_start_ms AS "headStartMs", p.trust_level AS "poolTrustLevel",
       b.trust_level AS "branchTrustLevel", b.base_priority AS "basePriority", j.exclusive,
       (SELECT max(o.id) FROM jobs o
        WHERE o.retrigger_of_id = j.id AND o.only_worker_id = $2 AND o.state <> 'done') AS "openProbeId",
       floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS "nowMs"
     FROM jobs j
     JOIN branches b ON b.id = j.branch_id
     JOIN builders bu ON bu.id = j.builder_id
     JOIN pools p ON p.id = j.pool_id
     WHERE j.id = $1`,
    [jobId, workerId],
  );
}

/** A copy of a job that only one worker may run, alone. */
interface Probe {
  jobId: number;
  workerId: number;
  trustLevel: number;
  state: JobState;
  submittedAt: Date;
  score: number;
  submittedBy: number | null;
  reason: string;
}

/** Makes the copy, in a buildset of its own, with the same definition, properties and needs. */
export async function insertProbe(tx: Sql, probe: Probe): Promise<{ id: number; buildsetId: number }> {
  const { id: buildsetId } = await tx.one<{ id: number }>(
    `INSERT INTO buildsets (branch_id, push_id, revision, kind, reason, properties, submitted_by, submitted_at)
     SELECT s.branch_id, s.push_id, s.revision, 'request', $2, s.properties, $3, $4
     FROM jobs j JOIN buildsets s ON s.id = j.buildset_id WHERE j.id = $1
     RETURNING id`,
    [probe.jobId, probe.reason, probe.submittedBy, probe.submittedAt],
  );
  const { id } = await tx.one<{ id: number }>(
    `INSERT INTO jobs (buildset_id, builder_id, branch_id, push_id, pool_id, owner_id, trust_level, definition,
                       definition_hash, properties, chunk_plan_id, retrigger_of_id, alone, only_worker_id, state, score,
                       submitted_at, queued_at)
     SELECT $2, j.builder_id, j.branch_id, j.push_id, j.pool_id, j.owner_id, $3, j.definition,
            j.definition_hash, j.properties, j.chunk_plan_id, j.id, true, $4, $5::job_state, $6,
            $7, CASE WHEN $5::job_state = 'queued' THEN clock_timestamp() END
     FROM jobs j WHERE j.id = $1
     RETURNING id`,
    [probe.jobId, buildsetId, probe.trustLevel, probe.workerId, probe.state, probe.score, probe.submittedAt],
  );
  await tx.count(
    "INSERT INTO job_dependencies (job_id, needs_job_id) SELECT $2, needs_job_id FROM job_dependencies WHERE job_id = $1",
    [probe.jobId, id],
  );
  return { id, buildsetId };
}
