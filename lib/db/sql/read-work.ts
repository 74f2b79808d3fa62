import type { BuilderDefinition } from "../../contracts/in-tree-config.ts";
import type { Sql } from "../sql.ts";

/** What a run needs to be executed, as the rows have it. */
export interface WorkRow {
  runId: number;
  revision: string;
  exclusive: boolean;
  pool: string;
  definition: BuilderDefinition;
  branch: string;
  ref: string;
  trustLevel: number;
  repository: string;
  vcs: "git";
  url: string;
  properties: Record<string, unknown>;
  /** The names of each chunk's parts, when its suite has been measured. */
  chunkPlan: string[][] | null;
  jobIds: number[];
  outputs: { builder: string; name: string; value: string }[];
  artifacts: { builder: string; id: number; name: string; sha256: string; size: number }[];
}

// `made` finds, for each job that the lead needs, the run that made its result: the newest one that it did not leave.
const READ_WORK = {
  name: "read-work",
  text: `
    WITH made AS (
      SELECT n.id AS job_id, bu.name AS builder, (
        SELECT max(m.run_id) FROM run_members m WHERE m.job_id = n.id AND NOT m.receipt ? 'detached'
      ) AS run_id
      FROM runs r
      JOIN job_dependencies d ON d.job_id = r.lead_job_id
      JOIN jobs n ON n.id = d.needs_job_id
      JOIN builders bu ON bu.id = n.builder_id
      WHERE r.id = $1
    )
    SELECT r.id AS "runId", r.revision, r.exclusive, p.name AS pool, j.definition, b.name AS branch, b.ref,
           j.trust_level AS "trustLevel", re.name AS repository, re.vcs, re.url,
           s.properties || j.properties AS properties,
           (SELECT c.plan -> 'parts' FROM chunk_plans c WHERE c.id = j.chunk_plan_id) AS "chunkPlan",
           ARRAY (SELECT m.job_id FROM run_members m WHERE m.run_id = r.id AND m.live ORDER BY m.job_id) AS "jobIds",
           (SELECT coalesce(jsonb_agg(jsonb_build_object('builder', made.builder, 'name', o.name, 'value', o.value)
                                      ORDER BY made.job_id, o.name), '[]')
            FROM made JOIN outputs o ON o.run_id = made.run_id) AS outputs,
           (SELECT coalesce(jsonb_agg(jsonb_build_object('builder', made.builder, 'id', a.id, 'name', a.name,
                                                         'sha256', a.sha256, 'size', a.size)
                                      ORDER BY made.job_id, a.name), '[]')
            FROM made JOIN artifacts a ON a.run_id = made.run_id) AS artifacts
    FROM runs r
    JOIN jobs j ON j.id = r.lead_job_id
    JOIN buildsets s ON s.id = j.buildset_id
    JOIN pools p ON p.id = r.pool_id
    JOIN branches b ON b.id = j.branch_id
    JOIN repositories re ON re.id = b.repository_id
    WHERE r.id = $1`,
};

/** Reads what a run needs: its lead's definition, properties and source, and what the jobs that the lead needs have made. */
export function readWork(sql: Sql, runId: number): Promise<WorkRow> {
  return sql.one<WorkRow>(READ_WORK, [runId]);
}
