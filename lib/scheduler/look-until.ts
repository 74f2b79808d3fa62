import type { Signals } from "./context.ts";

/** Who waits also looks: a lost wake-up costs at most this. */
const LOOK_EVERY_MS = 2_000;

/** What to wait for, and how long. `abort` fires when nobody listens for the answer any more. */
interface Wait {
  topics: readonly string[];
  waitSeconds: number;
  abort: AbortSignal | undefined;
}

/**
 * Looks until there is something to see, at each signal and at least every two seconds, and a last time when the wait is over. Undefined
 * when there was nothing, or nobody listens any more.
 */
export async function lookUntil<Found>(
  signals: Signals,
  wait: Wait,
  look: () => Promise<Found | undefined>,
): Promise<Found | undefined> {
  const endsAt = performance.now() + wait.waitSeconds * 1_000;
  for (let last = false; !last && !wait.abort?.aborted; ) {
    const leftMs = endsAt - performance.now();
    last = leftMs <= 0;
    const stop = new AbortController();
    const abort = wait.abort ? AbortSignal.any([wait.abort, stop.signal]) : stop.signal;
    // Listening begins before looking, so that what happens in between is not slept over.
    const woken = last ? undefined : signals.next(wait.topics, Math.min(LOOK_EVERY_MS, leftMs), abort);
    let found: Found | undefined;
    try {
      found = await look();
    } finally {
      if (found !== undefined || last) stop.abort();
    }
    if (found !== undefined) return found;
    await woken;
  }
  return undefined;
}
