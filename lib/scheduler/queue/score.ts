import { STRICT_HEAD_START_MS } from "../../contracts/pool.ts";

/** The branch's base priority and the job's priority, each −100 to 100, add up to at most this. */
export const HIGHEST_RANK = 200;

const LATEST_SUBMISSION_MS = 2 ** 52;

/** What a job's place depends on. */
export interface Place {
  /** The database's time of the buildset, ms since 1970; retries, splits and undo keep it. */
  submittedAtMs: number;
  /** The branch's base priority + the job's priority, −200 to 200. */
  rank: number;
}

/**
 * Where a job stands in its queue; lowest is served first, the lower id where two are equal. One point of rank is worth `headStartMs` of
 * waiting.
 *
 * **Theorem (bounded overtaking).** Among jobs that wait in one queue with head start H, b goes before a if and only if
 * `b.submittedAt − a.submittedAt < (rank b − rank a) × H`, or the two are equal and b has the lower id.
 * *Proof.* b goes before a if and only if `score b < score a`, or they are equal and b has the lower id. Insert
 * `score = submittedAt − rank × H` and bring the times to the left. The computed scores are the exact ones: every term is an integer, and
 * `2^52 + 200 × 2^42 < 2^53`. ∎
 *
 * So nobody is overtaken for ever: not by younger jobs of the same or a lower rank, and, as ranks differ by 400 at most, by nothing that is
 * submitted `400 × H` later. Nothing else enters a score, and both of its terms outlive a retry, a split and an undo: each returns a job
 * to exactly its old place. Throws a RangeError for anything outside the bounds.
 */
export function score(place: Place, headStartMs: number): number {
  within("submittedAtMs", place.submittedAtMs, 0, LATEST_SUBMISSION_MS);
  within("rank", place.rank, -HIGHEST_RANK, HIGHEST_RANK);
  within("headStartMs", headStartMs, 0, STRICT_HEAD_START_MS);
  return place.submittedAtMs - place.rank * headStartMs;
}

function within(name: string, value: number, lowest: number, highest: number): void {
  if (Number.isInteger(value) && value >= lowest && value <= highest) return;
  throw new RangeError(`The ${name} of a score is ${value}; it must be a whole number from ${lowest} to ${highest}.`);
}
