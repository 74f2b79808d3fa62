/** How many jobs of one sort stand in each part of a pool's order. */
export interface OutlineLine {
  /** Idle work comes after all other, whatever part it stands in. */
  idle: boolean;
  /** The number of a part, from 0, and the jobs in it; parts without any are left out. */
  parts: readonly (readonly [part: number, jobs: number])[];
}

/** All that waits in a pool, once by builder and branch, once by rank, once by owner. Every part but the last has the same number of jobs. */
export interface Outline {
  kinds: readonly (OutlineLine & Kind)[];
  ranks: readonly (OutlineLine & { rank: number })[];
  owners: readonly (OutlineLine & { ownerId: number | null })[];
  /** The score with which each part begins, and at the end the last one of all. */
  bounds: readonly number[];
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

/** Puts an outline together from what is counted part by part. */
export class OutlineMaking {
  private readonly kinds = new Map<string, Growing<Kind>>();
  private readonly ranks = new Map<string, Growing<{ rank: number }>>();
  private readonly owners = new Map<string, Growing<{ ownerId: number | null }>>();
  private readonly firsts: number[] = [];
  private last = 0;

  /** The next part reaches from one score to another; null when it is empty. */
  addPart(scores: { first: number; last: number } | null): void {
    if (scores === null) return;
    this.firsts.push(scores.first);
    this.last = scores.last;
  }

  /** So many jobs of a kind stand in a part. */
  addKind(kind: Kind, counted: CountedPart): void {
    grow(this.kinds, `${kindKey(kind)}:${counted.idle}`, kind, counted);
  }

  /** So many jobs of a rank stand in a part. */
  addRank(rank: number, counted: CountedPart): void {
    grow(this.ranks, `${rank}:${counted.idle}`, { rank }, counted);
  }

  /** So many jobs of an owner stand in a part. */
  addOwner(ownerId: number | null, counted: CountedPart): void {
    grow(this.owners, `${ownerId}:${counted.idle}`, { ownerId }, counted);
  }

  /** What was counted, the commonest kinds first. */
  outline(): Outline {
    const kinds = [...this.kinds.values()].sort((a, b) => b.jobs - a.jobs);
    const bounds = [...this.firsts, this.last];
    return { kinds, ranks: [...this.ranks.values()], owners: [...this.owners.values()], bounds };
  }
}

interface CountedPart {
  idle: boolean;
  part: number;
  jobs: number;
}
type Growing<Sort> = Sort & { idle: boolean; jobs: number; parts: (readonly [part: number, jobs: number])[] };

function grow<Sort>(
  lines: Map<string, Growing<Sort>>,
  key: string,
  sort: Sort,
  { idle, part, jobs }: CountedPart,
): void {
  const line = lines.get(key) ?? { ...sort, idle, jobs: 0, parts: [] };
  line.parts.push([part, jobs]);
  line.jobs += jobs;
  lines.set(key, line);
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
