import { type JobPlace, lockEndedBoosts } from "../db/sql/set-priorities.ts";
import { changePriorities } from "./change-priorities.ts";
import type { SchedulerContext } from "./context.ts";
import { requirePermission } from "./permissions.ts";
import { recordAll } from "./record.ts";

const AT_ONCE = 100;

/**
 * Ends boosts whose time is over, by the database's clock: each job goes back to the priority that it had before, and to the place of that.
 * So does one that runs or was cancelled, for the case that it waits again. Answers how many.
 */
export async function endBoosts(ctx: SchedulerContext): Promise<number> {
  requirePermission(ctx.actor, "maintain");
  let ended = 0;
  for (let more = true; more; ) {
    const places = await ctx.sql.transaction(async (tx) => {
      const over = await lockEndedBoosts(tx, AT_ONCE);
      const changes = over.map((place) => ({ place, priority: priorityAfter(place), boost: null }));
      await changePriorities(tx, ctx, changes, null);
      await recordAll(tx, ctx, { audits: over.map(auditOf) });
      return over;
    });
    ended += places.length;
    more = places.length === AT_ONCE;
  }
  if (ended > 0) ctx.signals.send("relay");
  return ended;
}

/** What a job has run with to its end stays on record. */
function priorityAfter({ state, everRan, priority, boost }: JobPlace): number {
  return boost === null || (state === "done" && everRan) ? priority : boost.from;
}

function auditOf(place: JobPlace) {
  const { id, priority, boost } = place;
  return {
    action: "job.boost.end",
    object: `job:${id}`,
    before: { priority, until: boost?.until.toISOString(), why: boost?.reason },
    after: { priority: priorityAfter(place) },
  };
}
