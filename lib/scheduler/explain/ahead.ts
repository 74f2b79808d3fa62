/** Some of the jobs before another one: how many, and their rank. */
export interface AheadGroup {
  rank: number;
  jobs: number;
}

/** How many are served before a job, by why they are. The parts add up to the total. */
export interface AheadSplit {
  total: number;
  higherRank: number;
  older: number;
}

/**
 * Splits those before a job of this rank: who has a higher rank is before it by that, everybody else by age. `total` is the exact number;
 * where the groups were counted a moment earlier and add up to another one, their proportion is kept.
 */
export function splitAhead(total: number, rank: number, groups: readonly AheadGroup[]): AheadSplit {
  const counted = groups.reduce((sum, group) => sum + group.jobs, 0);
  const higher = groups.reduce((sum, group) => sum + (group.rank > rank ? group.jobs : 0), 0);
  const exact = counted === total || counted === 0;
  const higherRank = Math.min(total, Math.round(exact ? higher : (total * higher) / counted));
  return { total, higherRank, older: total - higherRank };
}
