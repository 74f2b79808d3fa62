import type { ExplainRow } from "../db/sql/explain-job.ts";
import { countBefore, type HeadRow, readHead } from "../db/sql/explain-queue.ts";
import type { SchedulerContext } from "./context.ts";
import { firstOf, type OutlineGroup } from "./explain/outline.ts";
import { poolOutline } from "./pool-outline.ts";
import { readAhead } from "./read-ahead.ts";
import { standsInQueue } from "./to-explain-facts.ts";

/** Jobs that are looked at one by one; those further back are counted by kind. */
export const HEAD_JOBS = 2_000;

/** What waits before a job, and beside it. */
export interface JobLine {
  /** How many are served before it; for a job that is held or blocked: as if it were let in now. */
  total: number;
  /** The first of those before it, in order. */
  head: readonly HeadRow[];
  /** All before it by kind, when they are more than the head; null when the head is all. */
  groups: readonly OutlineGroup[] | null;
  /** All that waits in the pool by kind; null when that is what `all` lists. */
  outline: readonly OutlineGroup[] | null;
  /** The first of all jobs of the pool, the job itself included. */
  all: readonly HeadRow[];
  /** How long ago the groups were counted. */
  ageMs: number;
}

/** What waits before a job that is queued or blocked. */
export async function readLine(ctx: SchedulerContext, row: ExplainRow, headJobs = HEAD_JOBS): Promise<JobLine> {
  const queued = standsInQueue(row);
  const [all, told] = await Promise.all([
    readHead(ctx.sql, row.poolId, headJobs),
    queued ? readAhead(ctx, row) : Promise.resolve(null),
  ]);
  const before = all.filter((other) => isBefore(other, row));
  if (all.length < headJobs)
    return { total: told ?? before.length, head: before, groups: null, outline: null, all, ageMs: 0 };

  const { parts, countedAtMs } = await poolOutline(ctx.sql, row.poolId, await sizeOf(ctx, row.poolId));
  const outline = firstOf(parts, Number.POSITIVE_INFINITY);
  const ageMs = performance.now() - countedAtMs;
  if (before.length < all.length)
    return { total: told ?? before.length, head: before, groups: null, outline, all, ageMs: 0 };
  const total = told ?? (await countBefore(ctx.sql, row));
  return { total, head: before, groups: firstOf(parts, total), outline, all, ageMs };
}

async function sizeOf(ctx: SchedulerContext, poolId: number): Promise<number> {
  const { jobs } = await ctx.sql.one<{ jobs: number }>(
    "SELECT greatest(0, reltuples)::int AS jobs FROM pg_class WHERE oid = 'jobs_queue_order'::regclass",
  );
  return ctx.queues.size(poolId).catch(() => jobs);
}

/** The order of a pool: idle work last, then by score, then by id. */
function isBefore(other: HeadRow, job: ExplainRow): boolean {
  const idle = Number(other.queueClass === "idle") - Number(job.queueClass === "idle");
  return (idle || other.score - job.score || other.id - job.id) < 0;
}
