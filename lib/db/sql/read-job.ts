import type { JobRef, Result, RunState } from "../../contracts/job.ts";
import type { QueueClass } from "../../contracts/placement.ts";
import type { Sql } from "../sql.ts";
import { JOB_COLUMNS, JOB_TABLES, type JobListRow } from "./select-jobs.ts";

/** A job with what its own page shows. */
export interface JobDetailRow extends JobListRow {
  poolId: number;
  score: number;
  queueClass: QueueClass;
  definition: Record<string, unknown>;
  properties: Record<string, unknown>;
  needs: JobRef[];
  neededBy: JobRef[];
  retriggers: JobRef[];
  runs: {
    id: number;
    worker: string;
    state: RunState;
    result: Result | null;
    startedAt: string;
    endedAt: string | null;
  }[];
}

const refs = (condition: string) => `(
  SELECT coalesce(jsonb_agg(jsonb_build_object('id', o.id, 'builder', ob.name, 'state', o.state, 'result', o.result)
                            ORDER BY o.id), '[]')
  FROM jobs o JOIN builders ob ON ob.id = o.builder_id WHERE ${condition})`;

const READ_JOB = {
  name: "read-job",
  text: `
    SELECT ${JOB_COLUMNS}, j.pool_id AS "poolId", j.score, j.queue_class AS "queueClass", j.definition, s.properties || j.properties AS properties,
      ${refs("o.id IN (SELECT needs_job_id FROM job_dependencies WHERE job_id = j.id)")} AS needs,
      ${refs("o.id IN (SELECT job_id FROM job_dependencies WHERE needs_job_id = j.id)")} AS "neededBy",
      ${refs("o.retrigger_of_id = j.id")} AS retriggers,
      (SELECT coalesce(jsonb_agg(to_jsonb(r) ORDER BY r.id DESC), '[]') FROM (
        SELECT r.id, w.name AS worker, r.state, r.result, r.started_at AS "startedAt", r.ended_at AS "endedAt"
        FROM run_members m JOIN runs r ON r.id = m.run_id JOIN workers w ON w.id = r.worker_id
        WHERE m.job_id = j.id ORDER BY r.id DESC LIMIT 100
      ) r) AS runs
    FROM ${JOB_TABLES} WHERE j.id = $1`,
};

/** A job with its neighbours and runs; undefined when there is none. */
export function readJob(sql: Sql, jobId: number): Promise<JobDetailRow | undefined> {
  return sql.maybe<JobDetailRow>(READ_JOB, [jobId]);
}
