import type { Placement } from "../contracts/placement.ts";
import { insertRun } from "../db/sql/insert-run.ts";
import { readSlotRuns } from "../db/sql/lock-run.ts";
import { lockSlot } from "../db/sql/lock-slot.ts";
import { lockFirst, lockHinted, lockMergeable, returnHint, type Seeker, type WaitingJob } from "../db/sql/pick-job.ts";
import type { ClaimPool } from "../db/sql/read-claim.ts";
import type { Sql } from "../db/sql.ts";
import type { SchedulerContext } from "./context.ts";
import { type MergePlan, mergeBar, planMerge } from "./merging/plan-merge.ts";
import { moveJobs } from "./move-jobs.ts";
import { type FreeSlots, freeFor } from "./placement/open-classes.ts";

/** A claim that has been checked. */
export interface Claim extends Seeker {
  bootId: string;
  slot: number;
  claimId: string;
  pools: readonly ClaimPool[];
}

/** Which job to start, and what is known of its surroundings. */
export interface Wanted {
  /** The job that Redis hinted at or a person named, or several from PostgreSQL of which the first that nobody holds is taken. */
  job: { hinted: number } | { oneOf: readonly number[] };
  /** Free slots of its pool, the asking one among them. */
  free: FreeSlots;
  /** Why this worker. */
  placement: Placement;
}

/**
 * What became of one attempt to start a job: a run; `stale`, the job no longer waits; `held`, it waits but not for this worker;
 * `superseded`, the slot has been given work by another claim, so this one ends.
 */
export type Decision =
  | { kind: "run"; runId: number }
  | { kind: "stale" }
  | { kind: "superseded" }
  | { kind: "held"; jobId: number };

/** Waiting jobs that are looked at when a run is shared; of those that skip to the newest, and of all others. */
const MOST_SKIPPED = 1_000;
const MOST_CANDIDATES = 64;
/** Of the jobs that did not join, so many are kept with their reasons: a backlog would fill the audit with one sentence. */
const TOLD_REFUSALS = 5;

/** Decides in PostgreSQL, in one transaction, whether the worker gets a job, and which others share its run. */
export async function decideClaim(ctx: SchedulerContext, claim: Claim, wanted: Wanted): Promise<Decision> {
  const decision = await ctx.sql.transaction(async (tx): Promise<Decision> => {
    await lockSlot(tx, claim.workerId, claim.slot);
    const { claimed, taken } = await readSlotRuns(tx, claim);
    const { job: which } = wanted;
    if ((claimed || taken) && "hinted" in which) await returnHint(tx, which.hinted);
    if (claimed) return claimed.state === "running" ? { kind: "run", runId: claimed.id } : { kind: "superseded" };
    if (taken) return { kind: "superseded" };

    // A hint is gone from Redis, so it is waited for; of several, one that another claim holds is left to it.
    const job = await ("hinted" in which ? lockHinted(tx, claim, which.hinted) : lockFirst(tx, claim, which.oneOf));
    if (job?.state !== "queued") return { kind: "stale" };
    if (!job.eligible) {
      await returnHint(tx, job.id);
      return { kind: "held", jobId: job.id };
    }
    return { kind: "run", runId: await start(tx, ctx, claim, job, wanted) };
  });
  ctx.signals.send("relay"); // taken or given back, the job's entry in Redis has to change
  return decision;
}

async function start(tx: Sql, ctx: SchedulerContext, claim: Claim, base: WaitingJob, wanted: Wanted): Promise<number> {
  const { plan, members } = await share(tx, claim, base, wanted.free);
  const { leadId: leadJobId } = plan;
  const { placement } = wanted;
  const runId = await insertRun(tx, { ...claim, members: plan.members, leadJobId, placement });
  const moves = plan.members.map(({ jobId }) => {
    const body = { workerId: claim.workerId, ...(members.length > 1 && { leadJobId, members: members.length }) };
    return { id: jobId, from: "queued" as const, to: "running" as const, event: "job.started" as const, runId, body };
  });
  const jobs = plan.members.map(({ jobId }) => jobId);
  await moveJobs(tx, ctx, members, moves, {
    event: {
      type: "run.started",
      branchId: base.branchId,
      pushId: base.pushId,
      jobId: base.id,
      runId,
      body: { workerId: claim.workerId, slot: claim.slot, jobs, leadJobId },
    },
    audit: {
      action: "run.claim",
      object: `run:${runId}`,
      after: { jobs, slot: claim.slot, ...toldRefusals(plan) },
    },
  });
  return runId;
}

function toldRefusals({ refused }: MergePlan) {
  if (refused.length === 0) return {};
  const more = refused.length - TOLD_REFUSALS;
  return { refused: refused.slice(0, TOLD_REFUSALS), ...(more > 0 && { moreRefused: more }) };
}

/** Who shares the run: waiting jobs of the same work, locked here as far as nobody else holds them. */
async function share(
  tx: Sql,
  claim: Claim,
  base: WaitingJob,
  free: FreeSlots,
): Promise<{ plan: MergePlan; members: WaitingJob[] }> {
  const pool = claim.pools.find(({ id }) => id === base.poolId);
  const conditions = {
    limit: base.mergeLimit,
    mergeWhen: pool?.mergeWhen ?? "never",
    branch: base,
    otherWorkerWaits: pool !== undefined && freeFor(base.queueClass, pool, free) > 1,
  };
  const most = base.mergeLimit === "all" ? MOST_SKIPPED : MOST_CANDIDATES;
  const candidates = mergeBar(base, conditions) === null ? await lockMergeable(tx, claim, base, most) : [];
  const plan = planMerge(base, candidates, conditions);
  const members = new Set(plan.members.map(({ jobId }) => jobId));
  return { plan, members: [base, ...candidates].filter(({ id }) => members.has(id)) };
}
