import {
  type Arrival,
  readArrivals,
  readSuccesses,
  readWorkerNames,
  type Success,
} from "../../db/sql/read-arrivals.ts";
import type { SchedulerContext } from "../context.ts";
import { type Choice, chooseWorker, type WaitingSlot } from "../placement/choose-worker.ts";
import type { FreeSlots } from "../placement/open-classes.ts";
import { QueueNotReady } from "../queue/queue-not-ready.ts";
import type { WorkerSlot } from "../queue/waiting-workers.ts";
import type { QueueRow } from "./queue-rows.ts";

/** A job that is kept for a waiting slot, which has not been told yet. */
export interface OfferedJob extends WorkerSlot {
  jobId: number;
}

/** Besides one slot for every job so many are looked at, because some may not take what arrives. */
const SPARE_SLOTS = 64;

/**
 * Offers jobs that are about to enter their queues to workers that wait, each job to the best of them. Called before the jobs can be
 * popped, and only with those of pools in which somebody waits. The caller tells the slots once the jobs stand in the queue. What goes
 * wrong here is reported and stalls nothing: a job that is offered to nobody goes to whoever asks next.
 */
export async function offerJobs(
  ctx: SchedulerContext,
  rows: readonly QueueRow[],
  choose: typeof chooseWorker = chooseWorker,
): Promise<OfferedJob[]> {
  try {
    const silentSeconds = 2 * ctx.settings.leaseSeconds;
    const jobIds = rows.map((row) => row.jobId);
    const arrivals = await readArrivals(ctx.sql, jobIds, silentSeconds);
    const perPool = Map.groupBy(arrivals, (job) => job.poolId);
    return (await Promise.all([...perPool].map(([poolId, jobs]) => offerInPool(ctx, poolId, jobs, choose)))).flat();
  } catch (error) {
    if (!(error instanceof QueueNotReady)) ctx.report(error);
    return [];
  }
}

async function offerInPool(
  ctx: SchedulerContext,
  poolId: number,
  jobs: readonly Arrival[],
  choose: typeof chooseWorker,
): Promise<OfferedJob[]> {
  const line = await readLine(ctx, poolId, jobs);
  const choices = jobs.flatMap((job) => {
    const choice = chooseSafely(ctx, job, line, choose);
    return choice ? [{ jobId: job.jobId, ...choice }] : [];
  });
  const offers = choices.map(async ({ jobId, slot, placement }) => {
    const { workerId, slot: number } = slot;
    const offered = await ctx.queues.waiting.offer(poolId, jobId, { workerId, slot: number }, placement);
    return offered ? [{ jobId, workerId, slot: number }] : [];
  });
  return (await Promise.all(offers)).flat();
}

/** The slots that wait for work of a pool, of which every choice takes one out. */
interface Line {
  slots: Map<string, Omit<WaitingSlot, "succeededAtMs">>;
  successes: ReadonlyMap<string, number>;
  free: FreeSlots;
}

async function readLine(ctx: SchedulerContext, poolId: number, jobs: readonly Arrival[]): Promise<Line> {
  const { waiting } = ctx.queues;
  const affine = new Set(jobs.filter((job) => job.affinity === "objdir").map((job) => job.builderId));
  const successes: Success[] = await readSuccesses(ctx.sql, [...affine]);
  const builtHere = [...new Set(successes.map((success) => success.workerId))].slice(0, 500);
  const [free, best, found] = await Promise.all([
    waiting.free(poolId, jobs[0]?.fastSpeed ?? null),
    waiting.best(poolId, jobs.length + SPARE_SLOTS),
    waiting.find(poolId, builtHere),
  ]);
  const all = [...best, ...found];
  const names = await readWorkerNames(ctx.sql, [...new Set(all.map((slot) => slot.workerId))]);
  const named = all.flatMap((slot) => {
    const worker = names.get(slot.workerId);
    return worker === undefined ? [] : [{ ...slot, worker }];
  });
  return {
    free,
    slots: new Map(named.map((slot) => [keyOf(slot.workerId, slot.slot), slot])),
    successes: new Map(successes.map((success) => [keyOf(success.builderId, success.workerId), success.succeededAtMs])),
  };
}

/** The rule's choice, taken out of the line. A rule that throws is reported, and the next one who asks gets the job. */
function chooseSafely(ctx: SchedulerContext, job: Arrival, line: Line, choose: typeof chooseWorker): Choice | null {
  try {
    const slots = [...line.slots.values()].map((slot) => ({
      ...slot,
      succeededAtMs: line.successes.get(keyOf(job.builderId, slot.workerId)) ?? null,
    }));
    const choice = choose(job, slots, { pool: job, free: line.free });
    if (!choice) return null;
    const { workerId, slot, speed } = choice.slot;
    line.slots.delete(keyOf(workerId, slot));
    const fast = job.fastSpeed !== null && speed >= job.fastSpeed ? 1 : 0;
    line.free = { all: line.free.all - 1, fast: line.free.fast - fast };
    return choice;
  } catch (error) {
    ctx.report(error);
    return null;
  }
}

function keyOf(one: number, other: number): string {
  return `${one}:${other}`;
}
