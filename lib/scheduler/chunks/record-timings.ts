import type { Timing } from "../../contracts/work.ts";
import { readMeasuringRun, saveTimings } from "../../db/sql/chunk-timings.ts";
import type { SchedulerContext } from "../context.ts";
import { requirePermission } from "../permissions.ts";

/**
 * Adds what a run has measured to the averages of its suite's parts, which the next plan is made of. Only runs that their worker has ended
 * itself count, of chunks, on branches that are no try branches: what somebody tries out must not shift the work of others. Times are taken
 * for those of an ordinary worker. A repeat counts again, which changes little. Answers how many parts were counted.
 */
export async function recordTimings(
  ctx: SchedulerContext,
  { runId, timings }: { runId: number; timings: readonly Timing[] },
): Promise<number> {
  requirePermission(ctx.actor, "work");
  const { actor } = ctx;
  if (actor.kind !== "worker" || timings.length === 0) return 0;
  const run = await readMeasuringRun(ctx.sql, { runId, workerId: actor.workerId, bootId: actor.bootId });
  if (!run) return 0;
  const ordinary = new Map<string, number>();
  for (const { part, seconds } of timings) {
    const name = part.toWellFormed(); // as the database can hold it
    ordinary.set(name, (ordinary.get(name) ?? 0) + seconds * 1_000 * run.speed);
  }
  const rows = [...ordinary].map(([part, ms]) => ({ part, ms }));
  await ctx.sql.transaction((tx) => saveTimings(tx, run, rows));
  return rows.length;
}
