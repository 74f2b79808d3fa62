import { type Outcome, ROUNDS } from "./simulate.ts";

/** Moments in ms from now: half of the futures are no later than P50, nine of ten no later than P90. */
export interface Quantiles {
  p50: number;
  p90: number;
}

/** The quantiles of one moment over all futures; null when there are some in which it never comes. */
export function quantiles(moments: Float64Array): Quantiles | null {
  const sorted = moments.toSorted();
  const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? Number.POSITIVE_INFINITY;
  return Number.isFinite(sorted.at(-1)) ? { p50: at(0.5), p90: at(0.9) } : null;
}

/**
 * A job that waits for others: it starts when the last of them has finished, but not before its own place in the queue is reached. Each
 * future of the one is joined with the same future of the others.
 */
export function afterNeeds(own: Outcome, needs: readonly Outcome[]): Outcome {
  const startMs = own.startMs.map((start, round) =>
    Math.max(start, ...needs.map((need) => need.finishMs[round] ?? Number.POSITIVE_INFINITY)),
  );
  const finishMs = own.finishMs.map((finish, round) => {
    const start = own.startMs[round] ?? 0;
    const lasts = Number.isFinite(start) ? finish - start : 0;
    return (startMs[round] ?? 0) + lasts;
  });
  return { startMs, finishMs };
}

/** The future of a job that runs: it has started, and ends after these times. */
export function runningOutcome(restMs: (round: number) => number): Outcome {
  const startMs = new Float64Array(ROUNDS);
  return { startMs, finishMs: startMs.map((_, round) => restMs(round)) };
}
