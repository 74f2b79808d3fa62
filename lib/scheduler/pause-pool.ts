import type { PausePoolInput } from "../contracts/control.ts";
import type { Pool } from "../contracts/pool.ts";
import { cleanText } from "../db/to-jsonb.ts";
import { changePause } from "./change-pause.ts";
import type { SchedulerContext } from "./context.ts";

/**
 * Stops a pool from giving out work, with a note for those who wait. Once it answers nothing new starts in the pool; what runs goes on. Its
 * jobs keep their places. The same note again changes nothing, another note replaces it. `not_found`; `conflict` for a pool that has left
 * the configuration.
 */
export function pausePool(ctx: SchedulerContext, { pool, note }: PausePoolInput): Promise<Pool> {
  return changePause(ctx, pool, cleanText(note));
}
