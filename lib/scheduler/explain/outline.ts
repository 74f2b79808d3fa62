/** How many jobs of one sort stand in each part of a pool's order. */
export interface OutlineLine {
  /** Idle work comes after all other, whatever part it stands in. */
  idle: boolean;
  /** The number of a part, from 0, and the jobs in it; parts without any are left out. */
  parts: readonly (readonly [part: number, jobs: number])[];
}

/** All that waits in a pool, once by builder and branch, once by rank. Every part but the last has the same number of jobs. */
export interface Outline {
  kinds: readonly (OutlineLine & Kind)[];
  ranks: readonly (OutlineLine & { rank: number })[];
}

/** What decides how long jobs take and who may share a run. */
export interface Kind {
  builderId: number;
  branchId: number;
}

/** Jobs of one sort. Not a whole number where only a share of a part was taken. */
export type Counted<Sort> = Sort & { jobs: number };

/** The first of an outline. */
export interface FirstOf {
  kinds: Counted<Kind>[];
  ranks: Counted<{ rank: number }>[];
}

/** Jobs of one builder and branch have the same. */
export function kindKey({ builderId, branchId }: Kind): string {
  return `${builderId}:${branchId}`;
}

/** All jobs of an outline by kind. */
export function totalsOf(outline: Outline): Map<string, number> {
  const totals = new Map<string, number>();
  for (const kind of outline.kinds) {
    const key = kindKey(kind);
    totals.set(
      key,
      kind.parts.reduce((sum, [, jobs]) => sum + jobs, totals.get(key) ?? 0),
    );
  }
  return totals;
}

/** The first `total` jobs of an outline: whole parts in their order, and of the last one its share. */
export function firstOf(outline: Outline, total: number): FirstOf {
  const rest = cut(outline, false, total);
  const idle = cut(outline, true, rest.left);
  const before = (line: OutlineLine) => {
    const { part, share } = line.idle ? idle : rest;
    let jobs = 0;
    for (const [at, count] of line.parts) jobs += at < part ? count : at === part ? count * share : 0;
    return jobs;
  };
  return {
    kinds: outline.kinds
      .map((line) => ({ builderId: line.builderId, branchId: line.branchId, jobs: before(line) }))
      .filter(({ jobs }) => jobs > 0),
    ranks: outline.ranks.map((line) => ({ rank: line.rank, jobs: before(line) })),
  };
}

/** Up to which part, and to which share of that, the first `total` jobs reach; `left` of them are not among these. */
function cut({ ranks }: Outline, idle: boolean, total: number): { part: number; share: number; left: number } {
  const jobs = new Map<number, number>();
  for (const line of ranks) {
    if (line.idle === idle) for (const [part, count] of line.parts) jobs.set(part, (jobs.get(part) ?? 0) + count);
  }
  let left = total;
  for (const part of [...jobs.keys()].sort((a, b) => a - b)) {
    const count = jobs.get(part) ?? 0;
    if (left < count) return { part, share: left / count, left: 0 };
    left -= count;
  }
  return { part: Number.POSITIVE_INFINITY, share: 0, left };
}
