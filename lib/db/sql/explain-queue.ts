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

/** Jobs of one sort: of a builder and branch (then `priority` is null), or of a branch and priority (then `builderId` is null). */
export interface OutlineRow {
  builderId: number | null;
  branchId: number;
  priority: number | null;
  idle: boolean;
  /** In which parts of the order they stand, and how many in each. */
  parts: number[];
  jobs: number[];
}

// All columns are in the index `jobs_queue_order`, in whose order the rows are numbered: neither a sort nor the table is needed.
const OUTLINE = {
  name: "explain-outline",
  text: `
    WITH counted AS (
      SELECT part, builder_id, branch_id, priority, idle, count(*)::int AS jobs
      FROM (
        SELECT builder_id, branch_id, priority, queue_class = 'idle' AS idle,
          ((row_number() OVER (ORDER BY score, id) - 1) / $2)::int AS part
        FROM jobs WHERE pool_id = $1 AND state = 'queued'
      ) placed
      GROUP BY GROUPING SETS ((part, builder_id, branch_id, idle), (part, branch_id, priority, idle))
    )
    SELECT builder_id AS "builderId", branch_id AS "branchId", priority, idle,
      array_agg(part) AS parts, array_agg(jobs) AS jobs
    FROM counted GROUP BY 1, 2, 3, 4`,
};

/** All that waits in a pool, counted by what it is and by which part of the order it stands in. Takes a second for a million jobs. */
export function readOutline(sql: Sql, poolId: number, jobsPerPart: number): Promise<OutlineRow[]> {
  return sql.rows<OutlineRow>(OUTLINE, [poolId, jobsPerPart]);
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
