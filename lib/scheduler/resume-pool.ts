import type { ResumePoolInput } from "../contracts/control.ts";
import type { Pool } from "../contracts/pool.ts";
import { changePause } from "./change-pause.ts";
import type { SchedulerContext } from "./context.ts";

/** Lets a paused pool give out work again, in the order that its jobs always had. A pool that is not paused stays as it is. `not_found`. */
export function resumePool(ctx: SchedulerContext, { pool }: ResumePoolInput): Promise<Pool> {
  return changePause(ctx, pool, null);
}
