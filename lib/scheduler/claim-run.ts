import type { ClaimInput, ClaimReply } from "../contracts/work.ts";
import { readSlotRuns } from "../db/sql/lock-run.ts";
import { type ClaimState, readClaim } from "../db/sql/read-claim.ts";
import { readWork } from "../db/sql/read-work.ts";
import { toWork } from "../db/to-work.ts";
import type { SchedulerContext } from "./context.ts";
import { SchedulerError } from "./errors.ts";
import { type Found, lookForWork, type Search, takeOffer, tryProbes } from "./look-for-work.ts";
import { lookUntil } from "./look-until.ts";
import { loseRun } from "./lose-run.ts";
import { requirePermission } from "./permissions.ts";
import type { Guest, Looked, Occasion, Stay } from "./room.ts";

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
  const state = await readState(ctx, input);
  const { claimed, held } = state;
  if (claimed) return claimed.state === "running" ? answer(ctx, claimed.id) : { work: null };
  const search = toSearch(ctx, input, state);
  if (held) await loseRun(ctx, held.id, held.bootId === search.claim.bootId ? "slot" : "boot");
  const found = await findWork(ctx, input, search);
  const runId = found === undefined ? await twinsRun(ctx, search) : found;
  return runId === null ? { work: null } : answer(ctx, runId);
}

/** The run that the claim's twin, sent again by an impatient worker, has made meanwhile: this answer must not end it. */
async function twinsRun(ctx: SchedulerContext, { claim }: Search): Promise<number | null> {
  const { claimed } = await readSlotRuns(ctx.sql, claim);
  return claimed?.state === "running" ? claimed.id : null;
}

async function findWork(ctx: SchedulerContext, input: ClaimRunInput, search: Search): Promise<Found | undefined> {
  const stay: Stay = { waitSeconds: input.waitSeconds, abort: input.abort };
  if (!search.probesOnly) {
    const waits = stay.waitSeconds > 0;
    const looked = await lookForWork(ctx, search, { waits: false, thorough: !waits });
    if (typeof looked === "object") return looked.found;
    return waits ? waitInRoom(ctx, toGuest(ctx, input, search), stay) : undefined;
  }
  // Out of service: it stands in no line, and looks by itself for probes and for its release.
  const wait = { ...stay, topics: [`worker:${search.claim.workerId}`] };
  return lookUntil(ctx.signals, wait, async () => {
    const now = toSearch(ctx, input, await readState(ctx, input));
    const looked = await lookForWork(ctx, now, { waits: false, thorough: true });
    return typeof looked === "object" ? looked.found : undefined;
  });
}

/** The wait ends when the worker is taken out of service or let in again: its next claim sees how it is by then. */
async function waitInRoom(ctx: SchedulerContext, guest: Guest<Found>, stay: Stay): Promise<Found | undefined> {
  const changed = new AbortController();
  const stopListening = ctx.signals.listen(`control:${guest.workerId}`, () => changed.abort());
  const abort = stay.abort ? AbortSignal.any([stay.abort, changed.signal]) : changed.signal;
  try {
    return await ctx.room.wait(guest, { ...stay, abort });
  } finally {
    stopListening();
  }
}

function toGuest(ctx: SchedulerContext, input: ClaimRunInput, search: Search): Guest<Found> {
  const { workerId, slot, poolIds, pools } = search.claim;
  const isFast = pools.map(({ fastSpeed }) => fastSpeed !== null && search.speed >= fastSpeed);
  /** A job that it may not start may be the first sign that it was taken out of service. */
  const checked = async (looked: Looked<Found>) => {
    if (looked === "held") search.probesOnly = isOutOfService(await readState(ctx, input));
    return looked;
  };
  return {
    workerId,
    slot,
    poolIds,
    speed: search.speed,
    kind: JSON.stringify([poolIds, isFast]),
    look: async (occasion: Occasion) => {
      if (occasion !== "probed") {
        return checked(await lookForWork(ctx, search, { waits: true, thorough: occasion === "timed" }));
      }
      search.probes = (await readState(ctx, input)).probes;
      return checked(await tryProbes(ctx, search));
    },
    take: async (offer) => checked(await takeOffer(ctx, search, offer)),
  };
}

/** The worker as it is now. Refuses one that was started anew since, one that is disabled, and a slot that it does not have. */
async function readState(ctx: SchedulerContext, { slot, claimId }: ClaimRunInput): Promise<ClaimState> {
  const { actor } = ctx;
  if (actor.kind !== "worker") throw new SchedulerError("forbidden", "Only a registered worker may claim work.");
  const silentSeconds = 2 * ctx.settings.leaseSeconds;
  const state = await readClaim(ctx.sql, { workerId: actor.workerId, slot, claimId, silentSeconds });
  if (state?.bootId !== actor.bootId) {
    throw new SchedulerError("conflict", `The worker ${actor.name} has been started anew since.`, {
      state: "superseded",
    });
  }
  if (state.disabled) {
    const why = state.controlReason === null ? "" : `: ${state.controlReason}`;
    throw new SchedulerError("forbidden", `The worker ${actor.name} is disabled and gets no work${why}`);
  }
  if (slot < state.slots) return state;
  throw new SchedulerError(
    "invalid",
    `The worker ${actor.name} has ${state.slots} slots, counted from 0; there is no slot ${slot}.`,
  );
}

function isOutOfService({ quarantined, draining }: ClaimState): boolean {
  return quarantined || draining;
}

function toSearch(ctx: SchedulerContext, input: ClaimRunInput, state: ClaimState): Search {
  const { actor } = ctx;
  if (actor.kind !== "worker") throw new SchedulerError("forbidden", "Only a registered worker may claim work.");
  const pools = input.pools.flatMap((name) => {
    const pool = state.pools.find((registered) => registered.name === name);
    if (pool) return pool.removed ? [] : [pool];
    throw new SchedulerError("forbidden", `The worker ${actor.name} is not registered with the pool ${name}.`);
  });
  const { claimId, slot } = input;
  const { leaseSeconds } = ctx.settings;
  const poolIds = pools.map(({ id }) => id);
  return {
    claim: { workerId: actor.workerId, bootId: actor.bootId, slot, claimId, poolIds, pools, leaseSeconds },
    speed: state.speed,
    probes: state.draining ? [] : [...state.probes],
    probesOnly: isOutOfService(state),
    avoid: [],
  };
}

async function answer(ctx: SchedulerContext, runId: number): Promise<ClaimReply> {
  return { work: toWork(await readWork(ctx.sql, runId), ctx.settings.leaseSeconds) };
}
