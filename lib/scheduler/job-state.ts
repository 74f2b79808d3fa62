import type { JobState, Result } from "../contracts/job.ts";

/** Where a job may go from each state. `done` is left only by the undo of a command that ended it before it ever ran. */
export const JOB_TRANSITIONS: Record<JobState, readonly JobState[]> = {
  blocked: ["queued", "done"],
  queued: ["running", "done"],
  running: ["queued", "done"],
  done: ["queued", "blocked"],
};

/** Results from the mildest to the most severe: the worst one names a whole set. */
const BY_SEVERITY: readonly Result[] = ["success", "skipped", "warnings", "failure", "exception", "cancelled", "retry"];

/** The most severe of the results; `success` when there are none. */
export function worstResult(results: Iterable<Result>): Result {
  let worst: Result = "success";
  for (const result of results) if (BY_SEVERITY.indexOf(result) > BY_SEVERITY.indexOf(worst)) worst = result;
  return worst;
}

/** Whether jobs that need a job with this result may start. */
export function satisfies(result: Result | null): boolean {
  return result === "success" || result === "warnings";
}
