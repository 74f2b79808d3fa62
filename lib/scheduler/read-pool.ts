import type { Pool } from "../contracts/pool.ts";
import { type PoolRow, SELECT_POOL } from "../db/sql/select-pools.ts";
import { toPool } from "../db/to-pool.ts";
import type { SchedulerContext } from "./context.ts";
import { SchedulerError } from "./errors.ts";
import { ONLINE_LEASES } from "./list-pools.ts";
import { allowedControl } from "./permissions.ts";

/** One pool by its name, also one that has left the configuration, for verbs that have asked for their permission. Throws `not_found`. */
export async function readPool(ctx: SchedulerContext, name: string): Promise<Pool> {
  const online = ctx.settings.leaseSeconds * ONLINE_LEASES;
  const row = await ctx.sql.maybe<PoolRow>(`${SELECT_POOL} WHERE pool.name = $2`, [online, name]);
  if (!row) throw new SchedulerError("not_found", `There is no pool ${name}.`);
  return toPool(row, allowedControl(ctx.actor, "pool:control"));
}
