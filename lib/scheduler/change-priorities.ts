import { type BoostMark, type JobPlace, setPriorities } from "../db/sql/set-priorities.ts";
import type { Sql } from "../db/sql.ts";
import type { SchedulerContext } from "./context.ts";
import { score } from "./queue/score.ts";
import { recordAll } from "./record.ts";

/** A locked job with the priority that it gets, for good or as a boost. */
export interface PriorityChange {
  place: JobPlace;
  priority: number;
  boost: BoostMark | null;
}

/**
 * Gives locked jobs other priorities, and the places that follow from them, each with an event that names the command that asked for it; null
 * when a boost ended. A later undo finds by that event whether anybody has changed the priority since.
 */
export async function changePriorities(
  tx: Sql,
  ctx: SchedulerContext,
  changes: readonly PriorityChange[],
  commandId: number | null,
): Promise<void> {
  const places = changes.map(({ place, priority, boost }) => {
    const { id, submittedAt, basePriority, headStartMs } = place;
    const rank = basePriority + priority;
    return { id, priority, boost, score: score({ submittedAtMs: submittedAt.getTime(), rank }, headStartMs) };
  });
  await setPriorities(tx, places);
  await recordAll(tx, ctx, {
    events: changes.map(({ place, priority, boost }) => ({
      type: "job.reprioritized",
      branchId: place.branchId,
      pushId: place.pushId,
      jobId: place.id,
      body: { from: place.priority, to: priority, commandId, ...(boost && { boostUntil: boost.until.toISOString() }) },
    })),
  });
}
