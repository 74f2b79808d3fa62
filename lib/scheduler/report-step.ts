import type { StepInput } from "../contracts/work.ts";
import { lockLiveRun } from "../db/sql/lock-live-run.ts";
import { saveStep } from "../db/sql/save-step.ts";
import type { SchedulerContext } from "./context.ts";
import { requirePermission } from "./permissions.ts";
import { record } from "./record.ts";

/** A step of a run, as its worker reports it. */
export interface ReportStepInput extends StepInput {
  runId: number;
}

/**
 * Notes that a step began or ended, by the database's clock. A repeat changes nothing, and a step that has ended stays as it ended.
 * Accepted while the run is live.
 */
export async function reportStep(ctx: SchedulerContext, input: ReportStepInput): Promise<void> {
  requirePermission(ctx.actor, "work");
  const { runId, elapsedMs: _, ...step } = input;
  const changed = await ctx.sql.transaction(async (tx) => {
    await lockLiveRun(tx, ctx, runId);
    if (!(await saveStep(tx, runId, step))) return false;
    const { index, name, result } = step;
    await record(tx, ctx, { event: { type: "run.step", runId, body: { index, name, ...(result && { result }) } } });
    return true;
  });
  if (changed) ctx.signals.send("relay");
}
