import type { Command } from "../contracts/command.ts";
import type { Boost, ReprioritizeJobsInput } from "../contracts/job.ts";
import { lockJobs } from "../db/sql/lock-jobs.ts";
import { type BoostMark, type JobPlace, readPlaces } from "../db/sql/set-priorities.ts";
import type { Sql } from "../db/sql.ts";
import { changePriorities, type PriorityChange } from "./change-priorities.ts";
import { doneItem, refusedItem, unchangedItem } from "./command-items.ts";
import type { Applied, CommandBatch, CommandWork } from "./command-work.ts";
import type { SchedulerContext } from "./context.ts";
import { allowedActions } from "./permissions.ts";
import { namedTargets } from "./resolve-targets.ts";
import { runCommand } from "./run-command.ts";

/** What a change of priority is told, apart from its jobs. */
export interface ReprioritizeParams {
  priority: number;
  boost: Boost | null;
}

/** What an undo puts back, and by which it knows that it may. */
export interface PriorityBefore {
  priority: number;
  boost: { until: string; from: number; reason: string } | null;
}

/**
 * Moves waiting jobs up or down their queues. A job that runs or is done is refused: its place no longer matters. With `boost` the priority
 * is for a time (sheriffs and admins): each job goes back to the priority that it had before its first boost. Without, it is for good and
 * ends a boost.
 */
export function reprioritizeJobs(ctx: SchedulerContext, input: ReprioritizeJobsInput): Promise<Command> {
  const { priority, boost, idempotencyKey, ...targets } = input;
  const params: ReprioritizeParams = { priority, boost: boost ?? null };
  const request = { kind: "reprioritize" as const, params, idempotencyKey, ...namedTargets(ctx, targets) };
  return runCommand(ctx, request, reprioritizeWork(params));
}

/** How a change of priority works off its jobs. */
export function reprioritizeWork(params: ReprioritizeParams): CommandWork {
  return { together: "nothing", apply: (tx, ctx, batch) => reprioritizeBatch(tx, ctx, batch, params) };
}

async function reprioritizeBatch(
  tx: Sql,
  ctx: SchedulerContext,
  { commandId, createdAt, jobIds }: CommandBatch,
  params: ReprioritizeParams,
): Promise<Applied> {
  const action = params.boost ? "boost" : "reprioritize";
  const locked = await lockJobs(tx, jobIds);
  const places = new Map((await readPlaces(tx, jobIds)).map((place) => [place.id, place]));
  const changes: PriorityChange[] = [];
  const items = locked.map((job) => {
    const allowed = allowedActions(ctx.actor, { ...job, shared: false, failedNeed: null })[action];
    if (!allowed.allowed) return refusedItem(job.id, allowed);
    const place = places.get(job.id);
    if (!place) throw new Error(`Job ${job.id} is locked and has no place.`);
    const boost = params.boost && boostOf(place, params.boost, createdAt);
    if (place.priority === params.priority && !boost && !place.boost) {
      return unchangedItem(job.id, `Job ${job.id} has the priority ${params.priority} already.`);
    }
    changes.push({ place, priority: params.priority, boost });
    return { ...doneItem(job.id), before: { priority: place.priority, boost: place.boost } };
  });
  await changePriorities(tx, ctx, changes, commandId);
  return {
    items,
    audits: changes.map(({ place, priority, boost }) => ({
      action: `job.${action}`,
      object: `job:${place.id}`,
      before: { priority: place.priority },
      after: { priority, ...(boost && { until: boost.until.toISOString(), why: boost.reason }) },
    })),
  };
}

/** All jobs of a command have their boost until the same moment; a job that is boosted already keeps the priority to go back to. */
function boostOf(place: JobPlace, { minutes, reason }: Boost, givenAt: Date): BoostMark {
  const until = new Date(givenAt.getTime() + minutes * 60_000);
  return { until, from: place.boost?.from ?? place.priority, reason };
}
