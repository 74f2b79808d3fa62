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
 * Where a job stands in its queue; lowest is served first, the lower id where two are equal. One point of rank is worth
 * `headStartMs` of waiting: b goes before a waiting a only if `b.submittedAt − a.submittedAt < (rank b − rank a) × headStart`
 * (or equal, with the lower id), so nobody is overtaken for ever.
 * Exact: at the outermost inputs its magnitude stays below 2^53. Throws a RangeError for anything outside them.
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
