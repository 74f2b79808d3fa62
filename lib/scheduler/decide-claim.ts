import { insertRun } from "../db/sql/insert-run.ts";
import { type LockedJob, lockJobs } from "../db/sql/lock-jobs.ts";
import { readClaimedRun, readSlotRun } from "../db/sql/lock-run.ts";
import { lockSlot } from "../db/sql/lock-slot.ts";
import { lockFirst, mayStart, returnHint, type Seeker } from "../db/sql/pick-job.ts";
import type { Sql } from "../db/sql.ts";
import type { SchedulerContext } from "./context.ts";
import { moveJobs } from "./move-jobs.ts";
import { record } from "./record.ts";

/** A claim that has been checked. */
export interface Claim extends Seeker {
  bootId: string;
  slot: number;
  claimId: string;
}

/**
 * What became of one attempt to start a job: a run; `stale`, the job no longer waits; `held`, it waits but not for this worker;
 * `superseded`, the slot has been given work by another claim, so this one ends.
 */
export type Decision =
  | { kind: "run"; runId: number }
  | { kind: "stale" | "superseded" }
  | { kind: "held"; jobId: number };

/**
 * Decides in PostgreSQL, in one transaction, whether the worker gets a job: the one that Redis hinted at, or, of
 * several candidates from PostgreSQL, the first that no other claim holds. A run serves one job until merging comes.
 */
export async function decideClaim(
  ctx: SchedulerContext,
  claim: Claim,
  candidates: readonly number[],
): Promise<Decision> {
  const decision = await ctx.sql.transaction(async (tx): Promise<Decision> => {
    await lockSlot(tx, claim.workerId, claim.slot);
    const mine = await readClaimedRun(tx, claim.workerId, claim.slot, claim.claimId);
    if (mine) return mine.state === "running" ? { kind: "run", runId: mine.id } : { kind: "superseded" };
    if (await readSlotRun(tx, claim.workerId, claim.slot)) return { kind: "superseded" };

    // A hint is gone from Redis, so it is waited for; of several, one that another claim holds is left to it.
    const jobId = candidates.length === 1 ? candidates[0] : await lockFirst(tx, candidates);
    if (jobId === undefined) return { kind: "stale" };
    const [job] = await lockJobs(tx, [jobId]);
    if (job?.state !== "queued") return { kind: "stale" };
    if (!(await mayStart(tx, claim, jobId))) {
      await returnHint(tx, jobId);
      return { kind: "held", jobId };
    }
    return { kind: "run", runId: await start(tx, ctx, claim, job) };
  });
  // Taken or given back, the job's entry in Redis has to change.
  if (decision.kind !== "superseded") ctx.signals.send("relay");
  return decision;
}

async function start(tx: Sql, ctx: SchedulerContext, claim: Claim, job: LockedJob): Promise<number> {
  const runId = await insertRun(tx, { ...claim, members: [{ jobId: job.id, receipt: { rule: "base" } }] });
  await moveJobs(tx, ctx, [job], [{ id: job.id, from: "queued", to: "running", event: "job.started", runId }]);
  await record(tx, ctx, {
    event: {
      type: "run.started",
      branchId: job.branchId,
      pushId: job.pushId,
      jobId: job.id,
      runId,
      body: { workerId: claim.workerId, slot: claim.slot },
    },
    audit: { action: "run.claim", object: `run:${runId}`, after: { jobs: [job.id], slot: claim.slot } },
  });
  return runId;
}
