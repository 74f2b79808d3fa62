import type { MergeWhen } from "../../contracts/placement.ts";

/** A waiting job as far as it matters who shares a run with it. */
export interface Rider {
  id: number;
  pushId: number;
  /** Jobs with the same key may share a run; null: it has a run of its own. */
  key: string | null;
  /** How many jobs a run of its builder may serve. */
  limit: number;
}

/** Who goes first, and who goes along with whom. */
export interface Rides {
  /** The jobs whose claim starts a run, in the order given. */
  bases: number[];
  /** Every other job of those given, with the base that takes it along. */
  baseOf: ReadonlyMap<number, number>;
}

/** Whether a claim now would take others along: always, only while nobody waits for work, or never. */
export function mergesNow(mergeWhen: MergeWhen, freeSlots: number): boolean {
  return mergeWhen === "always" || (mergeWhen === "backlog" && freeSlots <= 1);
}

/**
 * Foresees merging: each job in turn starts a run and takes along others of its key, newest push first, up to the limit. `behind` says how
 * many of each key wait behind those given; they count as newer, which they almost always are.
 */
export function rides(waiting: readonly Rider[], behind: ReadonlyMap<string, number>): Rides {
  const groups = Map.groupBy(waiting, (job) => job.key);
  const left = new Map(behind);
  const newest = new Map(
    [...groups].map(([key, jobs]) => [key, jobs.toSorted((a, b) => a.pushId - b.pushId || a.id - b.id)]),
  );
  const baseOf = new Map<number, number>();
  const bases: number[] = [];
  for (const job of waiting) {
    if (baseOf.has(job.id)) continue;
    bases.push(job.id);
    if (job.key === null) continue;
    let room = job.limit - 1;
    const younger = Math.min(room, left.get(job.key) ?? 0);
    left.set(job.key, (left.get(job.key) ?? 0) - younger);
    room -= younger;
    const group = newest.get(job.key) ?? [];
    baseOf.set(job.id, job.id);
    while (room > 0 && group.length > 0) {
      const other = group.pop();
      if (!other || baseOf.has(other.id)) continue;
      baseOf.set(other.id, job.id);
      room -= 1;
    }
  }
  for (const id of bases) baseOf.delete(id);
  return { bases, baseOf };
}

/**
 * How many runs serve the first `ahead` of `total` jobs that may share runs of up to `limit`: each takes one from the front and the others
 * from the back, until the two meet.
 */
export function runsAhead(ahead: number, total: number, limit: number): number {
  return limit <= 1 ? ahead : Math.min(ahead, Math.ceil(Math.max(total, ahead) / limit));
}
