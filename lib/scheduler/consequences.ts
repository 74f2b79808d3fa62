import type { JobState, Result } from "../contracts/job.ts";
import { satisfies } from "./job-state.ts";

/** A job that another one needs, as the rule sees it. */
export interface NeededJob {
  id: number;
  builder: string;
  state: JobState;
  result: Result | null;
}

/** A blocked job with all that it needs. */
export interface WaitingJob {
  id: number;
  builder: string;
  needs: readonly NeededJob[];
}

/** What becomes of a blocked job: everything it needs is there, or something it needs will never be. */
export type Consequence = { jobId: number; to: "queued" } | { jobId: number; to: "skipped"; reason: string };

/**
 * What follows for jobs that wait, when some of the jobs they need are done: success and warnings of all of them queue a job, any other
 * result of one skips it, and so on to those that wait for the skipped one. Jobs that still have to wait are not named.
 */
export function consequences(waiting: readonly WaitingJob[]): Consequence[] {
  const decided = new Map<number, Consequence>();
  for (let changed = true; changed; ) {
    changed = false;
    for (const job of waiting) {
      if (decided.has(job.id)) continue;
      const consequence = decide(job, decided);
      if (!consequence) continue;
      decided.set(job.id, consequence);
      changed = true;
    }
  }
  return [...decided.values()];
}

function decide(job: WaitingJob, decided: ReadonlyMap<number, Consequence>): Consequence | null {
  let ready = true;
  for (const need of job.needs) {
    const skipped = decided.get(need.id)?.to === "skipped";
    const result = skipped ? "skipped" : need.state === "done" ? need.result : null;
    if (result !== null && !satisfies(result)) {
      return { jobId: job.id, to: "skipped", reason: `It needs ${need.builder}, which ${ending(result)}.` };
    }
    if (result === null) ready = false;
  }
  return ready ? { jobId: job.id, to: "queued" } : null;
}

/** How a job ended, as the end of a sentence about it. */
export function ending(result: Result): string {
  if (result === "cancelled" || result === "skipped") return `was ${result}`;
  return `ended with ${result === "exception" ? "an exception" : result}`;
}
