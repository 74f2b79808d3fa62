import type { Command } from "../contracts/command.ts";
import type { CancelJobsInput } from "../contracts/job.ts";
import { changeRun, detachMembers } from "../db/sql/change-run.ts";
import { completeBuildsets } from "../db/sql/complete-buildsets.ts";
import { type LockedJob, lockJobsWithDependents } from "../db/sql/lock-jobs.ts";
import { lockRuns, readLiveRunIds, readMembers } from "../db/sql/lock-run.ts";
import type { Sql } from "../db/sql.ts";
import { doneItem, refusedItem, unchangedItem } from "./command-items.ts";
import type { Applied, CommandBatch, CommandWork } from "./command-work.ts";
import type { SchedulerContext } from "./context.ts";
import { worstResult } from "./job-state.ts";
import { type Move, moveJobs } from "./move-jobs.ts";
import { allowedActions } from "./permissions.ts";
import { nameOf, recordAll, userIdOf } from "./record.ts";
import { namedTargets } from "./resolve-targets.ts";
import { runCommand } from "./run-command.ts";

/** What a cancel is told, apart from its jobs. */
export interface CancelParams {
  reason: string | null;
}

/**
 * Cancels jobs. One that waits or runs is done at once, and what waits for it is skipped; a run that serves no job any more is told to
 * stop. A job that is done stays as it is, one that may not be cancelled is refused, each with a sentence in its item.
 */
export function cancelJobs(ctx: SchedulerContext, input: CancelJobsInput): Promise<Command> {
  const { reason, idempotencyKey, ...targets } = input;
  const params: CancelParams = { reason: reason ?? null };
  const request = { kind: "cancel" as const, params, idempotencyKey, ...namedTargets(ctx, targets) };
  return runCommand(ctx, request, cancelWork(params));
}

/** How a cancel works off its jobs. */
export function cancelWork({ reason }: CancelParams): CommandWork {
  return { together: "nothing", apply: (tx, ctx, batch) => cancelBatch(tx, ctx, batch, reason) };
}

async function cancelBatch(
  tx: Sql,
  ctx: SchedulerContext,
  { commandId, jobIds }: CommandBatch,
  reason: string | null,
): Promise<Applied> {
  const locked = await lockJobsWithDependents(tx, jobIds);
  const named = new Set(jobIds);
  const decided = locked
    .filter((job) => named.has(job.id))
    .map((job) => ({ job, allowed: allowedActions(ctx.actor, { ...job, shared: false, failedNeed: null }).cancel }));
  const cancelled = decided.filter(({ allowed }) => allowed.allowed).map(({ job }) => job);
  const who = nameOf(ctx);
  const sentence = reason ? `Cancelled by ${who}: ${reason}` : `Cancelled by ${who}.`;
  const wake = await endJobs(tx, ctx, locked, { jobs: cancelled, reason: sentence, commandId });
  return {
    items: decided.map(({ job, allowed }) => {
      if (allowed.allowed) return { ...doneItem(job.id), before: { state: job.state } };
      return allowed.code === "conflict" ? unchangedItem(job.id, allowed.reason) : refusedItem(job.id, allowed);
    }),
    audits: cancelled.map((job) => ({
      action: "job.cancel",
      object: `job:${job.id}`,
      before: { state: job.state },
      after: { state: "done", result: "cancelled" },
    })),
    wake,
  };
}

/** Jobs that a command ends as cancelled. */
interface Ending {
  jobs: readonly LockedJob[];
  /** The sentence that each of them will show. */
  reason: string;
  commandId: number;
}

/**
 * Ends jobs as cancelled, takes those that run out of their runs, and skips what waits for any of them. `locked` holds the jobs and all that
 * wait for them. Answers the signals that stop the runs that serve nobody any more.
 */
export async function endJobs(
  tx: Sql,
  ctx: SchedulerContext,
  locked: readonly LockedJob[],
  { jobs, reason, commandId }: Ending,
): Promise<string[]> {
  const cancelledById = userIdOf(ctx);
  const moves = jobs.map(
    (job): Move => ({
      id: job.id,
      from: job.state,
      to: "done",
      result: "cancelled",
      reason,
      cancelledById,
      event: "job.cancelled",
      body: { commandId },
    }),
  );
  const sets = await moveJobs(tx, ctx, locked, moves);
  const wake = await stopRuns(tx, ctx, jobs);
  await completeBuildsets(tx, sets, worstResult);
  return wake;
}

/** Takes the jobs out of the runs that serve them; names the workers whose runs have to stop. */
async function stopRuns(tx: Sql, ctx: SchedulerContext, cancelled: readonly LockedJob[]): Promise<string[]> {
  const running = cancelled.filter((job) => job.state === "running").map((job) => job.id);
  if (running.length === 0) return [];
  const runs = await lockRuns(tx, await readLiveRunIds(tx, running));
  await detachMembers(tx, running, "cancelled");
  // Read under the runs' locks: two cancels that empty a run together see each other here.
  const members = await readMembers(
    tx,
    runs.map((run) => run.id),
  );
  const served = new Set(members.filter((member) => member.live).map((member) => member.runId));
  const empty = runs.filter((run) => run.state === "running" && !served.has(run.id));
  for (const run of empty) await changeRun(tx, { id: run.id, from: "running", to: "cancelling" });
  await recordAll(tx, ctx, { events: empty.map((run) => ({ type: "run.cancelling", runId: run.id })) });
  return empty.map((run) => `worker:${run.workerId}`);
}
