import type { SchedulerContext } from "../context.ts";
import { requirePermission } from "../permissions.ts";
import { QueueNotReady } from "../queue/queue-not-ready.ts";
import { belongsInQueue } from "./belongs-in-queue.ts";
import { readEpochs } from "./epochs.ts";
import { type OfferedJob, offerJobs } from "./offer-jobs.ts";
import { clearDirty, databaseNowMs, dirtyRows, type QueueRow } from "./queue-rows.ts";

/** Jobs per round: as many as a script may hold Redis up for. */
const BATCH = 500;

/** What one round did. */
export interface RelayReport {
  /** Jobs whose newest version Redis now knows. */
  carried: number;
  /** Pools whose queue must be rebuilt before their jobs can be carried. */
  notReady: number[];
  /** Whether another round would find more. */
  more: boolean;
}

/**
 * Carries changed jobs from PostgreSQL to Redis, at most 500. A crash anywhere leaves them dirty, and the next round repeats;
 * a second relay that overlaps, however late, is refused by the versions. Before a job can be taken it is offered to the best of the
 * workers that wait; that one is woken once its jobs stand there, and for a job that was offered to nobody whoever waits for its pool.
 */
export async function relayQueue(ctx: SchedulerContext): Promise<RelayReport> {
  requirePermission(ctx.actor, "maintain");
  const { ready, notReady } = await readEpochs(ctx); // before the rows: then a row is never newer than its epoch
  const rows = await dirtyRows(ctx.sql, [...ready.keys()], BATCH);
  if (rows.length === 0) return { carried: 0, notReady, more: false };

  const nowMs = await databaseNowMs(ctx.sql);
  const offered = await offer(ctx, rows.filter(belongsInQueue));
  const perPool = Map.groupBy(rows, (row) => row.poolId);
  const written = await Promise.all(
    [...perPool].map(([poolId, jobs]) => write(ctx, poolId, ready.get(poolId) ?? "", jobs, nowMs)),
  );
  const told = written.flat();
  const carried = told.length > 0 ? await clearDirty(ctx.sql, told) : 0;

  // only now, so that a woken claim does not meet our lock on the row
  for (const { workerId, slot } of offered) ctx.signals.send(`slot:${workerId}:${slot}`);
  const taken = new Set(offered.map((job) => job.jobId));
  const open = told.filter((row) => belongsInQueue(row) && !taken.has(row.jobId));
  for (const poolId of new Set(open.map((row) => row.poolId))) ctx.signals.send(`pool:${poolId}`);
  return { carried, notReady, more: rows.length === BATCH && carried > 0 };
}

/** What was offered of the pools in which somebody waits. */
async function offer(ctx: SchedulerContext, rows: readonly QueueRow[]): Promise<OfferedJob[]> {
  const pools = [...new Set(rows.map((row) => row.poolId))];
  const waits = await Promise.all(pools.map((poolId) => anyoneWaits(ctx, poolId)));
  const served = new Set(pools.filter((_, index) => waits[index]));
  return served.size === 0
    ? []
    : offerJobs(
        ctx,
        rows.filter((row) => served.has(row.poolId)),
      );
}

/** A Redis that does not say in time is taken to know nobody: the job is then there for whoever asks. */
async function anyoneWaits(ctx: SchedulerContext, poolId: number): Promise<boolean> {
  try {
    return await ctx.queues.waiting.anyone(poolId);
  } catch (error) {
    if (error instanceof QueueNotReady) return false;
    throw error;
  }
}

/** Answers the rows that Redis was told; none when its queue was lost meanwhile. */
async function write(
  ctx: SchedulerContext,
  poolId: number,
  epoch: string,
  rows: readonly QueueRow[],
  nowMs: number,
): Promise<readonly QueueRow[]> {
  const queue = ctx.queues.of(poolId);
  const [put, removed] = await Promise.all([
    queue.put(epoch, rows.filter(belongsInQueue)),
    queue.remove(
      epoch,
      rows.filter((row) => !belongsInQueue(row)).map((row) => ({ ...row, final: row.state === "done" })),
      nowMs,
    ),
  ]);
  // a refused version is older than what Redis knows: then the row has changed too, and stays dirty
  return put === null || removed === null ? [] : rows;
}
