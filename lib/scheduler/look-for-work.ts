import type { Placement } from "../contracts/placement.ts";
import { findFirst } from "../db/sql/pick-job.ts";
import type { ClaimPool } from "../db/sql/read-claim.ts";
import type { SchedulerContext } from "./context.ts";
import { type Claim, decideClaim, type Wanted } from "./decide-claim.ts";
import { askedPlacement, probePlacement } from "./placement/choose-worker.ts";
import { type FreeSlots, openClasses } from "./placement/open-classes.ts";
import type { PoolWants } from "./queue/pool-queues.ts";
import { QueueNotReady } from "./queue/queue-not-ready.ts";
import type { Offer } from "./queue/waiting-workers.ts";
import type { Looked } from "./room.ts";

/** Hints that turn out stale before PostgreSQL is asked for its own order. */
const MAX_HINTS = 20;

/** A claim on its way to a job. */
export interface Search {
  claim: Claim;
  speed: number;
  /** Jobs that were sent to this very worker; tried once each. */
  probes: number[];
  /** The worker was taken out of service: it gets nothing but probes. */
  probesOnly: boolean;
  /** Jobs that wait, but not for this worker. */
  avoid: number[];
}

/** A run, or null when another claim has taken the slot. */
export type Found = number | null;

/** How to look. */
export interface Look {
  /** The slot stands in the registry of waiting workers. */
  waits: boolean;
  /** Ask PostgreSQL, too, although Redis answers that there is nothing: nothing that has been lost may wait for longer than two seconds. */
  thorough: boolean;
}

/**
 * Looks once for work: probes first, then the head of the order of what the worker may take now. Redis knows the order; PostgreSQL does
 * when Redis is not ready, and for a thorough look.
 */
export async function lookForWork(ctx: SchedulerContext, search: Search, how: Look): Promise<Looked<Found>> {
  const probe = await tryProbes(ctx, search);
  if (probe !== "nothing" || search.probesOnly) return probe;
  const around = await lookAround(ctx, search, how.waits);
  const hinted = await tryHints(ctx, search, around);
  if (typeof hinted === "object" || (around.ready && !how.thorough)) return hinted;
  const found = await tryDatabase(ctx, search, around);
  return found === "nothing" ? hinted : found;
}

/** Takes the job that was offered to the worker's slot. */
export async function takeOffer(ctx: SchedulerContext, search: Search, offer: Offer): Promise<Looked<Found>> {
  const pool = search.claim.pools.find(({ id }) => id === offer.poolId);
  if (!pool || search.probesOnly) return "held";
  const free = await freeSlots(ctx, search, pool, false);
  return attempt(ctx, search, { job: { hinted: offer.jobId }, free, placement: offer.placement });
}

/** What the pools look like at the moment of a look. */
interface Surroundings {
  /** Whether Redis answers. */
  ready: boolean;
  wants: PoolWants[];
  /** The free slots of a pool, read once. */
  free: (poolId: number) => Promise<FreeSlots>;
}

async function lookAround(ctx: SchedulerContext, search: Search, waits: boolean): Promise<Surroundings> {
  // A pause is as old as the claim: who has just come passes paused pools over, who waits may be called by their resumption.
  const pools = search.claim.pools.filter((pool) => waits || !pool.paused);
  const known = new Map<number, ReturnType<typeof freeSlots>>();
  const free = (pool: ClaimPool) => {
    const slots = known.get(pool.id) ?? freeSlots(ctx, search, pool, waits);
    known.set(pool.id, slots);
    return slots;
  };
  let ready = true;
  const wants = pools.map(async (pool) => {
    // Most pools keep nothing back, so that what is free need not be known before there is a job.
    const keeps = pool.reserveWorkers > 0 || pool.idleAbove > 0;
    const slots = keeps ? await free(pool) : ALONE;
    if (slots.local) ready = false;
    return { poolId: pool.id, classes: openClasses({ speed: search.speed, pool, free: slots }) };
  });
  return {
    wants: await Promise.all(wants),
    ready,
    free: async (poolId) => {
      const pool = pools.find(({ id }) => id === poolId);
      return pool ? await free(pool) : ALONE;
    },
  };
}

/** Nobody but the slot that asks. */
const ALONE = { all: 1, fast: 0, local: false };

