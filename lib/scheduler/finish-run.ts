import { createHash } from "node:crypto";
import type { Result } from "../contracts/job.ts";
import type { FinishInput, FinishReply } from "../contracts/work.ts";
import { changeRun } from "../db/sql/change-run.ts";
import { completeBuildsets } from "../db/sql/complete-buildsets.ts";
import { insertOutputs } from "../db/sql/insert-outputs.ts";
import type { LockedJob } from "../db/sql/lock-jobs.ts";
import { runNotFound, runNotLive } from "../db/sql/lock-live-run.ts";
import { type ProtocolRun, readRun } from "../db/sql/lock-run.ts";
import { lockRunScope, readRunScope, type SeenRun } from "../db/sql/lock-run-scope.ts";
import { noteSuccess } from "../db/sql/read-arrivals.ts";
import type { Sql } from "../db/sql.ts";
import { canonicalJson } from "../db/to-jsonb.ts";
import type { SchedulerContext } from "./context.ts";
import { SchedulerError } from "./errors.ts";
import { satisfies, worstResult } from "./job-state.ts";
import { judgeResult } from "./judge-result.ts";
import { moveJobs } from "./move-jobs.ts";
import { requirePermission } from "./permissions.ts";
import { lockAdoptable, readopt } from "./readopt-run.ts";

/** What the worker says at the end of a run. */
export interface FinishRunInput extends FinishInput {
  runId: number;
}

/**
 * Ends a run with its worker's result, which reaches the jobs that the run still serves and those that wait for them. Accepted while the
 * run is live, or lost and not claimed by anybody else since. A run that is being cancelled ends as cancelled, whatever its worker says.
 * The same request gets the same answer; any other one `conflict` with the state that was found.
 */
export async function finishRun(ctx: SchedulerContext, input: FinishRunInput): Promise<FinishReply> {
  requirePermission(ctx.actor, "work");
  const { runId, ...content } = input;
  const hash = createHash("sha256").update(canonicalJson(content)).digest("hex");
  for (;;) {
    const result = await ctx.sql.transaction((tx) => finish(tx, ctx, input, hash));
    if (result === null) continue; // lost, or taken back by a heartbeat, at this very moment: look again
    ctx.signals.send("relay");
    return { runId, result };
  }
}

async function finish(tx: Sql, ctx: SchedulerContext, input: FinishRunInput, hash: string): Promise<Result | null> {
  const seen = ownRun(ctx, await readRunScope(tx, input.runId), input.runId);
  if (seen.state === "done") return repeated(seen, hash);
  const found = seen.state === "lost" ? await takeBack(tx, ctx, seen) : await lockLive(tx, seen);
  if (found === null) return null;
  if (found.run.state === "done") return repeated(found.run, hash);
  const result = await settle(tx, ctx, found, input, hash);
  if (seen.affine && satisfies(result)) await noteSuccess(tx, seen.workerId, seen.memberIds);
  return result;
}

interface Finishing {
  run: ProtocolRun;
  /** The jobs that the result reaches. */
  jobs: LockedJob[];
  locked: LockedJob[];
}

function ownRun(ctx: SchedulerContext, run: SeenRun | undefined, runId: number): SeenRun {
  const { actor } = ctx;
  if (actor.kind !== "worker" || !run || run.workerId !== actor.workerId) throw runNotFound(runId);
  if (run.bootId === actor.bootId) return run;
  throw new SchedulerError("conflict", `Run ${runId} belongs to an earlier start of this worker.`, {
    state: run.state,
  });
}

function repeated(run: ProtocolRun, hash: string): Result {
  if (run.finishHash === hash && run.result !== null) return run.result;
  throw runNotLive(run.id, run.state);
}

/** Takes a lost run back to settle it; null when it is not lost any more. */
async function takeBack(tx: Sql, ctx: SchedulerContext, seen: ProtocolRun): Promise<Finishing | null> {
  const adoptable = await lockAdoptable(tx, seen);
  if (adoptable) return readopt(tx, ctx, adoptable);
  const now = await readRun(tx, seen.id);
  if (now?.state !== "lost") return null;
  throw runNotLive(seen.id, "lost");
}

/** Locks everything that the result of a live run touches; null when it has been lost since it was seen. */
async function lockLive(tx: Sql, seen: SeenRun): Promise<Finishing | null> {
  const { run, members, locked } = await lockRunScope(tx, seen);
  if (run.state === "lost") return null;
  const live = new Set(members.filter((member) => member.live).map((member) => member.jobId));
  return { run, jobs: locked.filter((job) => live.has(job.id)), locked };
}

async function settle(
  tx: Sql,
  ctx: SchedulerContext,
  { run, jobs, locked }: Finishing,
  input: FinishRunInput,
  hash: string,
): Promise<Result> {
  const cancelled = run.state === "cancelling";
  const told = { result: cancelled ? ("cancelled" as const) : input.result, reason: input.reason };
  const { ending, moves } = await judgeResult(tx, ctx, { run, jobs }, told);
  const { result, reason } = ending;
  const sets = await moveJobs(tx, ctx, locked, moves, {
    event: { type: "run.done", runId: run.id, body: { result } },
    audit: { action: "run.finish", object: `run:${run.id}`, after: { result, jobs: jobs.map((job) => job.id) } },
  });
  const { chunks: logChunks, bytes: logBytes, sha256: logSha256 } = input.log;
  await changeRun(tx, {
    id: run.id,
    from: run.state,
    to: "done",
    result,
    reason: reason ?? null,
    stopped: cancelled,
    finish: { hash, logChunks, logBytes, logSha256 },
  });
  await insertOutputs(tx, run.id, input.outputs);
  await completeBuildsets(tx, sets, worstResult);
  return result;
}
