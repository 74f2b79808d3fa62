import type { Sql } from "../sql.ts";
import { toJsonb } from "../to-jsonb.ts";

/** What a job's score is made of, apart from its priority. */
export interface JobPlace {
  id: number;
  submittedAt: Date;
  basePriority: number;
  headStartMs: number;
}

/** What the scores of these jobs are made of. */
export function readPlaces(sql: Sql, jobIds: readonly number[]): Promise<JobPlace[]> {
  return sql.rows<JobPlace>(
    {
      name: "read-places",
      text: `
        SELECT j.id, j.submitted_at AS "submittedAt", b.base_priority AS "basePriority", p.head_start_ms AS "headStartMs"
        FROM jobs j JOIN branches b ON b.id = j.branch_id JOIN pools p ON p.id = j.pool_id
        WHERE j.id = ANY ($1::bigint[])`,
    },
    [jobIds],
  );
}

/** Gives locked jobs that wait a new priority and place. */
export async function setPriorities(
  tx: Sql,
  priority: number,
  places: readonly { id: number; score: number }[],
): Promise<void> {
  if (places.length === 0) return;
  const changed = await tx.count(
    {
      name: "set-priorities",
      text: `
        UPDATE jobs j SET priority = $1, score = n.score, queue_version = j.queue_version + 1, dirty = true,
                          updated_at = clock_timestamp()
        FROM jsonb_to_recordset($2::jsonb) AS n(id bigint, score float8)
        WHERE j.id = n.id AND j.state IN ('queued', 'blocked')`,
    },
    [priority, toJsonb(places)],
  );
  if (changed !== places.length) throw new Error(`${places.length} jobs were to move, but ${changed} did.`);
}
