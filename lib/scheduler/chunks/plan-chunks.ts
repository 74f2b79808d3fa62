/** A part of a suite, such as a file of tests, with the time that it takes on an ordinary worker. */
export interface MeasuredPart {
  part: string;
  ms: number;
}

/** Which chunk runs which part. Parts that no chunk has are spread by a hash of their names where they run. */
export interface ChunkPlan {
  /** By chunk, the first one first; within a chunk the longest part first. */
  parts: string[][];
  /** How long each chunk will take, ms. */
  ms: number[];
}

/** Parts and bytes of names that a plan holds at most: every chunk gets the whole plan with its work. The longest parts are planned. */
export const MAX_PLANNED_PARTS = 20_000;
export const MAX_PLANNED_BYTES = 2 * 2 ** 20;

/** What starting a part costs at least, so that parts that take no time are spread as well. */
const LEAST_MS = 1;

/**
 * Spreads the parts over the chunks so that all take about equal time: longest processing time first, each part to the chunk that has least
 * to do so far. No chunk takes longer than 4/3 − 1/(3 · chunks) times what the best plan would (Graham, 1969). The same parts give the same
 * plan, in whatever order they come. A part has one measurement.
 */
export function planChunks(measured: readonly MeasuredPart[], chunks: number): ChunkPlan {
  const plan: ChunkPlan = { parts: Array.from({ length: chunks }, () => []), ms: new Array<number>(chunks).fill(0) };
  for (const { part, ms } of planned(measured)) {
    const least = leastLoaded(plan.ms);
    plan.parts[least]?.push(part);
    plan.ms[least] = (plan.ms[least] ?? 0) + ms;
  }
  return plan;
}

/** The parts that a plan has room for, longest first; by name where they take equally long. */
function planned(measured: readonly MeasuredPart[]): MeasuredPart[] {
  const sorted = measured
    .map(({ part, ms }) => ({ part, ms: Math.max(LEAST_MS, Math.round(ms)) }))
    .sort((a, b) => b.ms - a.ms || (a.part < b.part ? -1 : 1))
    .slice(0, MAX_PLANNED_PARTS);
  let bytes = 0;
  return sorted.filter(({ part }) => {
    bytes += Buffer.byteLength(part);
    return bytes <= MAX_PLANNED_BYTES;
  });
}

/** The first of those that have least to do. */
function leastLoaded(loads: readonly number[]): number {
  let least = 0;
  for (const [chunk, load] of loads.entries()) if (load < (loads[least] ?? 0)) least = chunk;
  return least;
}

/** How old a plan may be, hours. */
const FRESH_HOURS = 24;
/** By how much the known parts may have grown since the plan was made. */
const GROWTH = 1.1;

/**
 * Whether a buildset takes the plan of an earlier one, so that equal jobs of several pushes can share a run: while it is younger than a day
 * and was made when nearly all parts that are known now had been measured.
 */
export function isReusable(plan: { ageHours: number; measured: number }, measuredNow: number): boolean {
  return plan.ageHours < FRESH_HOURS && measuredNow <= plan.measured * GROWTH;
}
