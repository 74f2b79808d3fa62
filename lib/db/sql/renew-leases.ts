import type { RunState } from "../../contracts/job.ts";
import type { Sql } from "../sql.ts";

/** How a run of the asking worker and start stands. */
export interface OwnRun {
  id: number;
  state: RunState;
}

// Locked by id, so that two heartbeats of one worker do not deadlock. A worker that is heard of often is written rarely.
const RENEW = {
  name: "renew-leases",
  text: `
    WITH seen AS (
      UPDATE workers SET last_seen_at = clock_timestamp()
      WHERE id = $2 AND (last_seen_at IS NULL OR last_seen_at < clock_timestamp() - interval '5 seconds')
    ), own AS (
      SELECT id FROM runs
      WHERE id = ANY ($1::bigint[]) AND worker_id = $2 AND boot_id = $3 AND state IN ('running', 'cancelling')
      ORDER BY id FOR NO KEY UPDATE
    )
    UPDATE runs r
    SET lease_until = greatest(r.lease_until, clock_timestamp() + make_interval(secs => $4::float8))
    FROM own WHERE r.id = own.id AND r.state IN ('running', 'cancelling')
    RETURNING r.id, r.state`,
};

/** Renews the leases of those of the runs that are the worker's and live, in one statement; names them. */
export function renewLeases(
  sql: Sql,
  runIds: readonly number[],
  worker: { workerId: number; bootId: string; leaseSeconds: number },
): Promise<OwnRun[]> {
  return sql.rows<OwnRun>(RENEW, [runIds, worker.workerId, worker.bootId, worker.leaseSeconds]);
}

/** Those of the runs that are the worker's, of this start, whatever their state. */
export function readOwnRuns(
  sql: Sql,
  runIds: readonly number[],
  worker: { workerId: number; bootId: string },
): Promise<OwnRun[]> {
  return sql.rows<OwnRun>(
    {
      name: "read-own-runs",
      text: "SELECT id, state FROM runs WHERE id = ANY ($1::bigint[]) AND worker_id = $2 AND boot_id = $3",
    },
    [runIds, worker.workerId, worker.bootId],
  );
}
