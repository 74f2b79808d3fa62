import type { StopWorkerInput } from "../contracts/control.ts";
import type { Worker } from "../contracts/pool.ts";
import { readLiveRuns } from "../db/sql/control-worker.ts";
import { cleanText } from "../db/to-jsonb.ts";
import { changeControl } from "./change-control.ts";
import type { SchedulerContext } from "./context.ts";
import { loseRun } from "./lose-run.ts";

/**
 * Shuts a worker out: its session ends, it may neither register nor claim, and what it runs is lost at once, so that others take it. Repeating
 * it after a crash loses the runs that were left. `not_found`.
 */
export function disableWorker(ctx: SchedulerContext, { worker, reason }: StopWorkerInput): Promise<Worker> {
  return changeControl(
    ctx,
    { worker, action: "disable" },
    () => ({ control: "disabled", reason: cleanText(reason), until: null }),
    async (workerId) => {
      for (const runId of await readLiveRuns(ctx.sql, workerId)) await loseRun(ctx, runId, "disabled");
    },
  );
}