/** Free slots of a pool, the asking one among them; those of this process alone while Redis does not answer (`local`). */
async function freeSlots(
  ctx: SchedulerContext,
  { speed }: Search,
  pool: ClaimPool,
  waits: boolean,
): Promise<FreeSlots & { local: boolean }> {
  let free: FreeSlots;
  let local = false;
  try {
    free = await ctx.queues.waiting.free(pool.id, pool.fastSpeed);
  } catch (error) {
    if (!(error instanceof QueueNotReady)) throw error;
    free = ctx.room.free(pool.id, pool.fastSpeed);
    local = true;
  }
  const own = waits && free.all > 0 ? 0 : 1;
  const ownFast = own === 1 && pool.fastSpeed !== null && speed >= pool.fastSpeed ? 1 : 0;
  return { all: free.all + own, fast: free.fast + ownFast, local };
}

/** Tries the jobs that were sent to this very worker. */
export async function tryProbes(ctx: SchedulerContext, search: Search): Promise<Looked<Found>> {
  for (let jobId = search.probes.shift(); jobId !== undefined; jobId = search.probes.shift()) {
    const placement = probePlacement(search);
    const looked = await attempt(ctx, search, { job: { hinted: jobId }, free: ALONE, placement });
    if (typeof looked === "object") return looked;
  }
  return "nothing";
}

async function tryHints(ctx: SchedulerContext, search: Search, around: Surroundings): Promise<Looked<Found>> {
  let came: "held" | "nothing" = "nothing";
  for (let hints = 0; around.ready && hints < MAX_HINTS; hints++) {
    const hint = await popHint(ctx, search, around);
    if (!hint) break;
    const { poolId, jobId } = hint;
    const looked = await attempt(ctx, search, await wanted(search, around, poolId, { hinted: jobId }));
    if (typeof looked === "object") return looked;
    if (looked === "held") came = "held";
  }
  return came;
}

async function popHint(ctx: SchedulerContext, { avoid }: Search, around: Surroundings) {
  if (around.wants.length === 0) return undefined;
  try {
    const [hint] = await ctx.queues.pop(around.wants, 1, avoid);
    return hint;
  } catch (error) {
    if (!(error instanceof QueueNotReady)) throw error;
    around.ready = false;
    return undefined;
  }
}

async function tryDatabase(ctx: SchedulerContext, search: Search, around: Surroundings): Promise<Looked<Found>> {
  // what Redis serves after all others is looked for when there is nothing else
  for (const idle of [false, true]) {
    const wants = around.wants
      .map(({ poolId, classes }) => ({ poolId, classes: classes.filter((one) => (one === "idle") === idle) }))
      .filter(({ classes }) => classes.length > 0);
    for (let tries = 0; wants.length > 0 && tries < MAX_HINTS; tries++) {
      // While Redis answers and others wait, what is fresh is the relay's to place: the best of those that wait gets it.
      const found = await findFirst(ctx.sql, search.claim, wants);
      const others = new Set<number>();
      for (const poolId of around.ready ? new Set(found.map((job) => job.poolId)) : [])
        if ((await around.free(poolId)).all > 1) others.add(poolId);
      const [first, ...rest] = found.filter((job) => job.settled || !others.has(job.poolId));
      if (!first) break;
      const oneOf = [first, ...rest.filter(({ poolId }) => poolId === first.poolId)].map(({ id }) => id);
      const looked = await attempt(ctx, search, await wanted(search, around, first.poolId, { oneOf }));
      if (typeof looked === "object") return looked;
    }
  }
  return "nothing";
}

async function wanted(search: Search, around: Surroundings, poolId: number, job: Wanted["job"]): Promise<Wanted> {
  const free = await around.free(poolId);
  const placement: Placement = askedPlacement(search, free.all);
  return { job, free, placement };
}

async function attempt(ctx: SchedulerContext, search: Search, wanted: Wanted): Promise<Looked<Found>> {
  const decision = await decideClaim(ctx, search.claim, wanted);
  if (decision.kind === "run") return { found: decision.runId };
  if (decision.kind === "superseded") return { found: null };
  if (decision.kind === "stale") return "nothing";
  search.avoid.push(decision.jobId);
  return "held";
}
