import { endPastQuarantines } from "../db/sql/control-worker.ts";
import { wakeWorker } from "./change-control.ts";
import type { SchedulerContext } from "./context.ts";
import { requirePermission } from "./permissions.ts";
import { recordAll } from "./record.ts";

/** Gives workers whose quarantine is over by the database's clock work again. Answers how many. */
export async function endQuarantines(ctx: SchedulerContext): Promise<number> {
  requirePermission(ctx.actor, "maintain");
  const ended = await ctx.sql.transaction(async (tx) => {
    const workers = await endPastQuarantines(tx);
    const state = { control: "enabled", reason: null, until: null };
    await recordAll(tx, ctx, {
      events: workers.map(({ id, name }) => ({
        type: "worker.changed",
        body: { workerId: id, worker: name, ...state, by: null },
      })),
      audits: workers.map(({ name, reason }) => ({
        action: "worker.release",
        object: `worker:${name}`,
        before: { control: "quarantined", reason },
        after: state,
      })),
    });
    return workers;
  });
  for (const worker of ended) wakeWorker(ctx, worker);
  return ended.length;
}
