import { readExpiredRuns } from "../db/sql/read-expired-runs.ts";
import type { SchedulerContext } from "./context.ts";
import { loseRun } from "./lose-run.ts";
import { requirePermission } from "./permissions.ts";

/** `graceUntil`: before this moment of the database's clock (ms since 1970) nothing expires. */
export interface ExpireLeasesInput {
  graceUntil?: number;
}

const BATCH = 100;

/**
 * Gives up every run whose lease has ended by the database's clock, each in a transaction of its own; says how many. After a database
 * outage and at its own start the caller sets `graceUntil` one whole lease ahead, so that workers are heard first.
 */
export async function expireLeases(ctx: SchedulerContext, input: ExpireLeasesInput = {}): Promise<{ lost: number }> {
  requirePermission(ctx.actor, "maintain");
  let lost = 0;
  for (let after = 0; ; ) {
    const runIds = await readExpiredRuns(ctx.sql, { after, limit: BATCH, graceUntil: input.graceUntil ?? 0 });
    for (const runId of runIds) if (await loseRun(ctx, runId, "expired")) lost++;
    const last = runIds.at(-1);
    if (last === undefined || runIds.length < BATCH) return { lost };
    after = last;
  }
}
