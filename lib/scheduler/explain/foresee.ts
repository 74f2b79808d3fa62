import type { MergeWhen } from "../../contracts/placement.ts";
import { type Counted, type Kind, kindKey } from "./outline.ts";
import { mergesNow, type Rider, rides, runsAhead } from "./ride-along.ts";
import type { Samples } from "./samples.ts";
import type { SimulatedPool, SimulatedRun, SimulatedSlot } from "./simulate.ts";

/** A waiting job with what a forecast needs of it. */
export interface WaitingJob {
  id: number;
  pushId: number;
  builderId: number;
  branchId: number;
  queueClass: SimulatedRun["queueClass"];
  solo: boolean;
}

/** What is known of builders. */
export interface BuilderKnowledge {
  /** Past lengths of runs; null when nothing is known. */
  of(builderId: number): Samples | null;
  /** Their mean (ms) and variance (ms²). */
  momentsOf(builderId: number): { meanMs: number; variance: number };
  /** How many jobs a run may serve. */
  mergeLimit(builderId: number): number;
}

/** A job with all that waits and works in its pool. */
export interface PoolNow {
  rules: SimulatedPool["rules"];
  mergeWhen: MergeWhen;
  slots: readonly SimulatedSlot[];
  job: WaitingJob;
  /** The first of those before it, in order. */
  head: readonly WaitingJob[];
  /** All before it by kind, when they are more than the head; null when the head is all. */
  before: readonly Counted<Kind>[] | null;
  /** All that waits in the pool, by kind. */
  totals: ReadonlyMap<string, number>;
}

/** What to simulate, and how many of those before the job will ride along in runs of others. */
export interface Foreseen {
  pool: SimulatedPool;
  merged: number;
}

/** Foresees who shares runs, and puts together what a simulation needs. Null when it is not known at all how long runs take. */
export function foresee(now: PoolNow, builders: BuilderKnowledge): Foreseen | null {
  const free = now.slots.filter((slot) => slot.busy === null).length;
  const merges = mergesNow(now.mergeWhen, free);
  const toRider = (job: WaitingJob): Rider => {
    const limit = merges && !job.solo ? builders.mergeLimit(job.builderId) : 1;
    return { id: job.id, pushId: job.pushId, key: limit > 1 ? kindKey(job) : null, limit };
  };
  const listed = [...now.head, now.job].map(toRider);
  const { bases, baseOf } = rides(listed, behind(listed, now.totals));
  const byId = new Map([...now.head, now.job].map((job) => [job.id, job]));
  const toRun = (jobId: number): SimulatedRun | null => {
    const job = byId.get(jobId);
    const samples = job ? builders.of(job.builderId) : null;
    return job && samples ? { jobId, queueClass: job.queueClass, samples } : null;
  };
  const own = toRun(now.job.id);
  const ahead = bases.filter((id) => id !== now.job.id).map(toRun);
  if (!own || ahead.includes(null)) return null;
  const rest = beyondOf(now, bases, merges ? builders.mergeLimit.bind(builders) : () => 1, builders);
  return {
    pool: {
      rules: now.rules,
      slots: now.slots,
      ahead: ahead.flatMap((run) => run ?? []),
      beyond: rest,
      job: own,
      ridesWith: baseOf.get(now.job.id) ?? null,
    },
    merged: [...baseOf.keys()].filter((id) => id !== now.job.id).length + rest.merged,
  };
}

/** How many of each key wait that are not listed. */
function behind(listed: readonly Rider[], totals: PoolNow["totals"]): Map<string, number> {
  const left = new Map<string, number>();
  for (const { key } of listed) if (key !== null) left.set(key, (left.get(key) ?? totals.get(key) ?? 0) - 1);
  for (const [key, jobs] of left) left.set(key, Math.max(0, jobs));
  return left;
}

/** The work between the head and the job, of which only numbers are known. */
function beyondOf(
  now: PoolNow,
  bases: readonly number[],
  limitOf: (builderId: number) => number,
  builders: BuilderKnowledge,
): { meanMs: number; variance: number; merged: number } {
  const sum = { meanMs: 0, variance: 0, merged: 0 };
  if (now.before === null) return sum;
  const isBase = new Set(bases);
  const listed = new Map<string, { jobs: number; runs: number }>();
  for (const job of now.head) {
    const seen = listed.get(kindKey(job)) ?? { jobs: 0, runs: 0 };
    listed.set(kindKey(job), { jobs: seen.jobs + 1, runs: seen.runs + (isBase.has(job.id) ? 1 : 0) });
  }
  for (const kind of now.before) {
    const key = kindKey(kind);
    const seen = listed.get(key) ?? { jobs: 0, runs: 0 };
    const left = Math.max(0, kind.jobs - seen.jobs);
    const runs = runsAhead(kind.jobs, now.totals.get(key) ?? kind.jobs, limitOf(kind.builderId)) - seen.runs;
    const runsLeft = Math.min(left, Math.max(0, runs));
    const { meanMs, variance } = builders.momentsOf(kind.builderId);
    sum.meanMs += runsLeft * meanMs;
    sum.variance += runsLeft * variance;
    sum.merged += left - runsLeft;
  }
  return { ...sum, merged: Math.round(sum.merged) };
}
