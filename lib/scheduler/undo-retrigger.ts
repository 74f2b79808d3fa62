import type { Allowed } from "../contracts/job.ts";
import { lockJobsWithDependents } from "../db/sql/lock-jobs.ts";
import { type HistoryRow, readHistories } from "../db/sql/restore-jobs.ts";
import type { Sql } from "../db/sql.ts";
import { endJobs } from "./cancel-jobs.ts";
import { doneItem, refusedItem, unchangedItem } from "./command-items.ts";
import type { Applied, CommandBatch } from "./command-work.ts";
import type { SchedulerContext } from "./context.ts";
import { nameOf } from "./record.ts";

/** Cancels the jobs that a retrigger made, as long as they have not started; what waits for them is skipped. Those that started are named. */
export async function undoRetriggerBatch(
  tx: Sql,
  ctx: SchedulerContext,
  { commandId, jobIds }: CommandBatch,
  retriggerId: number,
): Promise<Applied> {
  const locked = await lockJobsWithDependents(tx, jobIds);
  const histories = await readHistories(tx, jobIds);
  const idle = new Set(histories.filter((job) => job.state !== "done" && !job.everRan).map((job) => job.id));
  const jobs = locked.filter((job) => idle.has(job.id));
  const reason = `Cancelled by ${nameOf(ctx)}, who took the retrigger back (command ${retriggerId}).`;
  const wake = await endJobs(tx, ctx, locked, { jobs, reason, commandId });
  return {
    items: histories.map((history) => {
      if (idle.has(history.id)) return doneItem(history.id);
      if (history.everRan) return refusedItem(history.id, started(history));
      return unchangedItem(history.id, `Job ${history.id} was ${history.result} before it started.`);
    }),
    audits: jobs.map((job) => ({
      action: "job.undo",
      object: `job:${job.id}`,
      before: { state: job.state },
      after: { state: "done", result: "cancelled" },
    })),
    wake,
  };
}

function started({ id, state, result }: HistoryRow): Extract<Allowed, { allowed: false }> {
  const now = state === "done" ? `is done (${result})` : "goes on; cancel it if nobody needs it";
  return { allowed: false, code: "conflict", reason: `Job ${id} has started, so it ${now}.` };
}
