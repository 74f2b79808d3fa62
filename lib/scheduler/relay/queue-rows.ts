import type { QueueClass } from "../../contracts/placement.ts";
import type { Sql } from "../../db/sql.ts";
import type { QueueFacts } from "./belongs-in-queue.ts";

/** A job as the relay sees it. */
export interface QueueRow extends QueueFacts {
  jobId: number;
  poolId: number;
  version: number;
  queueClass: QueueClass;
}

const ROWS = `
  SELECT j.id AS "jobId", j.pool_id AS "poolId", j.queue_version AS version, j.state, j.score,
         j.queue_class AS "queueClass", j.only_worker_id AS "onlyWorkerId",
         p.paused_at IS NOT NULL AS "poolPaused", p.removed_at IS NOT NULL AS "poolRemoved",
         b.closed_at IS NOT NULL AS "branchClosed"
  FROM jobs j JOIN pools p ON p.id = j.pool_id JOIN branches b ON b.id = j.branch_id`;

/** The oldest dirty jobs of these pools. */
export function dirtyRows(sql: Sql, poolIds: readonly number[], limit: number): Promise<QueueRow[]> {
  return sql.rows(
    { name: "relay_dirty", text: `${ROWS} WHERE j.dirty AND j.pool_id = ANY($1) ORDER BY j.id LIMIT $2` },
    [poolIds, limit],
  );
}

/** The queued jobs of a pool with ids above `afterId`, by id. */
export function queuedRows(sql: Sql, poolId: number, afterId: number, limit: number): Promise<QueueRow[]> {
  return sql.rows(
    {
      name: "relay_queued",
      text: `${ROWS} WHERE j.pool_id = $1 AND j.state = 'queued' AND j.id > $2 ORDER BY j.id LIMIT $3`,
    },
    [poolId, afterId, limit],
  );
}

/** These jobs, as far as they exist. */
export function rowsOf(sql: Sql, jobIds: readonly number[]): Promise<QueueRow[]> {
  return sql.rows({ name: "relay_rows", text: `${ROWS} WHERE j.id = ANY($1)` }, [jobIds]);
}

/**
 * Marks as carried what nobody has changed since it was read. Rows that are locked right now are about to change or will be
 * carried again; waiting for them could end in a deadlock with a verb that locks several jobs.
 */
export function clearDirty(sql: Sql, rows: readonly QueueRow[]): Promise<number> {
  return sql.count(
    {
      name: "relay_clear_dirty",
      text: `
        WITH unchanged AS (
          SELECT j.id FROM jobs j JOIN unnest($1::bigint[], $2::bigint[]) AS told (id, version)
            ON told.id = j.id AND told.version = j.queue_version
          WHERE j.dirty ORDER BY j.id FOR NO KEY UPDATE OF j SKIP LOCKED)
        UPDATE jobs SET dirty = false FROM unchanged WHERE jobs.id = unchanged.id`,
    },
    [rows.map((row) => row.jobId), rows.map((row) => row.version)],
  );
}

/** All pools, removed ones too: their jobs must leave the queue. */
export async function poolIds(sql: Sql): Promise<number[]> {
  const pools = await sql.rows<{ id: number }>("SELECT id FROM pools ORDER BY id");
  return pools.map((pool) => pool.id);
}

/** The database's time in ms since 1970. */
export async function databaseNowMs(sql: Sql): Promise<number> {
  const { now } = await sql.one<{ now: number }>(
    "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now",
  );
  return now;
}
