import type { JobState } from "../../contracts/job.ts";
import type { Sql } from "../sql.ts";
import { toJsonb } from "../to-jsonb.ts";

/** A priority for a time. */
export interface BoostMark {
  until: Date;
  /** The priority to go back to. */
  from: number;
  reason: string;
}

/** A job's priority, and what else its place is made of. */
export interface JobPlace {
  id: number;
  state: JobState;
  everRan: boolean;
  branchId: number;
  pushId: number;
  priority: number;
  boost: BoostMark | null;
  submittedAt: Date;
  basePriority: number;
  headStartMs: number;
}

/** The priority and place that a job is to have. */
export interface NewPlace {
  id: number;
  priority: number;
  score: number;
  boost: BoostMark | null;
}

interface PlaceRow extends Omit<JobPlace, "boost"> {
  boostUntil: Date | null;
  boostFrom: number | null;
  boostReason: string | null;
}

const PLACES = `
  SELECT j.id, j.state, j.ever_ran AS "everRan", j.branch_id AS "branchId", j.push_id AS "pushId", j.priority, j.boost_until AS "boostUntil",
         j.boost_from AS "boostFrom", j.boost_reason AS "boostReason", j.submitted_at AS "submittedAt",
         b.base_priority AS "basePriority", p.head_start_ms AS "headStartMs"
  FROM jobs j JOIN branches b ON b.id = j.branch_id JOIN pools p ON p.id = j.pool_id`;

/** What the places of these jobs are made of. */
export async function readPlaces(sql: Sql, jobIds: readonly number[]): Promise<JobPlace[]> {
  const statement = { name: "read-places", text: `${PLACES} WHERE j.id = ANY ($1::bigint[])` };
  return (await sql.rows<PlaceRow>(statement, [jobIds])).map(toPlace);
}

/** Locks jobs whose boost is over, by id, at most `limit`; those that somebody else holds come later. */
export async function lockEndedBoosts(tx: Sql, limit: number): Promise<JobPlace[]> {
  const text = `
    ${PLACES} WHERE j.boost_until <= clock_timestamp() ORDER BY j.id LIMIT $1 FOR NO KEY UPDATE OF j SKIP LOCKED`;
  return (await tx.rows<PlaceRow>({ name: "lock-ended-boosts", text }, [limit])).map(toPlace);
}

/**
 * Gives locked jobs a priority and place. Redis hears of those that wait; the others have them for the day on which they wait again: a job
 * that runs when its worker is lost, a cancelled one when that is undone.
 */
export async function setPriorities(tx: Sql, places: readonly NewPlace[]): Promise<void> {
  if (places.length === 0) return;
  const rows = places.map(({ boost, ...place }) => ({
    ...place,
    boost_until: boost?.until,
    boost_from: boost?.from,
    boost_reason: boost?.reason,
  }));
  const changed = await tx.count(
    {
      name: "set-priorities",
      text: `
        UPDATE jobs j SET
          priority = n.priority, score = n.score, boost_until = n.boost_until, boost_from = n.boost_from,
          boost_reason = n.boost_reason, updated_at = clock_timestamp(), dirty = j.dirty OR j.state IN ('queued', 'blocked'),
          queue_version = j.queue_version + CASE WHEN j.state IN ('queued', 'blocked') THEN 1 ELSE 0 END
        FROM jsonb_to_recordset($1::jsonb)
          AS n(id bigint, priority int, score float8, boost_until timestamptz, boost_from int, boost_reason text)
        WHERE j.id = n.id`,
    },
    [toJsonb(rows)],
  );
  if (changed !== places.length) throw new Error(`${places.length} jobs were to move, but ${changed} did.`);
}

function toPlace({ boostUntil, boostFrom, boostReason, ...place }: PlaceRow): JobPlace {
  const boosted = boostUntil !== null && boostFrom !== null;
  return { ...place, boost: boosted ? { until: boostUntil, from: boostFrom, reason: boostReason ?? "" } : null };
}
