import type { JobState, Result } from "../../contracts/job.ts";
import type { Sql } from "../sql.ts";

/** One arrow of the dependency graph: `jobId` waits for the job `id`. */
export interface Need {
  jobId: number;
  id: number;
  builder: string;
  state: JobState;
  result: Result | null;
}

/** What each of these jobs needs, and how that stands now. */
export function readNeeds(sql: Sql, jobIds: readonly number[]): Promise<Need[]> {
  return sql.rows<Need>(
    {
      name: "read-needs",
      text: `
        SELECT d.job_id AS "jobId", n.id, b.name AS builder, n.state, n.result
        FROM job_dependencies d
        JOIN jobs n ON n.id = d.needs_job_id
        JOIN builders b ON b.id = n.builder_id
        WHERE d.job_id = ANY ($1::bigint[])
        ORDER BY d.job_id, n.id`,
    },
    [jobIds],
  );
}
