import type { RunState } from "../../contracts/job.ts";
import type { SchedulerContext } from "../../scheduler/context.ts";
import { SchedulerError } from "../../scheduler/errors.ts";
import type { Sql } from "../sql.ts";

/** A run that its worker may write to. The transaction holds its row. */
export interface LiveRun {
  id: number;
  state: RunState;
  poolId: number;
  baseJobId: number;
  revision: string;
  logChunks: number;
  logBytes: number;
  logLines: number;
  logComplete: boolean;
  logSha256: string | null;
}

interface Row extends LiveRun {
  workerId: number;
  bootId: string;
}

/**
 * The fence: locks the run when it is the asking worker's own, of its present start, and live; every write of a worker begins with it.
 * `not_found` for another worker's run, `conflict` with the state for one that is lost, done, or of an earlier start.
 */
export async function lockLiveRun(tx: Sql, ctx: SchedulerContext, runId: number): Promise<LiveRun> {
  const { actor } = ctx;
  if (actor.kind !== "worker") throw new SchedulerError("forbidden", "Only a registered worker may write to a run.");
  const row = await tx.maybe<Row>(
    {
      name: "lock-live-run",
      text: `
        SELECT id, worker_id AS "workerId", boot_id AS "bootId", state, pool_id AS "poolId", base_job_id AS "baseJobId",
               revision, log_chunks AS "logChunks", log_bytes AS "logBytes", log_lines AS "logLines",
               log_complete AS "logComplete", log_sha256 AS "logSha256"
        FROM runs WHERE id = $1 FOR NO KEY UPDATE`,
    },
    [runId],
  );
  if (!row || row.workerId !== actor.workerId) throw runNotFound(runId);
  const { workerId: _, bootId, ...run } = row;
  if (bootId !== actor.bootId) {
    throw new SchedulerError("conflict", `Run ${runId} belongs to an earlier start of this worker.`, {
      state: run.state,
    });
  }
  if (run.state !== "running" && run.state !== "cancelling") throw runNotLive(runId, run.state);
  return run;
}

/** The one answer for runs that do not exist and for other workers' runs. */
export function runNotFound(runId: number): SchedulerError {
  return new SchedulerError("not_found", `There is no run ${runId}.`);
}

/** What a worker hears that writes to a run which is no longer its own. */
export function runNotLive(runId: number, state: RunState): SchedulerError {
  const why = state === "lost" ? "was lost: its lease ended" : `is ${state}`;
  return new SchedulerError("conflict", `Run ${runId} ${why}, so nothing more is accepted for it.`, { state });
}
