/** Work that comes to, or goes from, before every job whose score is higher than this one. */
export interface WorkShift {
  score: number;
  /** Positive: work that is added. */
  ms: number;
}

/** How much later a job starts, by its score: from each of these scores on, so many seconds (negative: sooner). */
export interface DelaySteps {
  from: number[];
  seconds: number[];
  /** From this score on nothing changes. */
  upTo: number;
}

/** Steps that are told apart; more would change nothing that a person could see. */
const MOST_STEPS = 128;

/**
 * What changes in the work before a place becomes a delay of the jobs after it: divided among the slots of the pool. A job that moves up
 * is added at its new place and taken away at its old one, so that only those in between are delayed. Null when nothing changes.
 */
export function delaySteps(shifts: readonly WorkShift[], slots: number): DelaySteps | null {
  if (slots < 1) return null;
  const from: number[] = [];
  const seconds: number[] = [];
  let sumMs = 0;
  for (const { score, ms } of shifts.toSorted((a, b) => a.score - b.score)) {
    sumMs += ms;
    if (from.at(-1) === score) seconds[seconds.length - 1] = sumMs / slots / 1_000;
    else {
      from.push(score);
      seconds.push(sumMs / slots / 1_000);
    }
  }
  if (!seconds.some((value) => Math.abs(value) >= 1)) return null;
  const last = from.at(-1) ?? 0;
  const upTo = Math.abs(seconds.at(-1) ?? 0) < 1 ? last : Number.POSITIVE_INFINITY;
  return { ...thinned(from, seconds), upTo };
}

/** Every n-th step, and always the first and the last. */
function thinned(from: readonly number[], seconds: readonly number[]): { from: number[]; seconds: number[] } {
  const every = Math.ceil(from.length / MOST_STEPS);
  const kept = from.map((_, index) => index).filter((index) => index % every === 0 || index === from.length - 1);
  return { from: kept.map((index) => from[index] ?? 0), seconds: kept.map((index) => seconds[index] ?? 0) };
}
