import { readBranchPlaces, readOutline } from "../db/sql/explain-queue.ts";
import type { Database } from "../db/sql.ts";
import { type Outline, totalsOf } from "./explain/outline.ts";
import { RunLengths } from "./run-lengths.ts";

/** All that waits in a pool, as counted at a moment. */
export interface PoolOutline {
  outline: Outline;
  totals: ReadonlyMap<string, number>;
  /** How long the runs of its builders take. */
  lengths: RunLengths;
  /** When it was counted, by this process's clock. */
  countedAtMs: number;
}

/** A count is good for half a minute; for another while it is still given, and a new one made meanwhile. */
const FRESH_MS = 30_000;
const STALE_MS = 120_000;
const PARTS = 32;

interface Known {
  outline: PoolOutline | null;
  counting: Promise<PoolOutline> | null;
}
/** Per database and pool. Counting a million jobs takes a second, so a process does it once for all who ask. */
const known = new WeakMap<Database, Map<number, Known>>();

/** The outline of a pool of about `size` jobs, at most two minutes old. Jobs of closed branches are left out. */
export async function poolOutline(sql: Database, poolId: number, size: number): Promise<PoolOutline> {
  const pools = known.get(sql) ?? new Map<number, Known>();
  known.set(sql, pools);
  const entry = pools.get(poolId) ?? { outline: null, counting: null };
  pools.set(poolId, entry);
  const ageMs = entry.outline ? performance.now() - entry.outline.countedAtMs : Number.POSITIVE_INFINITY;
  if (entry.outline && ageMs < FRESH_MS) return entry.outline;
  entry.counting ??= countAgain(entry, sql, poolId, size);
  if (!entry.outline || ageMs > STALE_MS) return entry.counting;
  entry.counting.catch(() => {}); // whoever asks next tries again
  return entry.outline;
}

async function countAgain(entry: Known, sql: Database, poolId: number, size: number): Promise<PoolOutline> {
  try {
    entry.outline = await count(sql, poolId, size);
    return entry.outline;
  } finally {
    entry.counting = null;
  }
}

async function count(sql: Database, poolId: number, size: number): Promise<PoolOutline> {
  const countedAtMs = performance.now();
  const [rows, branches] = await Promise.all([
    readOutline(sql, poolId, Math.max(1, Math.ceil(size / PARTS))),
    readBranchPlaces(sql),
  ]);
  const open = new Map(branches.filter((branch) => !branch.closed).map((branch) => [branch.id, branch]));
  const kinds: Outline["kinds"][number][] = [];
  const ranks: Outline["ranks"][number][] = [];
  for (const { builderId, branchId, priority, idle, parts, jobs } of rows) {
    const branch = open.get(branchId);
    if (!branch) continue;
    const line = { idle, parts: parts.map((part, index) => [part, jobs[index] ?? 0] as const) };
    if (builderId !== null) kinds.push({ ...line, builderId, branchId });
    if (priority !== null) ranks.push({ ...line, rank: branch.basePriority + priority });
  }
  const outline = { kinds, ranks };
  const lengths = new RunLengths(sql);
  await lengths.prepare(kinds.toSorted((a, b) => sum(b.parts) - sum(a.parts)).map((kind) => kind.builderId));
  return { outline, totals: totalsOf(outline), lengths, countedAtMs };
}

function sum(parts: readonly (readonly [number, number])[]): number {
  return parts.reduce((all, [, jobs]) => all + jobs, 0);
}
