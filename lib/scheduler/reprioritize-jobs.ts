import type { Command } from "../contracts/command.ts";
import type { ReprioritizeJobsInput } from "../contracts/job.ts";
import { lockJobs } from "../db/sql/lock-jobs.ts";
import { readPlaces, setPriorities } from "../db/sql/set-priorities.ts";
import type { Sql } from "../db/sql.ts";
import { doneItem, refusedItem, unchangedItem } from "./command-items.ts";
import type { SchedulerContext } from "./context.ts";
import { allowedActions } from "./permissions.ts";
import { score } from "./queue/score.ts";
import { recordAll } from "./record.ts";
import { type Applied, runCommand } from "./run-command.ts";

/** Moves waiting jobs up or down their queues. A job that runs or is done is refused: its place no longer matters. */
export function reprioritizeJobs(ctx: SchedulerContext, input: ReprioritizeJobsInput): Promise<Command> {
  const { jobIds, priority, idempotencyKey } = input;
  const request = { kind: "reprioritize" as const, jobIds, input: { priority }, idempotencyKey };
  return runCommand(ctx, request, (tx, batch) => reprioritizeBatch(tx, ctx, batch, priority));
}

async function reprioritizeBatch(
  tx: Sql,
  ctx: SchedulerContext,
  jobIds: readonly number[],
  priority: number,
): Promise<Applied> {
  const decided = (await lockJobs(tx, jobIds)).map((job) => ({
    job,
    allowed: allowedActions(ctx.actor, { ...job, shared: false, failedNeed: null }).reprioritize,
  }));
  const moved = decided
    .filter(({ job, allowed }) => allowed.allowed && job.priority !== priority)
    .map(({ job }) => job);
  const places = await readPlaces(
    tx,
    moved.map((job) => job.id),
  );
  await setPriorities(
    tx,
    priority,
    places.map(({ id, submittedAt, basePriority, headStartMs }) => ({
      id,
      score: score({ submittedAtMs: submittedAt.getTime(), rank: basePriority + priority }, headStartMs),
    })),
  );
  await recordAll(tx, ctx, {
    events: moved.map((job) => ({
      type: "job.reprioritized",
      branchId: job.branchId,
      pushId: job.pushId,
      jobId: job.id,
      body: { from: job.priority, to: priority },
    })),
  });
  return {
    items: decided.map(({ job, allowed }) => {
      if (!allowed.allowed) return refusedItem(job.id, allowed);
      if (job.priority !== priority) return doneItem(job.id);
      return unchangedItem(job.id, `Job ${job.id} has the priority ${priority} already.`);
    }),
    audits: moved.map((job) => ({
      action: "job.reprioritize",
      object: `job:${job.id}`,
      before: { priority: job.priority },
      after: { priority },
    })),
  };
}
