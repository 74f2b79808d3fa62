import { chance } from "./random.ts";

/** How long runs of a builder have taken, in ms, in no order. */
export type Samples = readonly number[];

/** A run of unknown length that has lasted longer than any before it goes on for this share of its age on average: a guess, as good as any. */
const OVERDUE_SHARE = 0.1;

/** The whole length of a run that has not begun, drawn from its builder's past. `samples` is not empty. */
export function drawWhole(samples: Samples, id: number, round: number): number {
  return samples[Math.floor(chance(id, round) * samples.length)] ?? 0;
}

/** What is left of a run that has lasted for `elapsedMs`, drawn from those of its builder's past that lasted longer. */
export function drawRest(longer: Samples, elapsedMs: number, id: number, round: number): number {
  const luck = chance(id, round);
  if (longer.length === 0) return luck * 2 * OVERDUE_SHARE * elapsedMs;
  return (longer[Math.floor(luck * longer.length)] ?? 0) - elapsedMs;
}

/** The past runs that lasted longer than this. */
export function longerThan(samples: Samples, elapsedMs: number): Samples {
  return samples.filter((sample) => sample > elapsedMs);
}

/** The arithmetic mean; 0 of none. */
export function meanOf(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The mean squared distance from the mean; 0 of none. */
export function varianceOf(values: readonly number[]): number {
  const mean = meanOf(values);
  return meanOf(values.map((value) => (value - mean) ** 2));
}

/** The expected rest of a run that has lasted for `elapsedMs`, in ms. */
export function meanRest(samples: Samples, elapsedMs: number): number {
  const longer = longerThan(samples, elapsedMs);
  return longer.length === 0 ? OVERDUE_SHARE * elapsedMs : meanOf(longer) - elapsedMs;
}
