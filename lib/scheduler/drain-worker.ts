import type { StopWorkerInput } from "../contracts/control.ts";
import type { Worker } from "../contracts/pool.ts";
import { cleanText } from "../db/to-jsonb.ts";
import { changeControl } from "./change-control.ts";
import type { SchedulerContext } from "./context.ts";

/** Lets a worker end what it runs and gives it nothing new, until it is released. `not_found`; `conflict` for a disabled worker. */
export function drainWorker(ctx: SchedulerContext, { worker, reason }: StopWorkerInput): Promise<Worker> {
  return changeControl(ctx, { worker, action: "drain" }, () => ({
    control: "draining",
    reason: cleanText(reason),
    until: null,
  }));
}
