import type { CommandPreview } from "../contracts/command.ts";
import { type PreviewRow, readDelayed, readUserRefs } from "../db/sql/preview-jobs.ts";
import type { SchedulerContext } from "./context.ts";
import { type Delayed, delayedIn, delaySteps, type WorkShift } from "./explain/delays.ts";
import { poolOutline } from "./pool-outline.ts";
import { QueueNotReady } from "./queue/queue-not-ready.ts";

/** Work that comes or goes in one pool, with the place of its job; ms is null when nothing is known of its length. */
export interface Work {
  poolId: number;
  idle: boolean;
  score: number;
  ms: number | null;
}

/** Owners that are named. */
const MOST_OTHERS = 10;
/** A queue that is deeper is not read job by job, but as it was counted for all who ask. */
export const DEEP_JOBS = 50_000;

/** Whose waiting jobs would start later or sooner, the most first; `own` are the jobs of the command. */
export async function delayedOthers(
  ctx: SchedulerContext,
  pools: readonly { poolId: number; pool: string; slots: number }[],
  work: readonly Work[],
  { own, deepJobs = DEEP_JOBS }: { own: readonly PreviewRow[]; deepJobs?: number | undefined },
): Promise<CommandPreview["others"]> {
  const perPool = await Promise.all(
    pools.map(async ({ poolId, pool, slots }) => {
      const shifts = work.flatMap(({ poolId: at, idle, score, ms }): WorkShift[] =>
        at === poolId && !idle && ms !== null ? [{ score, ms }] : [],
      );
      const steps = delaySteps(shifts, slots);
      if (!steps) return [];
      const mine = own.filter((row) => row.poolId === poolId && row.state === "queued" && !row.idle);
      const deep = (await sizeOf(ctx, poolId)) > deepJobs;
      const delayed = deep
        ? delayedIn((await poolOutline(ctx.sql, poolId)).outline, steps, mine)
        : await readDelayed(
            ctx.sql,
            poolId,
            steps,
            mine.map((row) => row.id),
          );
      return delayed.map((one) => ({ ...one, pool }));
    }),
  );
  const most = perPool
    .flat()
    .toSorted((a, b) => weight(b) - weight(a))
    .slice(0, MOST_OTHERS);
  const users = await readUserRefs(
    ctx.sql,
    most.flatMap(({ ownerId }) => ownerId ?? []),
  );
  return most.map(({ ownerId, pool, jobs, meanSeconds, maxSeconds }) => ({
    owner: users.find((user) => user.id === ownerId) ?? null,
    pool,
    jobs,
    meanSeconds: Math.round(meanSeconds),
    maxSeconds: Math.round(maxSeconds),
  }));
}

function weight({ meanSeconds, jobs }: Delayed): number {
  return Math.abs(meanSeconds) * jobs;
}

/** How many jobs wait in a pool; 0 while Redis cannot tell, so that they are read one by one. */
async function sizeOf(ctx: SchedulerContext, poolId: number): Promise<number> {
  try {
    return await ctx.queues.size(poolId);
  } catch (error) {
    if (error instanceof QueueNotReady) return 0;
    throw error;
  }
}
