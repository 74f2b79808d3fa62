import type { SchedulerContext } from "../context.ts";
import type { WorkerSlot } from "../queue/waiting-workers.ts";
import type { QueueRow } from "./queue-rows.ts";

/** A job that is kept for a waiting slot, which has not been told yet. */
export interface OfferedJob extends WorkerSlot {
  jobId: number;
}

/**
 * Offers jobs that are about to enter their queues to workers that wait, each job to the best of them. Called before the jobs can be
 * popped, and only with those of pools in which somebody waits. The caller tells the slots once the jobs stand in the queue.
 */
export async function offerJobs(_ctx: SchedulerContext, _rows: readonly QueueRow[]): Promise<OfferedJob[]> {
  return [];
}
