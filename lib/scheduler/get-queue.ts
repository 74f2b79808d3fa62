import type { Queue } from "../contracts/pool.ts";
import { readQueuePage } from "../db/sql/queue-page.ts";
import { JOB_COLUMNS, JOB_TABLES, type JobListRow } from "../db/sql/select-jobs.ts";
import { toJob } from "../db/to-job.ts";
import type { SchedulerContext } from "./context.ts";
import { fromCursor, toCursor } from "./cursor.ts";
import { requirePermission } from "./permissions.ts";
import { readPool } from "./read-pool.ts";

/** Which part of which pool's queue. The cursor is the position to go on after. */
export interface GetQueueInput {
  pool: string;
  cursor?: string | undefined;
  limit?: number | undefined;
}

/**
 * A pool's queue in the order in which it is served, with what runs in it now. Read from the rows themselves, so it is
 * right while Redis is away. Jobs of a closed branch and probes have no place. Throws `not_found`.
 */
export async function getQueue(
  ctx: SchedulerContext,
  { pool: name, cursor, limit = 100 }: GetQueueInput,
): Promise<Queue> {
  requirePermission(ctx.actor, "read");
  const [offset = 0] = fromCursor(cursor, 1) ?? [];
  const pool = await readPool(ctx, name);
  const [waiting, running] = await Promise.all([
    readQueuePage(ctx.sql, pool.id, offset, limit + 1),
    ctx.sql.rows<JobListRow>(
      `SELECT ${JOB_COLUMNS} FROM ${JOB_TABLES} WHERE j.pool_id = $1 AND j.state = 'running' ORDER BY j.started_at, j.id LIMIT 500`,
      [pool.id],
    ),
  ]);
  return {
    pool,
    jobs: waiting.slice(0, limit).map((row, index) => ({ ...toJob(row), position: offset + index + 1 })),
    running: running.map(toJob),
    nextCursor: waiting.length > limit ? toCursor([offset + limit]) : null,
  };
}
