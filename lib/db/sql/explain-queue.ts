import type { QueueClass } from "../../contracts/placement.ts";
import type { Sql } from "../sql.ts";
import { SOLO } from "./explain-job.ts";

/** Where a job stands among those that wait in its pool. */
export interface QueuedPlace {
  id: number;
  poolId: number;
  score: number;
  queueClass: QueueClass;
}

/** A waiting job near the head of its queue. */
export interface HeadRow {
  id: number;
  pushId: number;
  builderId: number;
  branchId: number;
  rank: number;
  score: number;
  queueClass: QueueClass;
  /** It gets a run of its own, whoever waits beside it. */
  solo: boolean;
}

const HEAD = (name: string, condition: string) => ({
  name,
  text: `
    SELECT j.id, j.push_id AS "pushId", j.builder_id AS "builderId", j.branch_id AS "branchId",
      b.base_priority + j.priority AS rank, j.score, j.queue_class AS "queueClass",
      (${SOLO} OR b.is_try OR NOT b.allow_merge) AS solo
    FROM jobs j JOIN branches b ON b.id = j.branch_id
    WHERE j.pool_id = $1 AND j.state = 'queued' AND j.queue_class ${condition} 'idle'
      AND b.closed_at IS NULL AND j.only_worker_id IS NULL
    ORDER BY j.score, j.id LIMIT $2`,
});
const HEAD_OF_ALL = HEAD("explain-head", "<>");
const HEAD_OF_IDLE = HEAD("explain-head-idle", "=");

/** The first jobs of a pool in the order in which they are served, at most `limit`; those of closed branches and probes left out. */
export async function readHead(sql: Sql, poolId: number, limit: number): Promise<HeadRow[]> {
  const rows = await sql.rows<HeadRow>(HEAD_OF_ALL, [poolId, limit]);
  if (rows.length === limit) return rows;
  return [...rows, ...(await sql.rows<HeadRow>(HEAD_OF_IDLE, [poolId, limit - rows.length]))];
}

/** Jobs of one sort: of a builder and branch, of a branch and priority, or of an owner. */
export interface OutlineRow {
  by: "kind" | "rank" | "owner";
  builderId: number | null;
  branchId: number | null;
  priority: number | null;
  ownerId: number | null;
  idle: boolean;
  jobs: number;
}

/** A place in the order of a queue; idle work stands where its score says. */
export interface OutlineCursor {
  score: number;
  id: number;
}

/** Before the first job of every queue. */
export const FIRST_OF_ALL: OutlineCursor = { score: Number.NEGATIVE_INFINITY, id: 0 };

/** One part, and the place after which the next one begins; null when it was the last. */
export interface OutlinePart {
  rows: OutlineRow[];
  /** The first and the last score in it; null when it is empty. */
  scores: { first: number; last: number } | null;
  next: OutlineCursor | null;
}

// All columns are in the index `jobs_queue_order`: the table is not needed. The group of all tells where the next part begins.
const OUTLINE = {
  name: "explain-outline",
  text: `
    WITH part AS MATERIALIZED (
      SELECT builder_id, branch_id, priority, owner_id, queue_class = 'idle' AS idle, score, id FROM jobs
      WHERE pool_id = $1 AND state = 'queued' AND (score, id) > ($2::float8, $3::bigint) AND branch_id <> ALL ($5::bigint[])
      ORDER BY score, id LIMIT $4
    )
    SELECT CASE GROUPING(builder_id, priority, owner_id) WHEN 3 THEN 'kind' WHEN 5 THEN 'rank' WHEN 6 THEN 'owner' ELSE 'all' END AS by,
      builder_id AS "builderId", branch_id AS "branchId", priority, owner_id AS "ownerId", idle, count(*)::int AS jobs,
      CASE WHEN GROUPING(idle) = 1 THEN min(score) END AS first, CASE WHEN GROUPING(idle) = 1 THEN max(score) END AS last,
      CASE WHEN GROUPING(idle) = 1 THEN max(id) FILTER (WHERE score = (SELECT max(score) FROM part)) END AS id
    FROM part GROUP BY GROUPING SETS ((builder_id, branch_id, idle), (branch_id, priority, idle), (owner_id, idle), ())`,
};

/** The next `limit` jobs of a pool's order after a place, counted by what they are; those of the branches `without` are left out. */
export async function readOutlinePart(
  sql: Sql,
  poolId: number,
  { after, limit, without }: { after: OutlineCursor; limit: number; without: readonly number[] },
): Promise<OutlinePart> {
  const values = [poolId, after.score, after.id, limit, without];
  const rows = await sql.rows<OutlineRow | AllRow>(OUTLINE, values);
  const all = rows.find((row) => row.by === "all");
  const scores = all && all.first !== null && all.last !== null ? { first: all.first, last: all.last } : null;
  const more = all?.jobs === limit && scores !== null && all.id !== null;
  return {
    rows: rows.filter((row) => row.by !== "all"),
    scores,
    next: more ? { score: scores.last, id: all.id ?? 0 } : null,
  };
}

/** The sums of a part. */
interface AllRow {
  by: "all";
  jobs: number;
  first: number | null;
  last: number | null;
  /** The last job's. */
  id: number | null;
}

/** A branch as the order sees it. */
export interface BranchPlace {
  id: number;
  basePriority: number;
  closed: boolean;
}

/** All branches. */
export function readBranchPlaces(sql: Sql): Promise<BranchPlace[]> {
  return sql.rows<BranchPlace>({
    name: "explain-branches",
    text: `SELECT id, base_priority AS "basePriority", closed_at IS NOT NULL AS closed FROM branches`,
  });
}

const COUNT = (name: string, condition: string) => ({
  name,
  text: `
    SELECT count(*)::int AS jobs FROM jobs j JOIN branches b ON b.id = j.branch_id
    WHERE j.pool_id = $1 AND j.state = 'queued' AND b.closed_at IS NULL AND j.only_worker_id IS NULL AND ${condition}`,
});
const BEFORE = "(j.score, j.id) < ($2::float8, $3::bigint)";
const COUNT_BEFORE = COUNT("count-before", `${BEFORE} AND j.queue_class <> 'idle'`);
const COUNT_BEFORE_IDLE = COUNT("count-before-idle", `(j.queue_class <> 'idle' OR ${BEFORE})`);

/** How many queued jobs of its pool are served before this one, counted row by row. Closed branches and probes are left out. */
export async function countBefore(sql: Sql, place: QueuedPlace): Promise<number> {
  const statement = place.queueClass === "idle" ? COUNT_BEFORE_IDLE : COUNT_BEFORE;
  return (await sql.one<{ jobs: number }>(statement, [place.poolId, place.score, place.id])).jobs;
}
