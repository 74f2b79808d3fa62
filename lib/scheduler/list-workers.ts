import type { Worker } from "../contracts/pool.ts";
import { SELECT_WORKER, type WorkerRow } from "../db/sql/select-workers.ts";
import { toWorker } from "../db/to-worker.ts";
import type { SchedulerContext } from "./context.ts";
import { SchedulerError } from "./errors.ts";
import { ONLINE_LEASES } from "./list-pools.ts";
import { requirePermission } from "./permissions.ts";
import { allowedWorkerActions } from "./worker-actions.ts";

/** All workers that ever registered, by name, with the runs they have now and whether they get work. */
export async function listWorkers(ctx: SchedulerContext): Promise<Worker[]> {
  requirePermission(ctx.actor, "read");
  const rows = await ctx.sql.rows<WorkerRow>(`${SELECT_WORKER} ORDER BY w.name`, [onlineSeconds(ctx)]);
  return rows.map((row) => toWorker(row, allowedWorkerActions(ctx.actor, row)));
}

/** One worker by its name, for verbs that have asked for their permission. Throws `not_found`. */
export async function readWorker(ctx: SchedulerContext, name: string): Promise<Worker> {
  const row = await ctx.sql.maybe<WorkerRow>(`${SELECT_WORKER} WHERE w.name = $2`, [onlineSeconds(ctx), name]);
  if (!row) throw new SchedulerError("not_found", `There is no worker ${name}.`);
  return toWorker(row, allowedWorkerActions(ctx.actor, row));
}

function onlineSeconds({ settings }: SchedulerContext): number {
  return settings.leaseSeconds * ONLINE_LEASES;
}
