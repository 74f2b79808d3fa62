import type { WorkerControl } from "../../contracts/control.ts";
import type { Sql } from "../sql.ts";
import { WORKER_CONTROL } from "./select-workers.ts";

/** A worker that this transaction has locked. */
export interface LockedWorker {
  id: number;
  name: string;
  control: WorkerControl;
  controlReason: string | null;
  quarantinedUntil: Date | null;
  /** The pools that it serves and that have not left the configuration. */
  poolIds: number[];
  /** The database's clock. */
  now: Date;
}

/** What a worker is to be. `until` ends a quarantine by itself. */
export interface ControlToBe {
  control: WorkerControl;
  reason: string | null;
  until: Date | null;
}

/** Locks a worker by its name. */
export function lockWorkerControl(tx: Sql, name: string): Promise<LockedWorker | undefined> {
  return tx.maybe<LockedWorker>(
    `SELECT w.id, w.name, ${WORKER_CONTROL} AS control, w.control_reason AS "controlReason",
       w.quarantined_until AS "quarantinedUntil", clock_timestamp() AS now,
       coalesce((SELECT jsonb_agg(p.id ORDER BY p.id) FROM worker_pools wp JOIN pools p ON p.id = wp.pool_id
                 WHERE wp.worker_id = w.id AND p.removed_at IS NULL), '[]') AS "poolIds"
     FROM workers w WHERE w.name = $1 FOR NO KEY UPDATE OF w`,
    [name],
  );
}

/** Writes what a locked worker is from now on: exactly one control. A disabled worker's session ends. */
export async function writeControl(tx: Sql, workerId: number, to: ControlToBe, byId: number | null): Promise<void> {
  const since = (control: WorkerControl, column: string) =>
    `${column} = CASE WHEN $2 = '${control}' THEN coalesce(${column}, clock_timestamp()) END`;
  await tx.count(
    `UPDATE workers SET ${since("quarantined", "quarantined_at")}, ${since("draining", "draining_at")},
       ${since("disabled", "disabled_at")}, quarantined_until = $3, control_reason = $4, controlled_by_id = $5,
       session_expires_at = CASE WHEN $2 = 'disabled' THEN clock_timestamp() ELSE session_expires_at END,
       updated_at = clock_timestamp()
     WHERE id = $1`,
    [workerId, to.control, to.until, to.reason, byId],
  );
}

/** A worker whose quarantine has ended by itself. */
interface EndedQuarantine {
  id: number;
  name: string;
  reason: string | null;
  poolIds: number[];
}

/** Ends the quarantines whose time is over by the database's clock. */
export function endPastQuarantines(tx: Sql): Promise<EndedQuarantine[]> {
  return tx.rows<EndedQuarantine>(
    `UPDATE workers w SET quarantined_at = NULL, quarantined_until = NULL, control_reason = NULL,
       controlled_by_id = NULL, updated_at = clock_timestamp()
     FROM (SELECT id, control_reason FROM workers WHERE quarantined_until <= clock_timestamp() ORDER BY id
           FOR NO KEY UPDATE) past
     WHERE w.id = past.id
     RETURNING w.id, w.name, past.control_reason AS reason,
       coalesce((SELECT jsonb_agg(wp.pool_id ORDER BY wp.pool_id) FROM worker_pools wp WHERE wp.worker_id = w.id), '[]')
         AS "poolIds"`,
  );
}

/** The live runs of a worker. */
export async function readLiveRuns(sql: Sql, workerId: number): Promise<number[]> {
  const text = "SELECT id FROM runs WHERE worker_id = $1 AND state IN ('running', 'cancelling') ORDER BY id";
  return (await sql.rows<{ id: number }>(text, [workerId])).map((row) => row.id);
}

/** Whether a worker is shut out. */
export async function isDisabled(sql: Sql, workerId: number): Promise<boolean> {
  const text = "SELECT id FROM workers WHERE id = $1 AND disabled_at IS NOT NULL";
  return (await sql.maybe({ name: "is-disabled", text }, [workerId])) !== undefined;
}
