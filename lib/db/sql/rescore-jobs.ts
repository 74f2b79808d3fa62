import type { QueueClass } from "../../contracts/placement.ts";
import type { Sql } from "../sql.ts";
import { toJsonb } from "../to-jsonb.ts";

/** An unfinished job whose stored score or class is not the one that its branch and pool ask for now. */
export interface MisplacedJob {
  id: number;
  submittedAt: Date;
  rank: number;
  headStartMs: number;
  queueClass: QueueClass;
  branch: string;
  reserveBranches: string[];
}

/** Where a job is to stand. */
export interface Place {
  id: number;
  score: number;
  queueClass: QueueClass;
}

// The comparisons only find them; score and class themselves are computed in one place each, in TypeScript. Both scores are exact below
// 2^53, and of a class only whether it is a reserved one depends on more than the job. A running job gets them as well: should it be queued
// again later, the old figures are no place among the scores of today. `now()` does not change within a statement, so the planner decides
// before the first job is read whether there can be any.
const MISPLACED = {
  name: "misplaced-jobs",
  text: `
    SELECT j.id, j.submitted_at AS "submittedAt", b.base_priority + j.priority AS rank, p.head_start_ms AS "headStartMs",
           j.queue_class AS "queueClass", b.name AS branch, p.reserve_branches AS "reserveBranches"
    FROM jobs j JOIN branches b ON b.id = j.branch_id JOIN pools p ON p.id = j.pool_id
    WHERE j.state IN ('queued', 'blocked', 'running') AND j.id > $1
      AND greatest((SELECT max(updated_at) FROM branches), (SELECT max(updated_at) FROM pools)) > now() - interval '2 minutes'
      AND (b.updated_at > now() - interval '2 minutes' OR p.updated_at > now() - interval '2 minutes')
      AND (
        j.score <> (round(extract(epoch FROM j.submitted_at) * 1000) - (b.base_priority + j.priority) * p.head_start_ms)::float8
        OR j.queue_class <> 'idle'
          AND (j.queue_class IN ('reserved', 'reserved-fast')) <> (b.name = ANY (p.reserve_branches))
      )
    ORDER BY j.id LIMIT $2 FOR NO KEY UPDATE OF j`,
};

const WRITE = {
  name: "write-places",
  text: `
    UPDATE jobs j SET score = n.score, queue_class = n.class, queue_version = j.queue_version + 1, dirty = true,
      updated_at = clock_timestamp()
    FROM jsonb_to_recordset($1::jsonb) AS n(id bigint, score float8, class queue_class)
    WHERE j.id = n.id`,
};

/** Reads and locks the next of them, by id. */
export function readMisplacedJobs(tx: Sql, afterId: number, limit: number): Promise<MisplacedJob[]> {
  return tx.rows<MisplacedJob>(MISPLACED, [afterId, limit]);
}

/** Writes places of locked jobs and leaves word for the relay. */
export async function writePlaces(tx: Sql, places: readonly Place[]): Promise<void> {
  if (places.length === 0) return;
  const rows = places.map(({ id, score, queueClass }) => ({ id, score, class: queueClass }));
  await tx.count(WRITE, [toJsonb(rows)]);
}
