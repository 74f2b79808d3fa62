import { setTimeout as timer } from "node:timers/promises";
import { AnswerError } from "./wire.ts";

/** What an agent takes from its surroundings, so that tests can replace it. */
export interface Surroundings {
  /** Resolves early, and never rejects, when the signal fires. */
  sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** From 0 to 1, for jitter. */
  random: () => number;
  /** Monotonic milliseconds. */
  now: () => number;
  log: (message: string, error?: unknown) => void;
}

/** The real ones. */
export const REAL_SURROUNDINGS: Surroundings = {
  sleep: (ms, signal) => timer(ms, undefined, { signal }).catch(() => undefined),
  random: Math.random,
  now: () => performance.now(),
  log: (message, error) => {
    const reason = error === undefined ? "" : `: ${error instanceof Error ? error.message || error.name : error}`;
    process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), message: `${message}${reason}` })}\n`);
  },
};

/** The signal fired before an answer came. */
export class Stopped extends Error {}

/** The wait before attempt `failures` + 1: doubles from `baseMs` to `capMs`, with the upper half at random. */
export function backoffMs(failures: number, random: number, baseMs = 250, capMs = 30_000): number {
  const full = Math.min(capMs, baseMs * 2 ** Math.min(failures, 20));
  return full / 2 + (full / 2) * random;
}

interface RetryOptions {
  signal: AbortSignal;
  capMs?: number;
  /** Called before each wait. */
  onFailure?: (error: unknown) => void;
}

/**
 * Calls until the server answers. A refusal (4xx other than busy or too slow) is an answer and is thrown.
 * Throws Stopped when the signal fires first.
 */
export async function untilAnswered<T>(
  surroundings: Surroundings,
  what: string,
  call: () => Promise<T>,
  options: RetryOptions,
): Promise<T> {
  for (let failures = 0; ; failures++) {
    if (options.signal.aborted) throw new Stopped(what);
    try {
      return await call();
    } catch (error) {
      if (options.signal.aborted) throw new Stopped(what);
      if (error instanceof AnswerError && !error.passing) throw error;
      options.onFailure?.(error);
      if (failures === 0 || failures % 10 === 9) surroundings.log(`${what} failed and is tried again`, error);
      const wait = backoffMs(failures, surroundings.random(), 250, options.capMs);
      const asked = error instanceof AnswerError ? (error.retryAfterMs ?? 0) : 0;
      await surroundings.sleep(Math.max(wait, asked), options.signal);
    }
  }
}
