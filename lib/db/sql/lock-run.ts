import type { Result, RunState } from "../../contracts/job.ts";
import type { Sql } from "../sql.ts";

/** A run as the protocol sees it. */
export interface ProtocolRun {
  id: number;
  workerId: number;
  bootId: string;
  slot: number;
  claimId: string;
  state: RunState;
  result: Result | null;
  exclusive: boolean;
  startedAt: Date;
  finishHash: string | null;
  logBytes: number;
  /** Whether its lease has ended by the database's clock. */
  expired: boolean;
}

/** A job that a run serves or served. */
export interface ProtocolMember {
  runId: number;
  jobId: number;
  live: boolean;
  /** It left the run for good: its cancel, not the loss of the run. */
  detached: boolean;
  /** No other run has been made for the job since. */
  newest: boolean;
}

/** The columns of `ProtocolRun`. */
export const RUN_COLUMNS = `
  id, worker_id AS "workerId", boot_id AS "bootId", slot, claim_id AS "claimId", state, result, exclusive,
  started_at AS "startedAt", finish_hash AS "finishHash", log_bytes AS "logBytes", lease_until < clock_timestamp() AS expired`;

/** The run as it is committed, unlocked: a first look before the locks. */
export function readRun(sql: Sql, runId: number): Promise<ProtocolRun | undefined> {
  return sql.maybe<ProtocolRun>({ name: "read-run", text: `SELECT ${RUN_COLUMNS} FROM runs WHERE id = $1` }, [runId]);
}

/** The live run of a worker's slot, unlocked. */
export function readSlotRun(sql: Sql, workerId: number, slot: number): Promise<ProtocolRun | undefined> {
  return sql.maybe<ProtocolRun>(
    {
      name: "read-slot-run",
      text: `SELECT ${RUN_COLUMNS} FROM runs WHERE worker_id = $1 AND slot = $2 AND state IN ('running', 'cancelling')`,
    },
    [workerId, slot],
  );
}

/** A slot's runs as a claim's transaction sees them, once the slot is locked. */
export interface SlotRuns {
  /** The run that this very claim made. */
  claimed: { id: number; state: RunState } | null;
  /** Whether the slot has a live run. */
  taken: boolean;
}

/** Whether the slot is free, and what the claim has made already; unlocked. */
export function readSlotRuns(tx: Sql, slot: { workerId: number; slot: number; claimId: string }): Promise<SlotRuns> {
  return tx.one<SlotRuns>(
    {
      name: "read-slot-runs",
      text: `
        SELECT (SELECT jsonb_build_object('id', id, 'state', state) FROM runs
                WHERE worker_id = $1 AND slot = $2 AND claim_id = $3) AS claimed,
               EXISTS (SELECT FROM runs WHERE worker_id = $1 AND slot = $2 AND state IN ('running', 'cancelling')) AS taken`,
    },
    [slot.workerId, slot.slot, slot.claimId],
  );
}

/** Locks runs by ascending id; after the jobs in the lock order. */
export function lockRuns(tx: Sql, runIds: readonly number[]): Promise<ProtocolRun[]> {
  return tx.rows<ProtocolRun>(
    {
      name: "lock-runs",
      text: `SELECT ${RUN_COLUMNS} FROM runs WHERE id = ANY ($1::bigint[]) ORDER BY id FOR NO KEY UPDATE`,
    },
    [runIds],
  );
}

/** The members of runs, by job id. Read it unlocked to know which jobs to lock, and again once they are. */
export function readMembers(sql: Sql, runIds: readonly number[]): Promise<ProtocolMember[]> {
  return sql.rows<ProtocolMember>(
    {
      name: "read-members",
      text: `
        SELECT m.run_id AS "runId", m.job_id AS "jobId", m.live, m.receipt ? 'detached' AS detached,
               NOT EXISTS (SELECT FROM run_members o WHERE o.job_id = m.job_id AND o.run_id > m.run_id) AS newest
        FROM run_members m WHERE m.run_id = ANY ($1::bigint[]) ORDER BY m.run_id, m.job_id`,
    },
    [runIds],
  );
}

/** The live runs that serve these jobs. */
export async function readLiveRunIds(sql: Sql, jobIds: readonly number[]): Promise<number[]> {
  const text = "SELECT DISTINCT run_id AS id FROM run_members WHERE job_id = ANY ($1::bigint[]) AND live";
  return (await sql.rows<{ id: number }>({ name: "read-live-run-ids", text }, [jobIds])).map((row) => row.id);
}
