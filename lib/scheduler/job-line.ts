import type { ExplainRow } from "../db/sql/explain-job.ts";
import { countBefore, type HeadRow, readHead } from "../db/sql/explain-queue.ts";
import type { SchedulerContext } from "./context.ts";
import { type FirstOf, firstOf, kindKey } from "./explain/outline.ts";
import { type PoolOutline, poolOutline } from "./pool-outline.ts";
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
  /** All before it by what they are, when they are more than the head; null when the head is all. */
  before: FirstOf | null;
  /** All that waits in the pool, by kind. */
  totals: ReadonlyMap<string, number>;
  /** What was counted of a deep pool; null when all that waits was looked at. */
  counted: PoolOutline | null;
  /** The job's own row among those that wait; undefined when it stands further back. */
  own: HeadRow | undefined;
}

/** What waits before a job that is queued or blocked. */
export async function readLine(ctx: SchedulerContext, row: ExplainRow, headJobs = HEAD_JOBS): Promise<JobLine> {
  const queued = standsInQueue(row);
  const [all, told] = await Promise.all([
    readHead(ctx.sql, row.poolId, headJobs),
    queued ? readAhead(ctx, row) : Promise.resolve(null),
  ]);
  const head = all.filter((other) => isBefore(other, row));
  const own = all.find((other) => other.id === row.id);
  if (all.length < headJobs)
    return { total: told ?? head.length, head, before: null, totals: countKinds(all), counted: null, own };

  const counted = await poolOutline(ctx.sql, row.poolId);
  const line = { head, totals: counted.totals, counted, own };
  if (head.length < all.length) return { ...line, total: told ?? head.length, before: null };
  const total = told ?? (await countBefore(ctx.sql, row));
  return { ...line, total, before: firstOf(counted.outline, total) };
}

function countKinds(rows: readonly HeadRow[]): Map<string, number> {
  const totals = new Map<string, number>();
  for (const row of rows) if (!row.solo) totals.set(kindKey(row), (totals.get(kindKey(row)) ?? 0) + 1);
  return totals;
}

/** The order of a pool: idle work last, then by score, then by id. */
function isBefore(other: HeadRow, job: ExplainRow): boolean {
  const idle = Number(other.queueClass === "idle") - Number(job.queueClass === "idle");
  return (idle || other.score - job.score || other.id - job.id) < 0;
}
