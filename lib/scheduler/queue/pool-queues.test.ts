import type { AddressInfo } from "node:net";
import { createServer, type Server } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { QueueClass } from "../../contracts/placement.ts";
import { openRedis, type RedisClient, redisReady } from "../../redis/open-redis.ts";
import type { FreshRedis } from "../../testing/fresh-redis.ts";
import { REDIS_KINDS } from "../../testing/redis-kinds.ts";
import { QUEUE_CLASSES } from "./keys.ts";
import { PoolQueues, QueueNotReady } from "./pool-queues.ts";

describe.each(REDIS_KINDS)("the queues of all pools %s", (_, start) => {
  let server: FreshRedis;
  let redis: RedisClient;
  let queues: PoolQueues;

  beforeAll(async () => {
    server = await start();
    redis = openRedis(server.url, "background");
    await redisReady(redis);
    queues = new PoolQueues(redis, 10_000);
  });
  afterAll(async () => {
    redis.disconnect();
    await server.drop();
  });
  beforeEach(() => server.empty());

  /** Opens a pool's queue with these jobs: [id, score]. */
  async function fill(poolId: number, jobs: [jobId: number, score: number, queueClass?: QueueClass][]): Promise<void> {
    const rebuild = queues.rebuild(poolId);
    await rebuild.begin();
    await rebuild.fill(jobs.map(([jobId, score, queueClass = "any"]) => ({ jobId, version: 1, score, queueClass })));
    expect(await rebuild.swap()).toBe(true);
  }

  const wants = (poolIds: number[]) => poolIds.map((poolId) => ({ poolId, classes: QUEUE_CLASSES }));

  describe("pop", () => {
    it("takes the lowest scores over several pools, the lower id where they are equal", async () => {
      await fill(1, [
        [1, 10],
        [2, 30],
        [7, 40],
      ]);
      await fill(2, [
        [3, 20],
        [4, 30],
        [5, 50],
      ]);
      await fill(3, []);
      const hints = await queues.pop(wants([1, 2, 3]), 4);
      expect(hints.map((hint) => [hint.poolId, hint.jobId])).toEqual([
        [1, 1],
        [2, 3],
        [1, 2],
        [2, 4],
      ]);
      expect(await queues.page(1, 0, 9)).toEqual([7]);
      expect(await queues.page(2, 0, 9)).toEqual([5]);
    });

    it("passes over what is avoided in every pool", async () => {
      await fill(1, [
        [1, 10],
        [2, 30],
      ]);
      await fill(2, [
        [3, 20],
        [4, 40],
      ]);
      expect((await queues.pop(wants([1, 2]), 2, [1, 3])).map((hint) => hint.jobId)).toEqual([2, 4]);
      expect((await queues.pop(wants([1]), 2, [1])).map((hint) => hint.jobId)).toEqual([]);
      expect((await queues.pop(wants([1, 2]), 9)).map((hint) => hint.jobId)).toEqual([1, 3]);
    });

    it("takes of each pool only the classes that are open there, idle jobs after those of all pools", async () => {
      await fill(1, [
        [1, 10, "idle"],
        [2, 30],
        [3, 20, "fast"],
      ]);
      await fill(2, [
        [4, 15, "fast"],
        [5, 40, "idle"],
        [6, 50],
      ]);
      const open = [
        { poolId: 1, classes: ["any", "idle"] },
        { poolId: 2, classes: ["any", "fast", "idle"] },
        { poolId: 3, classes: [] },
      ] as const;
      expect((await queues.pop(open, 9)).map((hint) => hint.jobId)).toEqual([4, 2, 6, 1, 5]);
      expect(await queues.sizes(1)).toMatchObject({ any: 0, fast: 1, idle: 0 });
    });

    it("takes nothing when no pool or no job is asked for", async () => {
      await fill(1, [[1, 10]]);
      expect(await queues.pop(wants([]), 3)).toEqual([]);
      expect(await queues.pop(wants([1]), 0)).toEqual([]);
    });

    it("is not ready when one of its pools is not", async () => {
      await fill(1, [[1, 10]]);
      await expect(queues.pop(wants([1, 2]), 1)).rejects.toThrow(QueueNotReady);
      expect(await queues.size(1)).toBe(1);
    });
  });

  describe("epochs", () => {
    it("are told for many pools at once, null for those that are not ready", async () => {
      await fill(1, []);
      await fill(2, []);
      const [first, second, third] = await queues.epochs([1, 2, 3]);
      expect([first, second]).toEqual([await queues.of(1).epoch(), await queues.of(2).epoch()]);
      expect(third).toBeNull();
      expect(await queues.epochs([])).toEqual([]);
    });
  });

  describe("reading", () => {
    it("tells places, pages and sizes of a pool", async () => {
      await fill(1, [
        [5, 1],
        [6, 2],
      ]);
      expect(await queues.ahead(1, 6)).toBe(1);
      expect(await queues.ahead(1, 7)).toBeNull();
      expect(await queues.page(1, 1, 5)).toEqual([6]);
      expect(await queues.size(1)).toBe(2);
    });
  });

  describe("a Redis that does not answer", () => {
    let blackHole: Server;
    afterAll(() => blackHole.close());

    it("is not ready after the time that a reader has, and says so at once when it is away", async () => {
      blackHole = createServer(() => {}); // accepts and never answers
      await new Promise<void>((resolve) => blackHole.listen(0, "127.0.0.1", resolve));
      const { port } = blackHole.address() as AddressInfo;
      const silent = openRedis(`redis://127.0.0.1:${port}`, "background");
      silent.options.enableOfflineQueue = true; // so that the command waits, as for a reply
      try {
        await expect(new PoolQueues(silent, 50).pop(wants([1]), 1)).rejects.toThrow(
          'did not answer "pop" within 50 ms',
        );
      } finally {
        silent.disconnect();
      }
      const away = openRedis("redis://127.0.0.1:1", "request");
      try {
        await expect(new PoolQueues(away, 10_000).ahead(1, 1)).rejects.toThrow(QueueNotReady);
      } finally {
        away.disconnect();
      }
    });
  });
});
