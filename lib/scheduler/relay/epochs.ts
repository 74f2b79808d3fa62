import type { SchedulerContext } from "../context.ts";
import { poolIds } from "./queue-rows.ts";

/** Which pools' queues can be written, with the epoch to name, and which must be rebuilt first. */
export interface Epochs {
  ready: Map<number, string>;
  notReady: number[];
}

/** Reads every pool's epoch. Call it before reading the rows that are to be written. */
export async function readEpochs(ctx: SchedulerContext): Promise<Epochs> {
  const pools = await poolIds(ctx.sql);
  const epochs = await ctx.queues.epochs(pools);
  const ready = new Map<number, string>();
  const notReady: number[] = [];
  for (const [index, poolId] of pools.entries()) {
    const epoch = epochs[index] ?? null;
    if (epoch === null) notReady.push(poolId);
    else ready.set(poolId, epoch);
  }
  return { ready, notReady };
}
