import type { Pool } from "../contracts/pool.ts";
import { type PoolRow, SELECT_POOL } from "../db/sql/select-pools.ts";
import { toPool } from "../db/to-pool.ts";
import type { SchedulerContext } from "./context.ts";
import { allowedControl, requirePermission } from "./permissions.ts";

/** A worker that was not heard of for this many leases counts as offline. */
export const ONLINE_LEASES = 2;

/** All pools of the configuration, by name. */
export async function listPools(ctx: SchedulerContext): Promise<Pool[]> {
  requirePermission(ctx.actor, "read");
  const online = ctx.settings.leaseSeconds * ONLINE_LEASES;
  const rows = await ctx.sql.rows<PoolRow>(`${SELECT_POOL} WHERE pool.removed_at IS NULL ORDER BY pool.name`, [online]);
  const mayControl = allowedControl(ctx.actor, "pool:control");
  return rows.map((row) => toPool(row, mayControl));
}
