import type { Result } from "../contracts/job.ts";
import type { LockedJob } from "../db/sql/lock-jobs.ts";
import type { Move } from "./move-jobs.ts";

/** How a run ended, and how many infrastructure faults a job survives. */
interface Ending {
  result: Result;
  reason: string | undefined;
  run: { id: number; workerId: number };
  retryLimit: number;
}

/**
 * What a run's result makes of a job that it serves. Success, warnings, failure and skipped are the job's own result. `retry`, an exception
 * and a stop that nobody asked for are faults of the infrastructure: the job goes back to its old place and avoids the worker, until its
 * retries are used up.
 */
export function moveOfResult(job: LockedJob, { result, reason, run, retryLimit }: Ending): Move {
  const base = { id: job.id, from: "running" as const, lostCount: 0, runId: run.id };
  if (result === "success" || result === "warnings" || result === "failure" || result === "skipped") {
    return { ...base, to: "done", result, reason: reason ?? null, event: "job.done" };
  }
  const why = reason ?? "The worker could not run it to its end.";
  const retryCount = job.retryCount + 1;
  if (retryCount <= retryLimit) {
    const body = { retryCount, result };
    return { ...base, to: "queued", reason: why, retryCount, avoidWorkerId: run.workerId, event: "job.requeued", body };
  }
  const history =
    retryCount === 1
      ? `It ended in a fault of the infrastructure, and its builder is not tried again: ${why}`
      : `It was tried ${retryCount} times, each ending in a fault of the infrastructure; the last one: ${why}`;
  return { ...base, to: "done", result: "exception", reason: history, event: "job.done" };
}
