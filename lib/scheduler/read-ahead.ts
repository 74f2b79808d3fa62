import { countBefore, type QueuedPlace } from "../db/sql/explain-queue.ts";
import type { SchedulerContext } from "./context.ts";
import { QueueNotReady } from "./queue/queue-not-ready.ts";

/** How many jobs of its pool are served before a queued job. Redis knows it at once; PostgreSQL counts when Redis does not have the job. */
export async function readAhead(ctx: SchedulerContext, place: QueuedPlace): Promise<number> {
  try {
    const ahead = await ctx.queues.ahead(place.poolId, place.id);
    if (ahead !== null) return ahead;
  } catch (error) {
    if (!(error instanceof QueueNotReady)) throw error;
  }
  return countBefore(ctx.sql, place);
}
