import { changeRun } from "../db/sql/change-run.ts";
import { completeBuildsets } from "../db/sql/complete-buildsets.ts";
import type { LockedJob } from "../db/sql/lock-jobs.ts";
import type { ProtocolRun } from "../db/sql/lock-run.ts";
import { type LockedScope, lockRunScope, readRunScope } from "../db/sql/lock-run-scope.ts";
import type { Sql } from "../db/sql.ts";
import type { SchedulerContext } from "./context.ts";
import { worstResult } from "./job-state.ts";
import { type Move, moveJobs } from "./move-jobs.ts";
import { record } from "./record.ts";

/** Why a run is given up: its lease ended, its slot asked for other work, or its worker was started anew or disabled. */
export type LossCause = "expired" | "slot" | "boot" | "disabled";

const SENTENCES: Record<LossCause, string> = {
  expired: "The worker was not heard of for the length of a lease.",
  slot: "The worker asked for other work in the same slot.",
  boot: "The worker was started anew.",
  disabled: "The worker was disabled.",
};

/**
 * Gives a live run up, in a transaction of its own: its jobs go back to their old places, or end as exceptions when they have lost too many
 * workers; a run that was being cancelled is closed. False when the run was not live any more, or, for `expired`, has been renewed.
 */
export async function loseRun(ctx: SchedulerContext, runId: number, cause: LossCause): Promise<boolean> {
  const lost = await ctx.sql.transaction(async (tx) => {
    const seen = await readRunScope(tx, runId);
    if (!seen) return false;
    const scope = await lockRunScope(tx, seen);
    const { run } = scope;
    if (cause === "expired" && !run.expired) return false;
    if (run.state === "cancelling") await closeCancelled(tx, ctx, run, cause);
    else if (run.state === "running") await giveUp(tx, ctx, scope, cause);
    else return false;
    return true;
  });
  if (lost) ctx.signals.send("relay");
  return lost;
}

/** The jobs of a run that is being cancelled were ended by the cancel: only the run itself is left to close. */
async function closeCancelled(tx: Sql, ctx: SchedulerContext, run: ProtocolRun, cause: LossCause): Promise<void> {
  await changeRun(tx, { id: run.id, from: "cancelling", to: "done", result: "cancelled", reason: SENTENCES[cause] });
  await record(tx, ctx, {
    event: { type: "run.done", runId: run.id, body: { result: "cancelled", cause } },
    audit: { action: "run.close", object: `run:${run.id}`, after: { cause } },
  });
}

async function giveUp(
  tx: Sql,
  ctx: SchedulerContext,
  { run, members, locked }: LockedScope,
  cause: LossCause,
): Promise<void> {
  // As they are now that the jobs are locked: a cancel may have taken members out meanwhile.
  const live = new Set(members.filter((member) => member.live).map((member) => member.jobId));
  const moves = locked.filter((job) => live.has(job.id)).map((job) => afterLoss(job, ctx.settings.lostLimit));
  const sets = await moveJobs(
    tx,
    ctx,
    locked,
    moves.map((move) => ({ ...move, runId: run.id })),
    {
      event: { type: "run.lost", runId: run.id, body: { cause } },
      audit: { action: "run.lose", object: `run:${run.id}`, after: { cause, jobs: [...live] } },
    },
  );
  await changeRun(tx, { id: run.id, from: "running", to: "lost", reason: SENTENCES[cause] });
  await completeBuildsets(tx, sets, worstResult);
}

function afterLoss(job: LockedJob, lostLimit: number): Move {
  const lostCount = job.lostCount + 1;
  if (lostCount < lostLimit) {
    return { id: job.id, from: "running", to: "queued", lostCount, event: "job.requeued", body: { lostCount } };
  }
  const reason = `It lost its worker ${lostCount} times in a row.`;
  return { id: job.id, from: "running", to: "done", result: "exception", reason, lostCount, event: "job.done" };
}
