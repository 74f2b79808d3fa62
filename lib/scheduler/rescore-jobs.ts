import { readMisplacedJobs, writeScores } from "../db/sql/rescore-jobs.ts";
import type { SchedulerContext } from "./context.ts";
import { requirePermission } from "./permissions.ts";
import { score } from "./queue/score.ts";

const AT_ONCE = 1000;

/**
 * Gives waiting jobs the places that follow from their branch's base priority and their pool's head start as they are now. A job that was
 * submitted by a transaction that had read the old figures is found as well, so calling it again some seconds after a change settles
 * everything. Looks only where a branch or a pool was changed in the last two minutes. Answers how many jobs moved.
 */
export async function rescoreJobs(ctx: SchedulerContext): Promise<number> {
  requirePermission(ctx.actor, "maintain");
  let moved = 0;
  for (let after = 0; ; ) {
    const jobs = await ctx.sql.transaction(async (tx) => {
      const misplaced = await readMisplacedJobs(tx, after, AT_ONCE);
      await writeScores(
        tx,
        misplaced.map(({ id, submittedAt, rank, headStartMs }) => ({
          id,
          score: score({ submittedAtMs: submittedAt.getTime(), rank }, headStartMs),
        })),
      );
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
