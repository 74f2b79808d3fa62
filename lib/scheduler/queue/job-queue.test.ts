// Longer than usual: every promise of the queue in one place.

import type { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openRedis, redisReady } from "../../redis/open-redis.ts";
import { type FreshRedis, freshRedis } from "../../testing/fresh-redis.ts";
import { JobQueue, type QueueEntry } from "./job-queue.ts";
import { QUEUE_CLASSES, queueKeys } from "./keys.ts";
import { QueueNotReady } from "./queue-not-ready.ts";
import { QueueRebuild } from "./queue-rebuild.ts";

let server: FreshRedis;
let redis: Redis;
let queue: JobQueue;
let epoch: string;
let lastPool = 0;

beforeAll(async () => {
  server = await freshRedis();
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
  it("is taught them again", async () => {
    await redis.script("FLUSH");
    expect(await queue.put(epoch, [job(1)])).toEqual([]);
    await redis.script("FLUSH");
    expect(await popIds(1)).toEqual([1]);
  });
});
