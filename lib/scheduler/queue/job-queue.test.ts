// Longer than usual: every promise of the queue in one place.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openRedis, type RedisClient, redisReady } from "../../redis/open-redis.ts";
import type { FreshRedis } from "../../testing/fresh-redis.ts";
import { nodesOf, REDIS_KINDS } from "../../testing/redis-kinds.ts";
import { JobQueue, type QueueEntry } from "./job-queue.ts";
import { QUEUE_CLASSES, queueKeys } from "./keys.ts";
import { QueueNotReady } from "./queue-not-ready.ts";
import { QueueRebuild } from "./queue-rebuild.ts";

describe.each(REDIS_KINDS)("the queue of a pool %s", (_, start) => {
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
  const gone = (jobId: number, version: number, final = false) => ({ jobId, version, final });
  const popIds = async (count: number, avoid: number[] = []) =>
    (await queue.pop(QUEUE_CLASSES, count, avoid)).map((hint) => hint.jobId);

  describe("put", () => {
    it("serves lowest scores first, negative ones before all", async () => {
      await queue.put(epoch, [job(1, { score: 5 }), job(2, { score: -7 }), job(3, { score: 0 })]);
      expect(await queue.pop(QUEUE_CLASSES, 5)).toEqual([
        { poolId: lastPool, jobId: 2, score: -7, queueClass: "any" },
        { poolId: lastPool, jobId: 3, score: 0, queueClass: "any" },
        { poolId: lastPool, jobId: 1, score: 5, queueClass: "any" },
      ]);
    });

    it("serves the lower id first where scores are equal, also across numbers of digits", async () => {
      await queue.put(epoch, [job(100), job(9), job(1000), job(20)]);
      expect(await popIds(4)).toEqual([9, 20, 100, 1000]);
    });

    it("moves a job that is there already", async () => {
      await queue.put(epoch, [job(1, { score: 1 }), job(2, { score: 2 })]);
      await queue.put(epoch, [job(2, { version: 2, score: 0 })]);
      expect(await popIds(2)).toEqual([2, 1]);
    });

    it("keeps scores exact to 2^53", async () => {
      const score = -(2 ** 53 - 1);
      await queue.put(epoch, [job(1, { score }), job(2, { score: score + 1 })]);
      expect((await queue.pop(QUEUE_CLASSES, 2)).map((hint) => hint.score)).toEqual([score, score + 1]);
    });

    it("refuses an older version and says which job", async () => {
      await queue.put(epoch, [job(1, { version: 3, score: 1 })]);
      expect(await queue.put(epoch, [job(1, { version: 2, score: 9 }), job(2)])).toEqual([1]);
      expect(await queue.scores([job(1), job(2)])).toEqual([1, 0]);
    });

    it("takes the same version again", async () => {
      await queue.put(epoch, [job(1)]);
      await queue.pop(QUEUE_CLASSES, 1);
      expect(await queue.put(epoch, [job(1)])).toEqual([]);
      expect(await popIds(1)).toEqual([1]);
    });

    it("does not bring back a job that was claimed meanwhile", async () => {
      await queue.put(epoch, [job(1)]);
      await queue.pop(QUEUE_CLASSES, 1);
      await queue.remove(epoch, [gone(1, 2)], 0);
      expect(await queue.put(epoch, [job(1)])).toEqual([1]); // an older version comes late
      expect(await popIds(1)).toEqual([]);
    });

    it("compares versions as numbers", async () => {
      await queue.put(epoch, [job(1, { version: 9 })]);
      expect(await queue.put(epoch, [job(1, { version: 10 })])).toEqual([]);
      expect(await queue.put(epoch, [job(1, { version: 9 })])).toEqual([1]);
    });

    it("writes nothing under another epoch", async () => {
      expect(await queue.put("an older epoch", [job(1)])).toBeNull();
      expect(await redis.exists(queueKeys(lastPool).versions)).toBe(0);
    });

    it("does nothing for no jobs", async () => {
      expect(await queue.put(epoch, [])).toEqual([]);
    });
  });

  describe("remove", () => {
    it("takes a job out and remembers its version", async () => {
      await queue.put(epoch, [job(1)]);
      expect(await queue.remove(epoch, [gone(1, 2)], 0)).toEqual([]);
      expect(await popIds(1)).toEqual([]);
      expect(await queue.put(epoch, [job(1, { version: 1 })])).toEqual([1]);
    });

    it("refuses an older version", async () => {
      await queue.put(epoch, [job(1, { version: 2 })]);
      expect(await queue.remove(epoch, [gone(1, 1)], 0)).toEqual([1]);
      expect(await popIds(1)).toEqual([1]);
    });

    it("writes nothing under another epoch", async () => {
      await queue.put(epoch, [job(1)]);
      expect(await queue.remove("an older epoch", [gone(1, 2)], 0)).toBeNull();
      expect(await popIds(1)).toEqual([1]);
    });
  });

  describe("forget", () => {
    it("forgets the versions of jobs that were done before the time, and no others", async () => {
      await queue.remove(epoch, [gone(1, 2, true)], 1000);
      await queue.remove(epoch, [gone(2, 2, true)], 2000);
      await queue.remove(epoch, [gone(3, 2)], 1000);
      expect(await queue.forget(1500, 10)).toBe(1);
      expect(await redis.hkeys(queueKeys(lastPool).versions)).toEqual(["12", "13"]);
    });

    it("keeps the version of a job that was restored", async () => {
      await queue.remove(epoch, [gone(1, 2, true)], 1000);
      await queue.put(epoch, [job(1, { version: 3 })]);
      expect(await queue.forget(5000, 10)).toBe(0);
      expect(await queue.put(epoch, [job(1, { version: 2 })])).toEqual([1]);
    });

    it("forgets at most as many as asked", async () => {
      await queue.remove(epoch, [gone(1, 2, true), gone(2, 2, true), gone(3, 2, true)], 1000);
      expect(await queue.forget(5000, 2)).toBe(2);
      expect(await queue.forget(5000, 2)).toBe(1);
    });
  });

  describe("pop", () => {
    it("takes at most as many as asked", async () => {
      await queue.put(epoch, [job(1), job(2), job(3)]);
      expect(await popIds(2)).toEqual([1, 2]);
      expect(await popIds(2)).toEqual([3]);
      expect(await popIds(2)).toEqual([]);
    });

    it("passes over what is avoided, which keeps its place", async () => {
      await queue.put(epoch, [job(1), job(2), job(3)]);
      expect(await popIds(1, [1, 99])).toEqual([2]);
      expect(await popIds(5, [1])).toEqual([3]);
      expect(await popIds(5)).toEqual([1]);
    });

    it("hands no job to two that ask at once", async () => {
      await queue.put(
        epoch,
        Array.from({ length: 300 }, (_, index) => job(index + 1)),
      );
      const taken = (await Promise.all(Array.from({ length: 100 }, () => popIds(4)))).flat();
      expect(taken).toHaveLength(300);
      expect(new Set(taken).size).toBe(300);
    });

    it("is refused while the queue is not ready", async () => {
      await redis.del(queueKeys(lastPool).epoch);
      await expect(queue.pop(QUEUE_CLASSES, 1)).rejects.toThrow(QueueNotReady);
      await expect(queue.pop(QUEUE_CLASSES, 1, [3])).rejects.toThrow(`The queue of pool ${lastPool} is being rebuilt.`);
    });
  });

  describe("classes", () => {
    const five = () => QUEUE_CLASSES.map((queueClass, index) => job(index + 1, { queueClass, score: 10 - index }));

    it("pops only of the classes that are asked for, lowest score first, and idle jobs after all others", async () => {
      await queue.put(epoch, five()); // idle has the lowest score
      expect((await queue.pop(["fast", "any"], 9)).map((hint) => [hint.jobId, hint.queueClass])).toEqual([
        [2, "fast"],
        [1, "any"],
      ]);
      expect((await queue.pop(["idle", "reserved", "reserved-fast"], 9)).map((hint) => hint.jobId)).toEqual([4, 3, 5]);
      expect(await queue.pop([], 9)).toEqual([]);
    });

    it("breaks ties between classes by the id", async () => {
      await queue.put(epoch, [job(100), job(9, { queueClass: "fast" }), job(20, { queueClass: "reserved" })]);
      expect(await queue.page(0, 9)).toEqual([9, 20, 100]);
      expect(await popIds(3)).toEqual([9, 20, 100]);
    });

    it("moves a job whose class changed, and refuses an older class", async () => {
      await queue.put(epoch, [job(1, { version: 2, queueClass: "fast" })]);
      expect(await queue.put(epoch, [job(1, { version: 1, queueClass: "any" })])).toEqual([1]);
      await queue.put(epoch, [job(1, { version: 3, queueClass: "idle" })]);
      expect(await queue.sizes()).toEqual({ any: 0, fast: 0, reserved: 0, "reserved-fast": 0, idle: 1 });
      await queue.remove(epoch, [gone(1, 4)], 0);
      expect(await queue.size()).toBe(0);
    });

    it("tells places and pages over all of them, from anywhere, with many ties", async () => {
      const jobs = Array.from({ length: 1300 }, (_, index) =>
        job(index + 1, { score: index % 4, queueClass: QUEUE_CLASSES[(index * 7) % 5] ?? "any" }),
      );
      for (let from = 0; from < jobs.length; from += 500) await queue.put(epoch, jobs.slice(from, from + 500));
      const last = (entry: QueueEntry) => Number(entry.queueClass === "idle");
      const order = jobs
        .toSorted((a, b) => last(a) - last(b) || a.score - b.score || a.jobId - b.jobId)
        .map((entry) => entry.jobId);
      expect(await queue.page(0, 5000)).toEqual(order);
      for (const offset of [1, 7, 499, 500, 777, 1035, 1036, 1040, 1041, 1299, 1300, 2000]) {
        expect(await queue.page(offset, 40)).toEqual(order.slice(offset, offset + 40));
        const jobId = order[offset];
        if (jobId !== undefined) expect(await queue.ahead(jobId)).toBe(offset);
      }
    });
  });

  describe("reading", () => {
    it("tells how many are ahead, pages and the size", async () => {
      await queue.put(epoch, [job(1, { score: 3 }), job(2, { score: 1 }), job(3, { score: 2 })]);
      expect(await queue.ahead(1)).toBe(2);
      expect(await queue.ahead(2)).toBe(0);
      expect(await queue.ahead(4)).toBeNull();
      expect(await queue.page(1, 2)).toEqual([3, 1]);
      expect(await queue.page(0, 0)).toEqual([]);
      expect(await queue.page(9, 5)).toEqual([]);
      expect(await queue.size()).toBe(3);
      expect((await queue.peek(QUEUE_CLASSES, 1)).map((hint) => hint.jobId)).toEqual([2]);
    });

    it("is refused while the queue is not ready", async () => {
      await redis.del(queueKeys(lastPool).epoch);
      await expect(queue.ahead(1)).rejects.toThrow(QueueNotReady);
      await expect(queue.page(0, 1)).rejects.toThrow(QueueNotReady);
      await expect(queue.size()).rejects.toThrow(QueueNotReady);
      await expect(queue.peek(QUEUE_CLASSES, 1)).rejects.toThrow(QueueNotReady);
    });

    it("walks over everything that stays", async () => {
      const ids = Array.from({ length: 2000 }, (_, index) => index + 1);
      for (let from = 0; from < 2000; from += 500)
        await queue.put(
          epoch,
          ids.slice(from, from + 500).map((id) => job(id, { score: id })),
        );
      const seen = new Set<number>();
      for await (const page of queue.everyPlace(100)) for (const place of page) seen.add(place.jobId);
      expect([...seen].toSorted((a, b) => a - b)).toEqual(ids);
    });
  });

  describe("a server that forgot its scripts", () => {
    const forgetScripts = () => Promise.all(nodesOf(redis).map((node) => node.script("FLUSH")));

    it("is taught them again", async () => {
      await forgetScripts();
      expect(await queue.put(epoch, [job(1)])).toEqual([]);
      await forgetScripts();
      expect(await popIds(1)).toEqual([1]);
    });
  });
});
