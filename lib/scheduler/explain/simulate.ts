import type { QueueClass } from "../../contracts/placement.ts";
import type { ClassedPool } from "../placement/open-classes.ts";
import { OpenMasks } from "./open-masks.ts";
import { normal } from "./random.ts";
import { drawRest, drawWhole, longerThan, type Samples } from "./samples.ts";
import { SlotHeap } from "./slot-heap.ts";
import { waterLevel } from "./water-level.ts";

/** A slot of an online worker that gets work, with the run that it has now. */
export interface SimulatedSlot {
  fast: boolean;
  busy: { runId: number; elapsedMs: number; samples: Samples } | null;
}

/** A run that is to come, named by its first job. `samples` is not empty. */
export interface SimulatedRun {
  jobId: number;
  queueClass: QueueClass;
  samples: Samples;
}

/** A pool at this moment, as far as it decides when one job starts. */
export interface SimulatedPool {
  rules: ClassedPool;
  slots: readonly SimulatedSlot[];
  /** The runs before the job's own, in the order in which they are served: those that are followed one by one. */
  ahead: readonly SimulatedRun[];
  /** The sum of all further work before the job's own run, of which only mean (ms) and variance (ms²) are known. */
  beyond: { meanMs: number; variance: number };
  job: SimulatedRun;
  /** The run of `ahead` that will serve the job as well, by its first job; null when it gets one of its own. */
  ridesWith: number | null;
}

/** Start and finish of the job in every round, in ms from now; Infinity when it never starts. */
export interface Outcome {
  startMs: Float64Array;
  finishMs: Float64Array;
}

/** Futures that are tried. */
export const ROUNDS = 100;
const ROUNDS_AT_ONCE = 5;

/**
 * When a job starts and ends, in a hundred futures of its pool in which every run takes as long as one of its builder's past ones. Nothing
 * is random: the same pool gives the same answer. Yields now and then, so that whoever drives it can let others in.
 * A job that is submitted later and overtakes this one is not foreseen.
 */
export function* simulation(pool: SimulatedPool): Generator<undefined, Outcome> {
  const future = new Future(pool);
  const outcome = { startMs: new Float64Array(ROUNDS), finishMs: new Float64Array(ROUNDS) };
  const first = pool.ahead.find((run) => run.jobId === pool.ridesWith) ?? pool.job;
  for (let round = 0; round < ROUNDS; round++) {
    const start = future.startOf(round);
    outcome.startMs[round] = start;
    outcome.finishMs[round] = start + drawWhole(first.samples, first.jobId, round);
    if (round % ROUNDS_AT_ONCE === ROUNDS_AT_ONCE - 1) yield;
  }
  return outcome;
}

