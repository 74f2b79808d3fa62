import type { SchedulerContext } from "../context.ts";
import { requirePermission } from "../permissions.ts";
import type { JobQueue } from "../queue/job-queue.ts";
import { QueueNotReady } from "../queue/queue-not-ready.ts";
import { belongsInQueue } from "./belongs-in-queue.ts";
import { readEpochs } from "./epochs.ts";
import { databaseNowMs, type QueueRow, rowsOf } from "./queue-rows.ts";
import { chunks, queuedPages, rebuildQueue } from "./rebuild-queue.ts";

const BATCH = 500;

/** A relay that was frozen for longer than this and then writes can leave a stale hint, which the next sweep removes. */
const FORGET_AFTER_MS = 10 * 60_000;

/** What a sweep found and repaired. */
export interface SweepReport {
  /** Jobs that were missing from their queue or stood at a wrong place. */
  added: number;
  /** Entries without a job that belongs there. */
  removed: number;
  /** Versions of jobs done long ago. */
  forgotten: number;
  /** Pools whose queue was lost, or knew more than PostgreSQL because that was restored from a backup. */
  rebuilt: number[];
}

/** Compares PostgreSQL with Redis both ways and repairs Redis. A pool that fails does not stop the others; its error is thrown at the end. */
export async function sweepQueue(ctx: SchedulerContext): Promise<SweepReport> {
  requirePermission(ctx.actor, "maintain");
  const { ready, notReady } = await readEpochs(ctx); // before the rows, as in the relay
  const report: SweepReport = { added: 0, removed: 0, forgotten: 0, rebuilt: [] };
  const errors: unknown[] = [];
  const nowMs = await databaseNowMs(ctx.sql);

  // first what is lost: until it is back, claims of those pools cost more
  if (notReady.length > 0) report.rebuilt = (await rebuildQueue(ctx, { poolIds: notReady })).rebuilt;
  const lost: number[] = [];
  for (const [poolId, epoch] of ready) {
    try {
      if (!(await sweepPool(ctx, ctx.queues.of(poolId), epoch, nowMs, report))) lost.push(poolId);
    } catch (error) {
      if (error instanceof QueueNotReady) lost.push(poolId);
      else errors.push(error);
    }
  }
  if (lost.length > 0) report.rebuilt.push(...(await rebuildQueue(ctx, { poolIds: lost })).rebuilt);
  if (errors.length > 0) throw new AggregateError(errors, `The sweep of ${errors.length} pools failed.`);
  return report;
}

/** False when the pool's queue must be made anew. */
async function sweepPool(
  ctx: SchedulerContext,
  queue: JobQueue,
  epoch: string,
  nowMs: number,
  report: SweepReport,
): Promise<boolean> {
  let wanted = 0;
  for await (const rows of queuedPages(ctx, queue.poolId)) {
    const belonging = rows.filter(belongsInQueue);
    wanted += belonging.length;
    const added = await addMissing(ctx, queue, epoch, belonging);
    if (added === null) return false;
    report.added += added;
  }
  // equal counts after the missing were added: nothing can be there without belonging there
  if ((await queue.size()) !== wanted) {
    const removed = await removeSurplus(ctx, queue, epoch, nowMs);
    if (removed === null) return false;
    report.removed += removed;
  }
  for (let forgotten = BATCH; forgotten === BATCH; ) {
    forgotten = await queue.forget(nowMs - FORGET_AFTER_MS, BATCH);
    report.forgotten += forgotten;
  }
  if (report.added > 0) ctx.signals.send(`pool:${queue.poolId}`);
  return true;
}

async function addMissing(
  ctx: SchedulerContext,
  queue: JobQueue,
  epoch: string,
  rows: readonly QueueRow[],
): Promise<number | null> {
  const scores = (await Promise.all(chunks(rows, BATCH).map((batch) => queue.scores(batch)))).flat();
  const missing = rows.filter((row, index) => scores[index] !== row.score);
  return (await put(ctx, queue, epoch, missing)) ? missing.length : null;
}

/** False when the pool's queue must be made anew. */
async function put(ctx: SchedulerContext, queue: JobQueue, epoch: string, rows: readonly QueueRow[]): Promise<boolean> {
  for (const batch of chunks(rows, BATCH)) {
    const refused = await queue.put(epoch, batch);
    if (refused === null || (await knowsTooMuch(ctx, batch, refused))) return false;
  }
  return true;
}

async function removeSurplus(
  ctx: SchedulerContext,
  queue: JobQueue,
  epoch: string,
  nowMs: number,
): Promise<number | null> {
  let removed = 0;
  for await (const places of queue.everyPlace(BATCH)) {
    const classes = new Map(places.map((place) => [place.jobId, place.queueClass]));
    const rows = await rowsOf(ctx.sql, [...classes.keys()]);
    if (rows.length < classes.size) return null; // a job that PostgreSQL never had
    const belongs = (row: QueueRow) => row.poolId === queue.poolId && belongsInQueue(row);
    const misplaced = rows.filter((row) => belongs(row) && classes.get(row.jobId) !== row.queueClass);
    const surplus = [...rows.filter((row) => !belongs(row)), ...misplaced];
    const removals = surplus.map((row) => ({ ...row, final: row.state === "done" }));
    for (const batch of chunks(removals, BATCH)) {
      const refused = await queue.remove(epoch, batch, nowMs);
      if (refused === null || (await knowsTooMuch(ctx, batch, refused))) return null;
    }
    if (!(await put(ctx, queue, epoch, misplaced))) return null;
    removed += surplus.length;
  }
  return removed;
}

/**
 * Redis is only ever told what PostgreSQL committed, and versions only grow. So when Redis refuses a row as older and the row
 * has not changed since, PostgreSQL has gone back in time: it was restored from a backup.
 */
async function knowsTooMuch(
  ctx: SchedulerContext,
  told: readonly { jobId: number; version: number }[],
  refused: readonly number[],
): Promise<boolean> {
  if (refused.length === 0) return false;
  const versions = new Map(told.map((row) => [row.jobId, row.version]));
  const rows = await rowsOf(ctx.sql, refused);
  return rows.some((row) => row.version === versions.get(row.jobId));
}
