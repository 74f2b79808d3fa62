import { copyJobs, type NewCopy, type NewSet, type Original } from "../db/sql/copy-jobs.ts";
import type { Sql } from "../db/sql.ts";
import type { SchedulerContext } from "./context.ts";
import type { CopyPlan } from "./copy-plan.ts";
import { queueClassOf } from "./placement/queue-class.ts";
import { score } from "./queue/score.ts";
import { nameOf, recordAll, userIdOf } from "./record.ts";

/**
 * Makes the copies of each plan, `count` times, each time in a new buildset, with an event for each. They are submitted now, and the rank of
 * each is its branch's base priority as it is now + `priority`. Answers the copies of each job, by its id.
 */
export async function insertCopies(
  tx: Sql,
  ctx: SchedulerContext,
  plans: readonly CopyPlan[],
  originals: ReadonlyMap<number, Original>,
  { count, priority }: { count: number; priority: number },
): Promise<Map<number, number[]>> {
  const sets: NewSet[] = [];
  const copies: NewCopy[] = [];
  for (const { copies: planned } of plans) {
    const [first] = planned;
    const original = first && originals.get(first.id);
    if (!original) continue;
    for (let time = 0; time < count; time++) {
      const set = sets.length;
      const reason = `A retrigger of job ${first.id} by ${nameOf(ctx)}.`;
      sets.push({ set, jobId: first.id, reason, submittedAt: new Date(original.nowMs) });
      for (const { id, state } of planned) {
        const own = originals.get(id);
        if (own) copies.push({ set, jobId: id, state, priority, ...placeOf(own, original.nowMs, priority) });
      }
    }
  }
  const created = await copyJobs(tx, sets, copies, userIdOf(ctx));
  const states = new Map(plans.flatMap((plan) => plan.copies.map((copy) => [copy.id, copy.state])));
  await recordAll(tx, ctx, {
    events: created.map((copy) => {
      const { branchId, pushId, builder } = originals.get(copy.jobId) ?? {};
      const body = { state: states.get(copy.jobId), builder, buildsetId: copy.buildsetId, retriggerOf: copy.jobId };
      return { type: "job.created", branchId: branchId ?? null, pushId: pushId ?? null, jobId: copy.id, body };
    }),
  });
  const byJob = Map.groupBy(created, (copy) => copy.jobId);
  return new Map([...byJob].map(([jobId, made]) => [jobId, made.map((copy) => copy.id)]));
}

function placeOf(job: Original, nowMs: number, priority: number) {
  return {
    submittedAt: new Date(nowMs),
    score: score({ submittedAtMs: nowMs, rank: job.basePriority + priority }, job.headStartMs),
    queueClass: queueClassOf(job, job.branch, job),
    trustLevel: job.trustLevel,
  };
}
