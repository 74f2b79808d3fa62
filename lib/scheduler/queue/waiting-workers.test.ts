// Longer than usual: every promise of the registry and of offers in one place.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Placement } from "../../contracts/placement.ts";
import { openRedis, type RedisClient, redisReady } from "../../redis/open-redis.ts";
import type { FreshRedis } from "../../testing/fresh-redis.ts";
import { keysOf, REDIS_KINDS } from "../../testing/redis-kinds.ts";
import { offerKey, QUEUE_CLASSES, waitingKeys } from "./keys.ts";
import { PoolQueues, QueueNotReady } from "./pool-queues.ts";
import type { Waiter } from "./waiting-workers.ts";

const placement: Placement = { rule: "fastest", why: "It is the fastest.", speed: 2, free: 3, passedOver: [] };

describe.each(REDIS_KINDS)("the waiting workers %s", (_, start) => {
  let server: FreshRedis;
  let redis: RedisClient;
  let queues: PoolQueues;
  let pool = 0;
  let other = 0;

  beforeAll(async () => {
    server = await start();
    redis = openRedis(server.url, "background");
    await redisReady(redis);
    queues = new PoolQueues(redis, 5000);
  });
  afterAll(async () => {
    redis.disconnect();
    await server.drop();
  });
  beforeEach(() => {
    pool = other + 1;
    other = pool + 1;
  });

  const waiter = (workerId: number, part: Partial<Waiter> = {}): Waiter => ({
    workerId,
    slot: 0,
    speed: 1,
    poolIds: [pool],
    ...part,
  });
  const bestIds = async (count = 9) => (await queues.waiting.best(pool, count)).map((slot) => slot.workerId);
  /** Opens the pool's queue with these jobs, the lower id first. */
  async function fill(...jobIds: number[]): Promise<void> {
    const rebuild = queues.rebuild(pool);
    await rebuild.begin();
    await rebuild.fill(jobIds.map((jobId) => ({ jobId, version: 1, score: 0, queueClass: "any" })));
    expect(await rebuild.swap()).toBe(true);
  }
  const popIds = async (count: number, avoid: number[] = []) =>
    (await queues.pop([{ poolId: pool, classes: QUEUE_CLASSES }], count, avoid)).map((hint) => hint.jobId);
  /** As if nothing had been heard of the slot for as long as it counts. */
  async function goStale({ workerId, slot }: Waiter): Promise<void> {
    const { expiry } = waitingKeys(pool);
    const member = (await redis.zrange(expiry, 0, "-1")).find((one) => one.endsWith(`:${workerId}:${slot}`));
    await redis.zadd(expiry, 1, member ?? "");
  }

  describe("the registry", () => {
    it("tells the fastest first, and of equal ones those that are idle for longest", async () => {
      for (const [workerId, speed, sinceMs] of [
        [1, 1, 300],
        [2, 2.5, 900],
        [3, 1, 100],
        [4, 2.5, 800],
        [5, 0.5, 1],
      ] as const)
        await queues.waiting.enter(waiter(workerId, { speed, sinceMs }));
      expect(await bestIds()).toEqual([4, 2, 3, 1, 5]);
      expect(await queues.waiting.best(pool, 1)).toEqual([{ workerId: 4, slot: 0, speed: 2.5, sinceMs: 800 }]);
      expect(await queues.waiting.best(pool, 0)).toEqual([]);
    });

    it("counts the free slots, and the fast ones among them", async () => {
      expect(await queues.waiting.free(pool, 2)).toEqual({ all: 0, fast: 0 });
      expect(await queues.waiting.anyone(pool)).toBe(false);
      const fast = waiter(2, { speed: 2 });
      await queues.waiting.refresh([waiter(1), fast, { ...fast, slot: 1 }, waiter(3, { speed: 1.99 })]);
      expect(await queues.waiting.free(pool, 2)).toEqual({ all: 4, fast: 2 });
      expect((await queues.waiting.free(pool, null)).all).toBe(4);
      expect(await queues.waiting.anyone(pool)).toBe(true);
    });

    it("finds the slots of some workers, and no others", async () => {
      await queues.waiting.refresh([
        waiter(1, { slot: 1 }),
        waiter(12),
        waiter(1, { slot: 0 }),
        waiter(2, { slot: 11 }),
      ]);
      const found = await queues.waiting.find(pool, [2, 1, 99]);
      expect(found.map((slot) => [slot.workerId, slot.slot])).toEqual([
        [2, 11],
        [1, 0],
        [1, 1],
      ]);
      expect(await queues.waiting.find(pool, [])).toEqual([]);
    });

    it("keeps since when a slot waits, takes a new speed, and forgets at the leave", async () => {
      await queues.waiting.enter(waiter(1, { sinceMs: 500 }));
      await queues.waiting.enter(waiter(1, { sinceMs: 700, speed: 3 }));
      expect(await queues.waiting.best(pool, 9)).toEqual([{ workerId: 1, slot: 0, speed: 3, sinceMs: 500 }]);
      await queues.waiting.leave(waiter(1));
      await queues.waiting.leave(waiter(1));
      expect(await bestIds()).toEqual([]);
      expect(await keysOf(redis, `{p:${pool}}:`)).toEqual([]);
    });

    it("dates a slot by Redis's clock when nothing else is said", async () => {
      await queues.waiting.enter(waiter(1));
      const [slot] = await queues.waiting.best(pool, 1);
      expect(slot?.sinceMs).toBeGreaterThan(1.7e12);
    });

    it("has a slot in every pool that it waits for", async () => {
      await queues.waiting.enter(waiter(1, { poolIds: [pool, other] }));
      for (const poolId of [pool, other]) expect((await queues.waiting.free(poolId, null)).all).toBe(1);
      await queues.waiting.leave({ workerId: 1, slot: 0, poolIds: [pool, other] });
      for (const poolId of [pool, other]) expect((await queues.waiting.free(poolId, null)).all).toBe(0);
    });

    it("passes over slots of which nothing was heard, for every reader, and lets them come again", async () => {
      const readers = [
        async () => (await queues.waiting.free(pool, 0)).all,
        async () => (await queues.waiting.best(pool, 9)).length,
        async () => (await queues.waiting.find(pool, [1])).length,
        async () => Number(await queues.waiting.offer(pool, 7, waiter(1), placement)),
      ];
      for (const read of readers) {
        await queues.waiting.enter(waiter(1));
        await goStale(waiter(1));
        expect(await read()).toBe(0);
      }
      await queues.waiting.refresh([waiter(1), waiter(2)]);
      expect(await bestIds()).toEqual([1, 2]);
    });

    it("leaves nothing behind when all processes died: every key ends by itself", async () => {
      await queues.waiting.enter(waiter(1));
      for (const key of Object.values(waitingKeys(pool))) {
        const left = await redis.pttl(key);
        expect(left).toBeGreaterThan(0);
        expect(left).toBeLessThanOrEqual(30_000);
      }
    });

    it("takes 1,200 slots at once", async () => {
      await queues.waiting.refresh(Array.from({ length: 1200 }, (_, index) => waiter(index + 1, { sinceMs: index })));
      expect((await queues.waiting.free(pool, null)).all).toBe(1200);
      expect(await bestIds(3)).toEqual([1, 2, 3]);
    });
  });

  describe("an offer", () => {
    it("takes the slot out and keeps the job from others until it is taken", async () => {
      await fill(5, 6);
      await queues.waiting.enter(waiter(1));
      expect(await queues.waiting.offer(pool, 5, waiter(1), placement, 60_000)).toBe(true);
      expect(await bestIds()).toEqual([]);
      expect(await popIds(2)).toEqual([6]);
      expect(await queues.waiting.takeOffer(waiter(1))).toEqual({ poolId: pool, jobId: 5, placement });
      expect(await queues.waiting.takeOffer(waiter(1))).toBeNull();
      expect(await popIds(2)).toEqual([5]);
    });

    it("is refused for a slot that does not wait, and nothing is kept", async () => {
      await fill(5);
      expect(await queues.waiting.offer(pool, 5, waiter(1), placement)).toBe(false);
      expect(await queues.waiting.takeOffer(waiter(1))).toBeNull();
      expect(await popIds(1)).toEqual([5]);
    });

    it("goes to one of two jobs that want the same slot", async () => {
      await queues.waiting.enter(waiter(1));
      const both = await Promise.all([5, 6].map((jobId) => queues.waiting.offer(pool, jobId, waiter(1), placement)));
      expect(both.toSorted()).toEqual([false, true]);
    });

    it("keeps the slot out until it has taken it, whoever refreshes it", async () => {
      await queues.waiting.enter(waiter(1));
      await queues.waiting.offer(pool, 5, waiter(1), placement, 60_000);
      await queues.waiting.refresh([waiter(1), waiter(2)]);
      expect(await bestIds()).toEqual([2]);
      await queues.waiting.takeOffer(waiter(1));
      await queues.waiting.refresh([waiter(1)]);
      expect((await bestIds()).toSorted()).toEqual([1, 2]);
    });

    it("that nobody takes frees the job by itself", async () => {
      await fill(5);
      await queues.waiting.enter(waiter(1));
      await queues.waiting.offer(pool, 5, waiter(1), placement, 40);
      await expect.poll(() => popIds(1)).toEqual([5]);
      expect(await redis.pttl(offerKey(pool, waiter(1)))).toBeLessThanOrEqual(5_000); // so long it is worth a try
    });

    it("of one pool is found by a slot that waits for several", async () => {
      const both = waiter(1, { poolIds: [pool, other] });
      await queues.waiting.enter(both);
      await queues.waiting.offer(other, 8, both, placement, 60_000);
      expect(await queues.waiting.takeOffer(both)).toEqual({ poolId: other, jobId: 8, placement });
    });

    it("ends with the job: what the relay takes out is kept for nobody", async () => {
      await fill(5);
      await queues.waiting.enter(waiter(1));
      await queues.waiting.offer(pool, 5, waiter(1), placement, 60_000);
      const queue = queues.of(pool);
      const epoch = (await queue.epoch()) ?? "";
      await queue.remove(epoch, [{ jobId: 5, version: 2, final: false }], 0);
      await queue.put(epoch, [{ jobId: 5, version: 3, score: 0, queueClass: "any" }]); // it came back
      expect(await popIds(1)).toEqual([5]);
    });

    it("that holds many lets others through, also behind them and beside avoided ones", async () => {
      const jobIds = Array.from({ length: 130 }, (_, index) => index + 1);
      await fill(...jobIds, 900, 901, 902);
      await queues.waiting.refresh(jobIds.map((workerId) => waiter(workerId)));
      const offers = jobIds.map((id) => queues.waiting.offer(pool, id, waiter(id), placement, 60_000));
      expect((await Promise.all(offers)).every(Boolean)).toBe(true);
      expect(await popIds(2, [900])).toEqual([901, 902]);
      expect(await popIds(2)).toEqual([900]);
    });

    it("of another version of the product counts as none", async () => {
      await redis.set(offerKey(pool, waiter(1)), '15 {"rule":"unknown"}');
      expect(await queues.waiting.takeOffer(waiter(1))).toBeNull();
    });
  });

  it("is not ready while Redis is away", async () => {
    const away = openRedis("redis://127.0.0.1:1", "request");
    const waiting = new PoolQueues(away, 1000).waiting;
    await expect(waiting.enter(waiter(1))).rejects.toThrow(QueueNotReady);
    await expect(waiting.takeOffer(waiter(1))).rejects.toThrow('Redis could not answer "take an offer".');
    away.disconnect();
  });
});
