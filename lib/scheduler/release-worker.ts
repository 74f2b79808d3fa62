import type { ReleaseWorkerInput } from "../contracts/control.ts";
import type { Worker } from "../contracts/pool.ts";
import { changeControl } from "./change-control.ts";
import type { SchedulerContext } from "./context.ts";

/** Ends a worker's quarantine, draining or disabling. One that gets work already stays as it is. `not_found`. */
export function releaseWorker(ctx: SchedulerContext, { worker }: ReleaseWorkerInput): Promise<Worker> {
  return changeControl(ctx, { worker, action: "release" }, () => ({ control: "enabled", reason: null, until: null }));
}
