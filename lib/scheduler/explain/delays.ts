import type { Outline } from "./outline.ts";
import { meanOf } from "./samples.ts";

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

/** Whose jobs start later or sooner, and by how much. */
export interface Delayed {
  ownerId: number | null;
  jobs: number;
  meanSeconds: number;
  /** The largest change, with its sign. */
  maxSeconds: number;
}

/** Places in each part of an outline at which the delay is looked up. */
const LOOKS = 8;

/**
 * Whose jobs start later or sooner in a pool that is only known as an outline: in each part the delay is looked up at eight places. `own`
 * are the jobs of the command itself, which are taken out; idle work is left out.
 */
export function delayedIn(
  outline: Pick<Outline, "owners" | "bounds">,
  steps: DelaySteps,
  own: readonly { ownerId: number | null; score: number }[],
): Delayed[] {
  const parts = outline.bounds.slice(1).map((last, part) => looksInto(steps, outline.bounds[part] ?? last, last));
  const mine = new Map<string, number>();
  for (const { ownerId, score } of own) {
    const part = outline.bounds.slice(0, -1).findLastIndex((first) => first <= score);
    const key = `${ownerId}:${part}`;
    mine.set(key, (mine.get(key) ?? 0) + 1);
  }
  return outline.owners.flatMap(({ ownerId, idle, parts: lines }) => {
    if (idle) return [];
    const told = { ownerId, jobs: 0, meanSeconds: 0, maxSeconds: 0 };
    for (const [part, count] of lines) {
      const { mean, max } = parts[part] ?? { mean: 0, max: 0 };
      const jobs = Math.max(0, count - (mine.get(`${ownerId}:${part}`) ?? 0));
      if (jobs === 0 || Math.abs(max) < 1) continue;
      told.meanSeconds = (told.meanSeconds * told.jobs + mean * jobs) / (told.jobs + jobs);
      told.jobs += jobs;
      if (Math.abs(max) > Math.abs(told.maxSeconds)) told.maxSeconds = max;
    }
    return told.jobs > 0 ? [told] : [];
  });
}

/** The mean and the largest delay between two scores. */
function looksInto(steps: DelaySteps, first: number, last: number): { mean: number; max: number } {
  const looks = Array.from({ length: LOOKS }, (_, look) =>
    secondsAt(steps, first + ((last - first) * (look + 0.5)) / LOOKS),
  );
  const max = looks.reduce((most, seconds) => (Math.abs(seconds) > Math.abs(most) ? seconds : most), 0);
  return { mean: meanOf(looks), max };
}

/** How much later a job with this score starts. */
function secondsAt(steps: DelaySteps, score: number): number {
  if (score >= steps.upTo) return 0;
  const step = steps.from.findLastIndex((from) => from <= score);
  return step < 0 ? 0 : (steps.seconds[step] ?? 0);
}

/** Every n-th step, and always the first and the last. */
function thinned(from: readonly number[], seconds: readonly number[]): { from: number[]; seconds: number[] } {
  const every = Math.ceil(from.length / MOST_STEPS);
  const kept = from.map((_, index) => index).filter((index) => index % every === 0 || index === from.length - 1);
  return { from: kept.map((index) => from[index] ?? 0), seconds: kept.map((index) => seconds[index] ?? 0) };
}
