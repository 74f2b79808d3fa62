import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openRedis, type RedisClient, redisReady } from "../../redis/open-redis.ts";
import type { FreshRedis } from "../../testing/fresh-redis.ts";
import { keysOf, REDIS_KINDS } from "../../testing/redis-kinds.ts";
import { JobQueue, type QueueEntry } from "./job-queue.ts";
import { queueKeys } from "./keys.ts";
import { QueueNotReady } from "./queue-not-ready.ts";
import { QueueRebuild } from "./queue-rebuild.ts";

describe.each(REDIS_KINDS)("a queue made anew %s", (_, start) => {
  let server: FreshRedis;
  let redis: RedisClient;
  let queue: JobQueue;
  let epoch: string;
  let lastPool = 0;

  beforeAll(async () => {
    server = await start();
    redis = openRedis(server.url, "background");
    await redisReady(redis);
  });
  afterAll(async () => {
    redis.disconnect();
    await server.drop();
  });
  beforeEach(async () => {
    lastPool += 1;
    queue = new JobQueue(redis, lastPool);
    epoch = await opened(lastPool);
  });

  async function opened(poolId: number): Promise<string> {
    const rebuild = new QueueRebuild(redis, poolId);
    await rebuild.begin();
    await rebuild.swap();
    return (await new JobQueue(redis, poolId).epoch()) ?? "";
  }

  const job = (jobId: number, part: Partial<QueueEntry> = {}): QueueEntry => ({
    jobId,
    version: 1,
    score: 0,
    queueClass: "any",
    ...part,
  });

  describe("a rebuild", () => {
    it("replaces what was there, versions included", async () => {
      await queue.put(epoch, [job(1, { version: 7 }), job(2)]);
      const rebuild = new QueueRebuild(redis, lastPool);
      await rebuild.begin();
      await expect(queue.pop(["any"], 1)).rejects.toThrow(QueueNotReady);
      await rebuild.fill([job(1, { version: 3, score: 4 })]);
      await rebuild.fill([job(5, { version: 1, score: 2 })]);
      expect(await rebuild.swap()).toBe(true);
      expect(await queue.page(0, 9)).toEqual([5, 1]);
      const now = (await queue.epoch()) ?? "";
      expect(now).not.toBe(epoch);
      expect(await queue.put(epoch, [job(9)])).toBeNull(); // a write from before the rebuild
      expect(await queue.put(now, [job(1, { version: 2 })])).toEqual([1]);
      expect(await redis.ttl(queueKeys(lastPool).queues.any)).toBe(-1);
      expect(await redis.ttl(queueKeys(lastPool).versions)).toBe(-1);
    });

    it("leaves an empty queue when nothing waits", async () => {
      await queue.put(epoch, [job(1)]);
      const rebuild = new QueueRebuild(redis, lastPool);
      await rebuild.begin();
      expect(await rebuild.swap()).toBe(true);
      expect(await queue.size()).toBe(0);
    });

    it("is refused when another one began later, which then succeeds", async () => {
      const slow = new QueueRebuild(redis, lastPool);
      const quick = new QueueRebuild(redis, lastPool);
      await slow.begin();
      await slow.fill([job(1)]);
      await quick.begin();
      await quick.fill([job(2)]);
      expect(await slow.swap()).toBe(false);
      expect(await quick.swap()).toBe(true);
      expect(await queue.page(0, 9)).toEqual([2]);
    });

    it("is refused when another one was faster", async () => {
      const slow = new QueueRebuild(redis, lastPool);
      const quick = new QueueRebuild(redis, lastPool);
      await slow.begin();
      await quick.begin();
      await quick.swap();
      await slow.fill([job(1)]);
      expect(await slow.swap()).toBe(false);
      expect(await queue.size()).toBe(0);
    });

    it("is refused when Redis was emptied meanwhile, and leaves nothing behind", async () => {
      const rebuild = new QueueRebuild(redis, lastPool);
      await rebuild.begin();
      await rebuild.fill([job(1)]);
      await server.empty();
      await rebuild.fill([job(2)]);
      expect(await rebuild.swap()).toBe(false);
      expect(await keysOf(redis)).toEqual([]);
    });
  });
});
