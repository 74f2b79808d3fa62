import { readItemsBefore } from "../db/sql/command-items.ts";
import { lockJobs } from "../db/sql/lock-jobs.ts";
import { type HistoryRow, readHistories } from "../db/sql/restore-jobs.ts";
import { type JobPlace, readPlaces } from "../db/sql/set-priorities.ts";
import type { Sql } from "../db/sql.ts";
import { changePriorities, type PriorityChange } from "./change-priorities.ts";
import { doneItem, refusedItem } from "./command-items.ts";
import type { Applied, CommandBatch } from "./command-work.ts";
import type { SchedulerContext } from "./context.ts";
import type { PriorityBefore } from "./reprioritize-jobs.ts";

/**
 * Gives jobs that still wait the priority back that they had before a change or a boost, and with it their place; a boost that they had then
 * goes on until its end, or leaves the priority that it ended with. A job that has started, or whose priority somebody has changed since, is
 * named.
 */
export async function undoReprioritizeBatch(
  tx: Sql,
  ctx: SchedulerContext,
  { commandId, jobIds }: CommandBatch,
  changeId: number,
): Promise<Applied> {
  await lockJobs(tx, jobIds);
  const places = new Map((await readPlaces(tx, jobIds)).map((place) => [place.id, place]));
  const before = new Map(
    (await readItemsBefore<PriorityBefore>(tx, changeId, jobIds)).map((item) => [item.jobId, item.before]),
  );
  const { nowMs } = await tx.one<{ nowMs: number }>(NOW);
  const changes: PriorityChange[] = [];
  const items = (await readHistories(tx, jobIds)).map((history) => {
    const { id } = history;
    const place = places.get(id);
    const former = before.get(id);
    const reason = whyNot(history, changeId);
    if (reason !== null || !place || !former) {
      return refusedItem(id, {
        allowed: false,
        code: "conflict",
        reason: reason ?? `Job ${id} has nothing to go back to.`,
      });
    }
    changes.push(backTo(place, former, nowMs));
    return doneItem(id);
  });
  await changePriorities(tx, ctx, changes, commandId);
  return {
    items,
    audits: changes.map(({ place, priority }) => ({
      action: "job.undo",
      object: `job:${place.id}`,
      before: { priority: place.priority },
      after: { priority },
    })),
  };
}

const NOW = {
  name: "now-ms",
  text: `SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS "nowMs"`,
};

function backTo(place: JobPlace, { priority, boost }: PriorityBefore, nowMs: number): PriorityChange {
  if (boost === null) return { place, priority, boost: null };
  const until = new Date(boost.until);
  if (until.getTime() <= nowMs) return { place, priority: boost.from, boost: null };
  return { place, priority, boost: { ...boost, until } };
}

function whyNot({ id, state, result, reprioritizedBy }: HistoryRow, changeId: number): string | null {
  if (state === "running") return `Job ${id} has started, so its place no longer matters.`;
  if (state === "done") return `Job ${id} is already done (${result}), so its place no longer matters.`;
  if (reprioritizedBy !== changeId) return `The priority of job ${id} has been changed again since, so it stays.`;
  return null;
}
