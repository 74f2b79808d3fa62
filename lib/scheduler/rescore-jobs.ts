import { type MisplacedJob, type Place, readMisplacedJobs, writePlaces } from "../db/sql/rescore-jobs.ts";
import type { SchedulerContext } from "./context.ts";
import { requirePermission } from "./permissions.ts";
import { queueClassOf } from "./placement/queue-class.ts";
import { score } from "./queue/score.ts";

const AT_ONCE = 1000;

/**
 * Gives unfinished jobs the places that follow from their branch's base priority, their pool's head start and the branches that it reserves
 * workers for, as they are now; a running one for the case that it is queued again. A job that was submitted by a transaction that had read
 * the old figures is found as well, so calling it again some seconds after a change settles everything. Looks only where a branch or a pool
 * was changed in the last two minutes. Answers how many jobs moved.
 */
export async function rescoreJobs(ctx: SchedulerContext): Promise<number> {
  requirePermission(ctx.actor, "maintain");
  let moved = 0;
  for (let after = 0; ; ) {
    const jobs = await ctx.sql.transaction(async (tx) => {
      const misplaced = await readMisplacedJobs(tx, after, AT_ONCE);
      await writePlaces(tx, misplaced.map(placeOf));
      return misplaced;
    });
    moved += jobs.length;
    const last = jobs.at(-1);
    if (!last || jobs.length < AT_ONCE) break;
    after = last.id;
  }
  if (moved > 0) ctx.signals.send("relay");
  return moved;
}

/** What a job's class says of its builder does not change; whether its branch is one of the pool's reserved ones may. */
function placeOf({ id, submittedAt, rank, headStartMs, queueClass, branch, reserveBranches }: MisplacedJob): Place {
  const workers = queueClass === "fast" || queueClass === "reserved-fast" ? "fast" : "any";
  return {
    id,
    score: score({ submittedAtMs: submittedAt.getTime(), rank }, headStartMs),
    queueClass: queueClassOf({ idle: queueClass === "idle", workers }, branch, { reserveBranches }),
  };
}