/** The same in one go. */
export function simulate(pool: SimulatedPool): Outcome {
  const steps = simulation(pool);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** One pool, played through once per round. */
class Future {
  private readonly pool: SimulatedPool;
  private readonly runs: readonly SimulatedRun[];
  private readonly wanted: number;
  private readonly busy: readonly { fast: boolean; runId: number; elapsedMs: number; longer: Samples }[];
  private readonly freeAtFirst: { fast: number; slow: number };
  private readonly masks: OpenMasks;
  private readonly lines: readonly (readonly number[])[];
  private readonly heap = new SlotHeap();
  private readonly inTurn: boolean;
  private cursors: number[] = [];
  private freeFast = 0;
  private freeSlow = 0;

  constructor(pool: SimulatedPool) {
    this.pool = pool;
    const deep = pool.beyond.meanMs > 0;
    this.runs = deep || pool.ridesWith !== null ? pool.ahead : [...pool.ahead, pool.job];
    const ride = pool.ahead.findIndex((run) => run.jobId === pool.ridesWith);
    this.wanted = pool.ridesWith !== null ? ride : deep ? -1 : pool.ahead.length;
    this.busy = pool.slots.flatMap(({ fast, busy }) =>
      busy ? [{ fast, ...busy, longer: longerThan(busy.samples, busy.elapsedMs) }] : [],
    );
    const free = pool.slots.filter((slot) => slot.busy === null);
    const fast = free.filter((slot) => slot.fast).length;
    this.freeAtFirst = { fast, slow: free.length - fast };
    this.masks = new OpenMasks(pool.rules);
    this.lines = this.masks.lines(this.runs.map((run) => run.queueClass));
    const classes = new Set([...pool.ahead, pool.job].map((run) => run.queueClass));
    const kinds = new Set(pool.slots.map((slot) => slot.fast));
    this.inTurn = [...kinds].every((fast) =>
      [...classes].every((queueClass) => this.masks.alwaysOpen(fast, queueClass)),
    );
  }

  /** When the job starts in this round. */
  startOf(round: number): number {
    this.begin(round);
    if (this.inTurn) return this.startInTurn(round);
    for (let now = 0, left = this.runs.length; ; ) {
      for (let index = this.give(now, round); index >= 0; index = this.give(now, round)) {
        if (index === this.wanted) return now;
        left -= 1;
      }
      if (left === 0 || this.heap.size === 0)
        return this.wanted < 0 ? this.afterTheRest(now, round) : Number.POSITIVE_INFINITY;
      now = this.heap.firstTime();
      if (this.heap.popFast()) this.freeFast += 1;
      else this.freeSlow += 1;
    }
  }

  /** Every slot may take every run, so whichever is free first takes the next one: the same as above, a few times faster. */
  private startInTurn(round: number): number {
    const { runs, heap } = this;
    let free = this.freeFast + this.freeSlow;
    let now = 0;
    for (let index = 0; index < runs.length; index++) {
      const run = runs[index];
      if (!run || (free === 0 && heap.size === 0)) return Number.POSITIVE_INFINITY;
      const whole = drawWhole(run.samples, run.jobId, round);
      now = free > 0 ? 0 : heap.firstTime();
      if (index === this.wanted) return now;
      if (free > 0) heap.push(whole, this.freeFast > 0);
      else heap.putOff(now + whole);
      if (free > 0) free = this.occupy();
    }
    return this.wanted < 0 ? this.afterTheRest(now, round) : Number.POSITIVE_INFINITY;
  }

  /** One free slot less, a fast one first; how many are left. */
  private occupy(): number {
    if (this.freeFast > 0) this.freeFast -= 1;
    else this.freeSlow -= 1;
    return this.freeFast + this.freeSlow;
  }

  private begin(round: number): void {
    this.heap.clear();
    this.cursors = this.lines.map(() => 0);
    this.freeFast = this.freeAtFirst.fast;
    this.freeSlow = this.freeAtFirst.slow;
    for (const { fast, runId, elapsedMs, longer } of this.busy)
      this.heap.push(drawRest(longer, elapsedMs, runId, round), fast);
  }

  /** Lets a free slot take the first run that it may; its place in the order, or -1 when none may take any. */
  private give(now: number, round: number): number {
    if (this.freeFast + this.freeSlow === 0) return -1;
    const index = this.take(true);
    const taken = index >= 0 ? index : this.take(false);
    const run = this.runs[taken];
    if (!run) return -1;
    this.heap.push(now + drawWhole(run.samples, run.jobId, round), taken === index);
    return taken;
  }

  private take(fast: boolean): number {
    if ((fast ? this.freeFast : this.freeSlow) === 0) return -1;
    const mask = this.masks.of(fast, this.freeFast + this.freeSlow, this.freeFast);
    let first = -1;
    let line = -1;
    for (let at = 0; at < this.lines.length; at++) {
      const next = (mask >> at) & 1 ? this.lines[at]?.[this.cursors[at] ?? 0] : undefined;
      if (next === undefined || (first >= 0 && next > first)) continue;
      first = next;
      line = at;
    }
    if (first < 0) return -1;
    this.cursors[line] = (this.cursors[line] ?? 0) + 1;
    if (fast) this.freeFast -= 1;
    else this.freeSlow -= 1;
    return first;
  }

  /** The runs that are not followed one by one fill up the slots like water; those that the job may not have take their share. */
  private afterTheRest(now: number, round: number): number {
    const { beyond, job, slots } = this.pool;
    const takes = (fast: boolean) => this.masks.everOpen(fast, job.queueClass);
    const times: number[] = [];
    for (const { time, fast } of this.heap.all()) if (takes(fast)) times.push(time);
    if (takes(true)) times.push(...Array<number>(this.freeFast).fill(now));
    if (takes(false)) times.push(...Array<number>(this.freeSlow).fill(now));
    const workMs = Math.max(0, beyond.meanMs + normal(round) * Math.sqrt(beyond.variance));
    return Math.max(now, waterLevel(times, (workMs * times.length) / slots.length));
  }
}
