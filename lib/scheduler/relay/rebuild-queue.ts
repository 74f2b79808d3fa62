import type { SchedulerContext } from "../context.ts";
import { requirePermission } from "../permissions.ts";
import { belongsInQueue } from "./belongs-in-queue.ts";
import { readEpochs } from "./epochs.ts";
import { type QueueRow, queuedRows } from "./queue-rows.ts";

const PAGE = 5000;
const BATCH = 500;

/** Which pools to rebuild; without any, those whose queue Redis has lost. */
export interface RebuildQueueInput {
  poolIds?: readonly number[];
}

/** What became of each pool. */
export interface RebuildReport {
  rebuilt: number[];
  /** Redis was emptied meanwhile, or another relay rebuilds it as well: look again. */
  refused: number[];
}

/**
 * Makes queues anew from PostgreSQL. Until a queue is swapped in whole, claims are served from PostgreSQL. What changes after its row
 * was read is dirty, and the relay carries it once the new queue is there.
 */
export async function rebuildQueue(ctx: SchedulerContext, input: RebuildQueueInput = {}): Promise<RebuildReport> {
  requirePermission(ctx.actor, "maintain");
  const poolIds = input.poolIds ?? (await readEpochs(ctx)).notReady;
  const report: RebuildReport = { rebuilt: [], refused: [] };
  for (const poolId of poolIds) {
    if (await rebuildPool(ctx, poolId)) report.rebuilt.push(poolId);
    else report.refused.push(poolId);
  }
  return report;
}

async function rebuildPool(ctx: SchedulerContext, poolId: number): Promise<boolean> {
  const rebuild = ctx.queues.rebuild(poolId);
  await rebuild.begin();
  let filling: Promise<unknown> = Promise.resolve();
  for await (const rows of queuedPages(ctx, poolId)) {
    const entries = rows.filter(belongsInQueue);
    await filling; // the page before was written while this one was read
    filling = Promise.all(chunks(entries, BATCH).map((chunk) => rebuild.fill(chunk)));
    filling.catch(() => {}); // seen at the next await
  }
  await filling;
  const swapped = await rebuild.swap();
  if (swapped) ctx.signals.send(`pool:${poolId}`);
  return swapped;
}

/** All queued jobs of a pool, by pages of 5,000. */
export async function* queuedPages(ctx: SchedulerContext, poolId: number): AsyncGenerator<QueueRow[]> {
  let afterId = 0;
  for (;;) {
    const rows = await queuedRows(ctx.sql, poolId, afterId, PAGE);
    const last = rows.at(-1);
    if (!last) return;
    yield rows;
    afterId = last.jobId;
  }
}

/** Cuts a list into lists of at most `size`. */
export function chunks<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
