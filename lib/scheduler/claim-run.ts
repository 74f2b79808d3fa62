import { QueueClass } from "../contracts/placement.ts";
import type { ClaimInput, ClaimReply } from "../contracts/work.ts";
import { readClaimedRun, readSlotRun } from "../db/sql/lock-run.ts";
import { findFirst } from "../db/sql/pick-job.ts";
import { readWork } from "../db/sql/read-work.ts";
import { touchWorker } from "../db/sql/touch-worker.ts";
import { toWork } from "../db/to-work.ts";
import type { SchedulerContext } from "./context.ts";
import { type Claim, decideClaim } from "./decide-claim.ts";
import { SchedulerError } from "./errors.ts";
import { lookUntil } from "./look-until.ts";
import { loseRun } from "./lose-run.ts";
import { requirePermission } from "./permissions.ts";
import { QueueNotReady } from "./queue/queue-not-ready.ts";

/** Hints that turn out stale before PostgreSQL is asked for its own order. */
const MAX_HINTS = 20;

/** A claim as the worker sends it; `abort` fires when nobody listens for the answer any more. */
export interface ClaimRunInput extends ClaimInput {
  abort?: AbortSignal;
}

/**
 * Gives a worker's free slot the next job of its pools as a run with a lease, waiting up to `waitSeconds` for one. The same claim id gets
 * the same live run again; a new one first gives up what the slot still held. Every 2xx answer ends a claim id: the next claim has a new one.
 */
export async function claimRun(ctx: SchedulerContext, input: ClaimRunInput): Promise<ClaimReply> {
  requirePermission(ctx.actor, "work");
  const claim = await checkClaim(ctx, input);
  const earlier = await readClaimedRun(ctx.sql, claim.workerId, claim.slot, claim.claimId);
  if (earlier) return earlier.state === "running" ? answer(ctx, earlier.id) : { work: null };

  const held = await readSlotRun(ctx.sql, claim.workerId, claim.slot);
  // its twin, sent again by an impatient worker, may have been quicker since the look above
  if (held?.claimId === claim.claimId) return held.state === "running" ? answer(ctx, held.id) : { work: null };
  if (held) await loseRun(ctx, held.id, held.bootId === claim.bootId ? "slot" : "boot");

  const wait = { topics: claim.poolIds.map((id) => `pool:${id}`), waitSeconds: input.waitSeconds, abort: input.abort };
  const avoid: number[] = [];
  const runId = await lookUntil(ctx.signals, wait, () => tryOnce(ctx, claim, avoid));
  return runId == null ? { work: null } : answer(ctx, runId);
}

async function checkClaim(ctx: SchedulerContext, input: ClaimRunInput): Promise<Claim> {
  const { actor } = ctx;
  if (actor.kind !== "worker") throw new SchedulerError("forbidden", "Only a registered worker may claim work.");
  const worker = await touchWorker(ctx.sql, actor.workerId);
  if (worker?.bootId !== actor.bootId) {
    throw new SchedulerError("conflict", `The worker ${actor.name} has been started anew since.`, {
      state: "superseded",
    });
  }
  if (input.slot >= worker.slots) {
    throw new SchedulerError(
      "invalid",
      `The worker ${actor.name} has ${worker.slots} slots, counted from 0; there is no slot ${input.slot}.`,
    );
  }
  const poolIds = input.pools.flatMap((name) => {
    const pool = worker.pools.find((registered) => registered.name === name);
    if (pool) return pool.removed ? [] : [pool.id];
    throw new SchedulerError("forbidden", `The worker ${actor.name} is not registered with the pool ${name}.`);
  });
  const { claimId, slot } = input;
  const { leaseSeconds } = ctx.settings;
  return { workerId: actor.workerId, bootId: actor.bootId, slot, claimId, poolIds, leaseSeconds };
}

/** The run, null when another claim has taken the slot, undefined when nothing waits. Jobs that are held for others join `avoid`. */
async function tryOnce(ctx: SchedulerContext, claim: Claim, avoid: number[]): Promise<number | null | undefined> {
  for (let hints = 0; hints < MAX_HINTS; hints++) {
    const hint = await popHint(ctx, claim, avoid);
    if (!hint) break;
    const decision = await decideClaim(ctx, claim, [hint.jobId]);
    if (decision.kind === "run") return decision.runId;
    if (decision.kind === "superseded") return null;
    if (decision.kind === "held") avoid.push(decision.jobId);
  }
  // Redis is empty, not ready, or far behind: PostgreSQL knows the order, too.
  for (let tries = 0; tries < MAX_HINTS; tries++) {
    const candidates = await findFirst(ctx.sql, claim);
    if (candidates.length === 0) return undefined;
    const decision = await decideClaim(ctx, claim, candidates);
    if (decision.kind === "run") return decision.runId;
    if (decision.kind === "superseded") return null;
  }
  return undefined;
}

async function popHint(ctx: SchedulerContext, claim: Claim, avoid: readonly number[]) {
  try {
    const wants = claim.poolIds.map((poolId) => ({ poolId, classes: QueueClass.options }));
    const [hint] = await ctx.queues.pop(wants, 1, avoid);
    return hint;
  } catch (error) {
    if (error instanceof QueueNotReady) return undefined;
    throw error;
  }
}

async function answer(ctx: SchedulerContext, runId: number): Promise<ClaimReply> {
  return { work: toWork(await readWork(ctx.sql, runId), ctx.settings.leaseSeconds) };
}
