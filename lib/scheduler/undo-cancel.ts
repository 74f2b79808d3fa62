import { type LockedJob, lockJobsWithDependents } from "../db/sql/lock-jobs.ts";
import { readNeeds } from "../db/sql/read-needs.ts";
import { readClassFacts, readHistories, reopenBuildsets, restoreJobs } from "../db/sql/restore-jobs.ts";
import { readPlaces } from "../db/sql/set-priorities.ts";
import type { Sql } from "../db/sql.ts";
import { doneItem, refusedItem } from "./command-items.ts";
import type { Applied, CommandBatch } from "./command-work.ts";
import type { SchedulerContext } from "./context.ts";
import { queueClassOf } from "./placement/queue-class.ts";
import { score } from "./queue/score.ts";
import { type EventEntry, recordAll } from "./record.ts";
import { type Restoration, restorations } from "./restorable.ts";

type Back = Exclude<Restoration, { to: "stays" }>;

/**
 * Puts jobs that a cancel ended before they ever ran back: same id, priority, submission time, and so the same place. What was skipped
 * because of them comes back with them, and their buildsets are open again. Those that stay are named with the reason.
 */
export async function undoCancelBatch(
  tx: Sql,
  ctx: SchedulerContext,
  { commandId, jobIds }: CommandBatch,
  cancelId: number,
): Promise<Applied> {
  const locked = await lockJobsWithDependents(tx, jobIds);
  const decided = await decide(tx, locked, new Set(jobIds), cancelId);
  const back = decided.filter((one): one is Back => one.to !== "stays");
  await putBack(tx, back);
  const jobs = new Map(locked.map((job) => [job.id, job]));
  await reopenBuildsets(
    tx,
    back.flatMap(({ jobId }) => jobs.get(jobId)?.buildsetId ?? []),
  );
  await recordAll(tx, ctx, { events: back.map((one) => toEvent(one, jobs.get(one.jobId), commandId)) });

  const named = new Set(jobIds);
  const own = decided.filter(({ jobId }) => named.has(jobId));
  return {
    items: own.map((one) =>
      one.to === "stays"
        ? refusedItem(one.jobId, { allowed: false, code: "conflict", reason: one.reason })
        : doneItem(one.jobId),
    ),
    audits: own.flatMap(({ jobId, to }) =>
      to === "stays"
        ? []
        : [
            {
              action: "job.undo",
              object: `job:${jobId}`,
              before: { state: "done", result: "cancelled" },
              after: { state: to },
            },
          ],
    ),
  };
}

async function decide(tx: Sql, locked: readonly LockedJob[], wanted: ReadonlySet<number>, cancelId: number) {
  const ids = locked.map((job) => job.id);
  const needs = Map.groupBy(await readNeeds(tx, ids), (need) => need.jobId);
  const histories = await readHistories(tx, ids);
  return restorations(
    histories.map((history) => ({ ...history, needs: needs.get(history.id) ?? [] })),
    wanted,
    cancelId,
  );
}

/** Priority and submission time are the row's own; rank, head start and class are as branch and pool say today. */
async function putBack(tx: Sql, back: readonly Back[]): Promise<void> {
  const ids = back.map(({ jobId }) => jobId);
  const places = new Map((await readPlaces(tx, ids)).map((place) => [place.id, place]));
  const classes = new Map((await readClassFacts(tx, ids)).map((facts) => [facts.id, facts]));
  await restoreJobs(
    tx,
    back.flatMap(({ jobId: id, to }) => {
      const place = places.get(id);
      const facts = classes.get(id);
      if (!place || !facts) return [];
      const { submittedAt, basePriority, priority, headStartMs } = place;
      return {
        id,
        to,
        score: score({ submittedAtMs: submittedAt.getTime(), rank: basePriority + priority }, headStartMs),
        queueClass: queueClassOf(facts, facts.branch, facts),
      };
    }),
  );
}

function toEvent({ jobId, to }: Back, job: LockedJob | undefined, commandId: number): EventEntry {
  return {
    type: "job.restored",
    branchId: job?.branchId ?? null,
    pushId: job?.pushId ?? null,
    jobId,
    body: { state: to, commandId },
  };
}
