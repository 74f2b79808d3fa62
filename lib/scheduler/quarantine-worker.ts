import type { QuarantineWorkerInput } from "../contracts/control.ts";
import type { Worker } from "../contracts/pool.ts";
import { cleanText } from "../db/to-jsonb.ts";
import { changeControl } from "./change-control.ts";
import type { SchedulerContext } from "./context.ts";

/**
 * Takes a worker out for a reason: what it runs goes on, and once this answers it is given nothing but probes, until it is released or the
 * minutes, if there are any, are over by the database's clock. Another reason or end replaces the present one. `not_found`; `conflict` for a
 * worker that is drained or disabled.
 */
export function quarantineWorker(ctx: SchedulerContext, input: QuarantineWorkerInput): Promise<Worker> {
  const { worker, minutes, reason } = input;
  return changeControl(ctx, { worker, action: "quarantine" }, ({ now }) => ({
    control: "quarantined",
    reason: cleanText(reason),
    until: minutes === undefined ? null : new Date(now.getTime() + minutes * 60_000),
  }));
}
