import {
  FIRST_OF_ALL,
  type OutlineCursor,
  type OutlinePart,
  readBranchPlaces,
  readOutlinePart,
} from "../db/sql/explain-queue.ts";
import type { Database } from "../db/sql.ts";
import { type Outline, OutlineMaking, totalsOf } from "./explain/outline.ts";
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
/** So few that one statement is quick, whatever else the database does. */
const JOBS_PER_PART = 20_000;

interface Known {
  outline: PoolOutline | null;
  counting: Promise<PoolOutline> | null;
}
/** Per database and pool. Counting a million jobs takes a second, so a process does it once for all who ask. */
const known = new WeakMap<Database, Map<number, Known>>();

/** The outline of a pool, at most two minutes old. Jobs of closed branches are left out. */
export async function poolOutline(sql: Database, poolId: number, jobsPerPart = JOBS_PER_PART): Promise<PoolOutline> {
  const pools = known.get(sql) ?? new Map<number, Known>();
  known.set(sql, pools);
  const entry = pools.get(poolId) ?? { outline: null, counting: null };
  pools.set(poolId, entry);
  const ageMs = entry.outline ? performance.now() - entry.outline.countedAtMs : Number.POSITIVE_INFINITY;
  if (entry.outline && ageMs < FRESH_MS) return entry.outline;
  entry.counting ??= countAgain(entry, sql, poolId, jobsPerPart);
  if (!entry.outline || ageMs > STALE_MS) return entry.counting;
  entry.counting.catch(() => {}); // whoever asks next tries again
  return entry.outline;
}

async function countAgain(entry: Known, sql: Database, poolId: number, jobsPerPart: number): Promise<PoolOutline> {
  try {
    entry.outline = await count(sql, poolId, jobsPerPart);
    return entry.outline;
  } finally {
    entry.counting = null;
  }
}

async function count(sql: Database, poolId: number, jobsPerPart: number): Promise<PoolOutline> {
  const countedAtMs = performance.now();
  const branches = await readBranchPlaces(sql);
  const without = branches.filter((branch) => branch.closed).map((branch) => branch.id);
  const base = new Map(branches.map((branch) => [branch.id, branch.basePriority]));
  const making = new OutlineMaking();
  let after: OutlineCursor | null = FIRST_OF_ALL;
  for (let part = 0; after !== null; part++) {
    const read: OutlinePart = await readOutlinePart(sql, poolId, { after, limit: jobsPerPart, without });
    making.addPart(read.scores);
    for (const { by, builderId, branchId, priority, ownerId, ...rest } of read.rows) {
      const counted = { ...rest, part };
      if (by === "owner") making.addOwner(ownerId, counted);
      else if (builderId !== null && branchId !== null) making.addKind({ builderId, branchId }, counted);
      else if (branchId !== null) making.addRank((base.get(branchId) ?? 0) + (priority ?? 0), counted);
    }
    after = read.next;
  }
  const outline = making.outline();
  const lengths = new RunLengths(sql);
  await lengths.prepare(outline.kinds.map((kind) => kind.builderId));
  return { outline, totals: totalsOf(outline), lengths, countedAtMs };
}
