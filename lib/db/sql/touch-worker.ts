import type { Sql } from "../sql.ts";

/** A worker as it is registered now. */
export interface RegisteredWorker {
  bootId: string | null;
  slots: number;
  /** `removed`: it has left the configuration, so it has no work any more. */
  pools: { id: number; name: string; removed: boolean }[];
}

/** Notes that the worker was heard of, and reads what it may serve. */
export function touchWorker(sql: Sql, workerId: number): Promise<RegisteredWorker | undefined> {
  return sql.maybe<RegisteredWorker>(
    {
      name: "touch-worker",
      text: `
        UPDATE workers w SET last_seen_at = clock_timestamp() WHERE w.id = $1
        RETURNING w.boot_id AS "bootId", w.slots, (
          SELECT coalesce(jsonb_agg(jsonb_build_object('id', p.id, 'name', p.name, 'removed', p.removed_at IS NOT NULL) ORDER BY p.id), '[]')
          FROM worker_pools wp JOIN pools p ON p.id = wp.pool_id
          WHERE wp.worker_id = w.id
        ) AS pools`,
    },
    [workerId],
  );
}
