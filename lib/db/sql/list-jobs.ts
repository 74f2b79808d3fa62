import type { JobState, Result } from "../../contracts/job.ts";
import type { Sql } from "../sql.ts";
import { JOB_COLUMNS, JOB_TABLES, type JobListRow } from "./select-jobs.ts";

/** Which jobs; those given must all hold. `before` is an id: only older jobs. */
export interface JobFilter {
  push?: number | undefined;
  branch?: string | undefined;
  builder?: string | undefined;
  pool?: string | undefined;
  owner?: string | undefined;
  state?: JobState | undefined;
  result?: Result | undefined;
  before: number | null;
  limit: number;
}

// Each filter compares with an id that a sub-select finds once, so that the plan walks an index of `jobs`.
const CONDITIONS: [keyof JobFilter, (place: string) => string][] = [
  ["push", (place) => `j.push_id = ${place}`],
  ["branch", (place) => `j.branch_id = (SELECT id FROM branches WHERE name = ${place})`],
  ["builder", (place) => `j.builder_id = ANY (ARRAY (SELECT id FROM builders WHERE name = ${place}))`],
  ["pool", (place) => `j.pool_id = (SELECT id FROM pools WHERE name = ${place})`],
  ["owner", (place) => `j.owner_id = (SELECT id FROM users WHERE login = ${place})`],
  ["state", (place) => `j.state = ${place}::job_state`],
  ["result", (place) => `j.result = ${place}::result`],
  ["before", (place) => `j.id < ${place}`],
];

/** Jobs by descending id. */
export function listJobRows(sql: Sql, filter: JobFilter): Promise<JobListRow[]> {
  const values: unknown[] = [];
  const conditions = CONDITIONS.flatMap(([name, condition]) => {
    const value = filter[name];
    if (value === undefined || value === null) return [];
    values.push(value);
    return [condition(`$${values.length}`)];
  });
  values.push(filter.limit);
  const where = conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`;
  return sql.rows<JobListRow>(
    `SELECT ${JOB_COLUMNS} FROM ${JOB_TABLES} ${where} ORDER BY j.id DESC LIMIT $${values.length}`,
    values,
  );
}
