import type { JobState } from "../../contracts/job.ts";

/** What of a job, its pool and its branch decides whether any worker could be given it. */
export interface QueueFacts {
  state: JobState;
  score: number;
  poolPaused: boolean;
  poolRemoved: boolean;
  branchClosed: boolean;
  /** The one worker that a person sent it to, which looks for it in PostgreSQL. */
  onlyWorkerId: number | null;
}

/** Whether a job has a place in its pool's queue: it is queued for any worker, and neither its pool nor its branch holds it back. */
export function belongsInQueue(facts: QueueFacts): boolean {
  const held = facts.poolPaused || facts.poolRemoved || facts.branchClosed || facts.onlyWorkerId !== null;
  return facts.state === "queued" && !held && Number.isFinite(facts.score);
}
