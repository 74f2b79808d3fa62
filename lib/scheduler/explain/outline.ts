/** Waiting jobs of one kind in one part of a pool's order. */
export interface OutlinePart {
  /** Which part of the order, from 0. */
  part: number;
  builderId: number;
  branchId: number;
  rank: number;
  /** Idle work comes after all other, whatever part it stands in. */
  idle: boolean;
  jobs: number;
}

/** Jobs of one builder, branch and rank. Not a whole number where only a share of a part was taken. */
export type OutlineGroup = Omit<OutlinePart, "part" | "idle">;

/** The first `total` jobs of an outline, by kind: whole parts in their order, and of the last one its share. `parts` are in order. */
export function firstOf(parts: readonly OutlinePart[], total: number): OutlineGroup[] {
  const inOrder = [...parts.filter((part) => !part.idle), ...parts.filter((part) => part.idle)];
  const places = Map.groupBy(inOrder, ({ idle, part }) => `${idle}:${part}`);
  const groups = new Map<string, OutlineGroup>();
  let left = total;
  for (const here of places.values()) {
    const jobs = here.reduce((sum, part) => sum + part.jobs, 0);
    const share = Math.min(1, left / jobs);
    for (const part of here) add(groups, part, part.jobs * share);
    left -= jobs * share;
    if (left <= 0) break;
  }
  return [...groups.values()];
}

function add(groups: Map<string, OutlineGroup>, { builderId, branchId, rank }: OutlinePart, jobs: number): void {
  const key = `${builderId}:${branchId}:${rank}`;
  const known = groups.get(key);
  groups.set(key, { builderId, branchId, rank, jobs: jobs + (known?.jobs ?? 0) });
}
