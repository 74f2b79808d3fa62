import type { Result, RunState } from "../../contracts/job.ts";
import { SchedulerError } from "../../scheduler/errors.ts";
import type { Sql } from "../sql.ts";
import { cleanText } from "../to-jsonb.ts";

/** A run's way from a state to another. */
export interface RunChange {
  id: number;
  from: RunState;
  to: RunState;
  result?: Result | null;
  reason?: string | null;
  /** Its worker said that the process is gone. */
  stopped?: boolean;
  finish?: { hash: string; logBytes: number; logChunks: number; logSha256: string };
  leaseSeconds?: number;
}

// The log's digest is kept only when what arrived is what the worker has sent. A run that is lost or done serves nobody any more.
const CHANGE = {
  name: "change-run",
  text: `
    WITH changed AS (UPDATE runs SET
      state = $3::run_state, result = $4::result, reason = $5,
      ended_at = CASE WHEN $3::run_state IN ('done', 'lost') THEN clock_timestamp() END,
      cancel_requested_at = CASE WHEN $3::run_state = 'cancelling' THEN clock_timestamp() ELSE cancel_requested_at END,
      cancelled_at = CASE WHEN $6::bool THEN clock_timestamp() ELSE cancelled_at END,
      finish_hash = coalesce($7, finish_hash),
      log_complete = log_complete OR $3::run_state = 'done',
      log_sha256 = CASE WHEN log_bytes = $8::bigint AND log_chunks = $9::int THEN $10 ELSE log_sha256 END,
      lease_until = CASE WHEN $11::float8 IS NULL THEN lease_until
                    ELSE greatest(lease_until, clock_timestamp() + make_interval(secs => $11::float8)) END
    WHERE id = $1 AND state = $2::run_state
    RETURNING id, state), released AS (
      UPDATE run_members m SET live = false FROM changed
      WHERE m.run_id = changed.id AND m.live AND changed.state IN ('lost', 'done'))
    SELECT id FROM changed`,
};

/** Moves a run that this transaction has locked; with a run that is lost or done its members are no longer live. */
export async function changeRun(tx: Sql, change: RunChange): Promise<void> {
  const { id, from, to, finish } = change;
  const changed = await tx.count(CHANGE, [
    id,
    from,
    to,
    change.result ?? null,
    change.reason == null ? null : cleanText(change.reason),
    change.stopped ?? false,
    finish?.hash ?? null,
    finish?.logBytes ?? null,
    finish?.logChunks ?? null,
    finish?.logSha256 ?? null,
    change.leaseSeconds ?? null,
  ]);
  if (changed !== 1) throw new SchedulerError("conflict", `Run ${id} is no longer ${from}.`);
}

/** Makes members of a lost run live again. */
export async function reviveMembers(tx: Sql, runId: number, jobIds: readonly number[]): Promise<void> {
  await tx.count(
    {
      name: "revive-members",
      text: "UPDATE run_members SET live = true WHERE run_id = $1 AND job_id = ANY ($2::bigint[])",
    },
    [runId, jobIds],
  );
}

/** Takes jobs out of the runs that serve them, for good: the runs' results no longer reach them. */
export async function detachMembers(tx: Sql, jobIds: readonly number[], why: string): Promise<void> {
  await tx.count(
    {
      name: "detach-members",
      text: `
        UPDATE run_members SET live = false, receipt = receipt || jsonb_build_object('detached', $2::text)
        WHERE job_id = ANY ($1::bigint[]) AND live`,
    },
    [jobIds, why],
  );
}
