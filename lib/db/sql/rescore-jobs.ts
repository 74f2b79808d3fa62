import type { Sql } from "../sql.ts";
import { toJsonb } from "../to-jsonb.ts";

/** A waiting job whose stored score is not the one that its branch and pool ask for now. */
export interface MisplacedJob {
  id: number;
  submittedAt: Date;
  rank: number;
  headStartMs: number;
}

// The comparison only finds them; the score itself is computed in one place, in TypeScript. Both are exact below 2^53.
// `now()` does not change within a statement, so the planner decides before the first job is read whether there can be any.
const MISPLACED = {
  name: "misplaced-jobs",
  text: `
    SELECT j.id, j.submitted_at AS "submittedAt", b.base_priority + j.priority AS rank, p.head_start_ms AS "headStartMs"
    FROM jobs j JOIN branches b ON b.id = j.branch_id JOIN pools p ON p.id = j.pool_id
    WHERE j.state IN ('queued', 'blocked') AND j.id > $1
      AND greatest((SELECT max(updated_at) FROM branches), (SELECT max(updated_at) FROM pools)) > now() - interval '2 minutes'
      AND (b.updated_at > now() - interval '2 minutes' OR p.updated_at > now() - interval '2 minutes')
      AND j.score <> (round(extract(epoch FROM j.submitted_at) * 1000) - (b.base_priority + j.priority) * p.head_start_ms)::float8
    ORDER BY j.id LIMIT $2 FOR NO KEY UPDATE OF j`,
};

const WRITE = {
  name: "write-scores",
  text: `
    UPDATE jobs j SET score = n.score, queue_version = j.queue_version + 1, dirty = true, updated_at = clock_timestamp()
    FROM jsonb_to_recordset($1::jsonb) AS n(id bigint, score float8)
    WHERE j.id = n.id`,
};

/** Reads and locks the next of them, by id. */
export function readMisplacedJobs(tx: Sql, afterId: number, limit: number): Promise<MisplacedJob[]> {
  return tx.rows<MisplacedJob>(MISPLACED, [afterId, limit]);
}

/** Writes scores of locked jobs and leaves word for the relay. */
export async function writeScores(tx: Sql, scores: readonly { id: number; score: number }[]): Promise<void> {
  if (scores.length > 0) await tx.count(WRITE, [toJsonb(scores)]);
}
