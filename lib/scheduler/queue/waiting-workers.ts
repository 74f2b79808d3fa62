import { Placement } from "../../contracts/placement.ts";
import type { RedisClient } from "../../redis/open-redis.ts";
import { inTime } from "./in-time.ts";
import { jobIdOf, memberOf, offerKey, queueKeys, waitingKeys } from "./keys.ts";
import { script } from "./script.ts";

/** A waiting slot counts for so long without being told again; refresh it at least every ten seconds. */
export const WAITING_MS = 30_000;

/** A job that was offered is kept for its worker for so long. */
export const HOLD_MS = 1_000;

/** An offer can be found for so long; after the hold it is only worth a try. */
const OFFER_MS = 5_000;

/** One slot of a worker. */
export interface WorkerSlot {
  workerId: number;
  /** From 0. */
  slot: number;
}

/** A slot that waits for work of these pools. */
export interface Waiter extends WorkerSlot {
  /** Above 0; 1 is an ordinary worker. */
  speed: number;
  poolIds: readonly number[];
  /** Idle since when, ms since 1970; by default since it enters, by Redis's clock. What is there already keeps its time. */
  sinceMs?: number;
}

/** A slot as it stands in the registry of one pool. */
export interface WaitingSlot extends WorkerSlot {
  speed: number;
  sinceMs: number;
}

/** A job that waits for this slot to take it, and why the slot was chosen. */
export interface Offer {
  poolId: number;
  jobId: number;
  placement: Placement;
}

type Registry = [order: string, slots: string, expiry: string];

const REGISTRY = ["now", "registry"] as const;
const enterScript = script<[...Registry, ...offers: string[]], (string | number)[], number>("enter", ...REGISTRY);
const leaveScript = script<Registry, [slot: string], 0 | 1>("leave", ...REGISTRY);
const bestScript = script<Registry, [count: number], string[]>("best", ...REGISTRY);
const findScript = script<Registry, number[], string[]>("find", ...REGISTRY);
const freeScript = script<Registry, [fast: number | string], [all: number, fast: number]>("free", ...REGISTRY);
const offerScript = script<
  [...Registry, held: string, offer: string],
  [slot: string, member: string, offer: string, holdMs: number, offerMs: number],
  0 | 1
>("offer", ...REGISTRY);
const takeScript = script<[offer: string, held: string], [], string | null>("take-offer");

/**
 * Which workers wait for work, per pool, and which jobs are offered to them. Hints like the queue itself: whatever is lost here costs a
 * moment, because a hold ends by itself and whoever waits looks as well. Every call may throw `QueueNotReady`.
 */
export class WaitingWorkers {
  private readonly redis: RedisClient;
  private readonly timeoutMs: number;

  constructor(redis: RedisClient, timeoutMs: number) {
    this.redis = redis;
    this.timeoutMs = timeoutMs;
  }

  /** The slot waits from now on, in all its pools, for 30 seconds unless refreshed. One that has an offer stays out until it took it. */
  enter(waiter: Waiter): Promise<void> {
    return this.refresh([waiter]);
  }

  /** These slots still wait; whoever is missing, as after Redis was emptied, enters. At most 500 per pool go in one call to Redis. */
  refresh(waiters: readonly Waiter[]): Promise<void> {
    const perPool = new Map<number, Waiter[]>();
    for (const waiter of waiters) {
      for (const poolId of waiter.poolIds) perPool.set(poolId, [...(perPool.get(poolId) ?? []), waiter]);
    }
    return inTime("enter", this.timeoutMs, async () => {
      await Promise.all([...perPool].map(([poolId, slots]) => this.enterPool(poolId, slots)));
    });
  }

  /** The slot waits no longer, in none of its pools. */
  leave(waiter: WorkerSlot & { poolIds: readonly number[] }): Promise<void> {
    return inTime("leave", this.timeoutMs, async () => {
      await Promise.all(waiter.poolIds.map((poolId) => leaveScript(this.redis, registryOf(poolId), [nameOf(waiter)])));
    });
  }

  /** Whether anybody waits for work of the pool; about, for it does not look whether they are stale. */
  async anyone(poolId: number): Promise<boolean> {
    const found = await inTime("anyone", this.timeoutMs, () => this.redis.exists(waitingKeys(poolId).order));
    return found === 1;
  }

