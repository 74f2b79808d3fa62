import type { Sql } from "../sql.ts";
import { JOB_COLUMNS, JOB_TABLES, type JobListRow } from "./select-jobs.ts";

const WAITING = (comparison: "<>" | "=") =>
  `j.pool_id = $1 AND j.state = 'queued' AND j.queue_class ${comparison} 'idle' AND j.only_worker_id IS NULL
   AND j.branch_id <> ALL (ARRAY(SELECT id FROM branches WHERE closed_at IS NOT NULL))`;

/** The page is found along the index of the order first: joined before, every waiting job would be read, 400 ms of 10,000. */
const PAGE = (comparison: "<>" | "=") => `
  WITH page AS MATERIALIZED (
    SELECT j.id FROM jobs j WHERE ${WAITING(comparison)} ORDER BY j.score, j.id OFFSET $2 LIMIT $3
  )
  SELECT ${JOB_COLUMNS} FROM ${JOB_TABLES} WHERE j.id IN (SELECT id FROM page) ORDER BY j.score, j.id`;

/**
 * The waiting jobs of a pool from `offset` (from 0) on, at most `limit`, in the order in which they are served: idle work after all other.
 * Jobs of closed branches and probes have no place.
 */
export async function readQueuePage(sql: Sql, poolId: number, offset: number, limit: number): Promise<JobListRow[]> {
  const rows = await sql.rows<JobListRow>(PAGE("<>"), [poolId, offset, limit]);
  if (rows.length === limit) return rows;
  const before = rows.length > 0 ? offset + rows.length : await countOthers(sql, poolId);
  const idle = [poolId, Math.max(0, offset - before), limit - rows.length];
  return [...rows, ...(await sql.rows<JobListRow>(PAGE("="), idle))];
}

async function countOthers(sql: Sql, poolId: number): Promise<number> {
  const text = `SELECT count(*)::int AS jobs FROM jobs j WHERE ${WAITING("<>")}`;
  return (await sql.one<{ jobs: number }>(text, [poolId])).jobs;
}
