import type { Worker } from "../contracts/pool.ts";
import { toTimestamp } from "../db/to-timestamp.ts";
import type { SchedulerContext } from "./context.ts";
import { ONLINE_LEASES } from "./list-pools.ts";
import { requirePermission } from "./permissions.ts";

type WorkerRow = Omit<Worker, "lastSeenAt" | "quarantinedUntil"> & {
  lastSeenAt: Date | null;
  quarantinedUntil: Date | null;
};

/** All workers that ever registered, by name, with the runs they have now. */
export async function listWorkers(ctx: SchedulerContext): Promise<Worker[]> {
  requirePermission(ctx.actor, "read");
  const rows = await ctx.sql.rows<WorkerRow>(
    `SELECT w.id, w.name, w.slots, w.platform, w.version, w.last_seen_at AS "lastSeenAt",
       w.speed, w.control_reason AS "controlReason", w.quarantined_until AS "quarantinedUntil",
       CASE WHEN w.disabled_at IS NOT NULL THEN 'disabled' WHEN w.draining_at IS NOT NULL THEN 'draining'
            WHEN w.quarantined_at IS NOT NULL THEN 'quarantined' ELSE 'enabled' END AS control,
       coalesce(w.last_seen_at > clock_timestamp() - make_interval(secs => $1), false) AS online,
       ARRAY(SELECT p.name FROM worker_pools wp JOIN pools p ON p.id = wp.pool_id
             WHERE wp.worker_id = w.id ORDER BY p.name) AS pools,
       coalesce((SELECT jsonb_agg(r.id ORDER BY r.id) FROM runs r
                 WHERE r.worker_id = w.id AND r.state IN ('running', 'cancelling')), '[]') AS "runIds"
     FROM workers w ORDER BY w.name`,
    [ctx.settings.leaseSeconds * ONLINE_LEASES],
  );
  return rows.map((row) => ({
    ...row,
    lastSeenAt: toTimestamp(row.lastSeenAt),
    quarantinedUntil: toTimestamp(row.quarantinedUntil),
  }));
}