  /** How many slots wait for work of the pool, and how many of them are at least so fast; with null none counts as fast. */
  free(poolId: number, fastSpeed: number | null): Promise<{ all: number; fast: number }> {
    return inTime("free", this.timeoutMs, async () => {
      const [all, fast] = await freeScript(this.redis, registryOf(poolId), [fastSpeed === null ? "-inf" : -fastSpeed]);
      return { all, fast };
    });
  }

  /** The first of those that wait, at most `count`: the fastest first, and of equal ones those that are idle for longest. */
  best(poolId: number, count: number): Promise<WaitingSlot[]> {
    return inTime("best", this.timeoutMs, async () => {
      if (count < 1) return [];
      return slots(await bestScript(this.redis, registryOf(poolId), [count]));
    });
  }

  /** Which slots of these workers wait for work of the pool, in the order in which the workers are given; at most 500 workers. */
  find(poolId: number, workerIds: readonly number[]): Promise<WaitingSlot[]> {
    return inTime("find", this.timeoutMs, async () => {
      if (workerIds.length === 0) return [];
      return slots(await findScript(this.redis, registryOf(poolId), [...workerIds]));
    });
  }

  /**
   * Offers a job to a slot that waits, which is then out of this pool's registry, and keeps the job from all others for `holdMs`. False
   * when the slot does not wait any more. Whoever offers tells the slot with the signal `slot:<workerId>:<slot>`.
   */
  offer(
    poolId: number,
    jobId: number,
    slot: WorkerSlot,
    placement: Placement,
    holdMs: number = HOLD_MS,
  ): Promise<boolean> {
    const keys = [...registryOf(poolId), queueKeys(poolId).held, offerKey(poolId, slot)] as const;
    const text = `${memberOf(jobId)} ${JSON.stringify(placement)}`;
    return inTime("offer", this.timeoutMs, async () => {
      const args = [nameOf(slot), memberOf(jobId), text, holdMs, Math.max(OFFER_MS, holdMs)] as const;
      return (await offerScript(this.redis, [...keys], [...args])) === 1;
    });
  }

  /** Takes what is offered to the slot and ends the hold; null when nothing is. Of offers of several pools it takes the first. */
  takeOffer(waiter: WorkerSlot & { poolIds: readonly number[] }): Promise<Offer | null> {
    return inTime("take an offer", this.timeoutMs, async () => {
      for (const poolId of waiter.poolIds) {
        const text = await takeScript(this.redis, [offerKey(poolId, waiter), queueKeys(poolId).held], []);
        const offer = text === null ? null : offerOf(poolId, text);
        if (offer) return offer;
      }
      return null;
    });
  }

  private async enterPool(poolId: number, waiters: readonly Waiter[]): Promise<void> {
    for (let from = 0; from < waiters.length; from += 500) {
      const part = waiters.slice(from, from + 500);
      const offers = part.map((waiter) => offerKey(poolId, waiter));
      const args = part.flatMap((waiter) => [nameOf(waiter), -waiter.speed, sinceOf(waiter)]);
      await enterScript(this.redis, [...registryOf(poolId), ...offers], [WAITING_MS, ...args]);
    }
  }
}

function registryOf(poolId: number): Registry {
  const { order, slots, expiry } = waitingKeys(poolId);
  return [order, slots, expiry];
}

function nameOf({ workerId, slot }: WorkerSlot): string {
  return `${workerId}:${slot}`;
}

/** Of one length, so that its bytes are in the order of time. */
function sinceOf({ sinceMs }: Waiter): string {
  return sinceMs === undefined ? "" : String(Math.max(0, Math.round(sinceMs))).padStart(13, "0");
}

function slots(flat: readonly string[]): WaitingSlot[] {
  const found: WaitingSlot[] = [];
  for (let index = 0; index < flat.length; index += 2) {
    const [sinceMs = 0, workerId = 0, slot = 0] = (flat[index] ?? "").split(":").map(Number);
    found.push({ workerId, slot, speed: -Number(flat[index + 1]), sinceMs });
  }
  return found;
}

/** An offer of another version of the product may look otherwise: then there is none. */
function offerOf(poolId: number, text: string): Offer | null {
  const space = text.indexOf(" ");
  const { data } = Placement.safeParse(JSON.parse(text.slice(space + 1)));
  return data ? { poolId, jobId: jobIdOf(text.slice(0, space)), placement: data } : null;
}
