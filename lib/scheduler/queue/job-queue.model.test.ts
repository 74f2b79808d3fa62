// Longer than usual: one model with all its steps.

import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Placement } from "../../contracts/placement.ts";
import { openRedis, type RedisClient, redisReady } from "../../redis/open-redis.ts";
import type { FreshRedis } from "../../testing/fresh-redis.ts";
import { keysOf, REDIS_KINDS } from "../../testing/redis-kinds.ts";
import { JobQueue, type QueueEntry } from "./job-queue.ts";
import { QUEUE_CLASSES } from "./keys.ts";
import { QueueRebuild } from "./queue-rebuild.ts";
import { WaitingWorkers } from "./waiting-workers.ts";

describe.each(REDIS_KINDS)("the queue of a pool %s", (_, start) => {
  /** The queue as a plain list, with what Redis was told and what is kept for whom: what any reader can check by eye. */
  interface Model {
    ready: boolean;
    waiting: QueueEntry[];
    told: Map<number, number>;
    workers: Set<number>;
    offers: Map<number, number>;
    held: Set<number>;
  }
  interface Real {
    queue: JobQueue;
    workers: WaitingWorkers;
    poolId: number;
    epoch: string;
    oldEpoch: string;
  }
  const empty = (): Model => ({
    ready: false,
    waiting: [],
    told: new Map(),
    workers: new Set(),
    offers: new Map(),
    held: new Set(),
  });
  const placement: Placement = { rule: "only-one", why: "Nobody else waits.", speed: 1, free: 1, passedOver: [] };
  type Step = fc.AsyncCommand<Model, Real>;

  let server: FreshRedis;
  let redis: RedisClient;
  let pools = 0;

  beforeAll(async () => {
    server = await start();
    redis = openRedis(server.url, "background");
    await redisReady(redis);
  });
  afterAll(async () => {
    redis.disconnect();
    await server.drop();
  });

  const jobId = fc.constantFrom(1, 2, 9, 10, 11, 100);
  const version = fc.integer({ min: 1, max: 6 });
  const score = fc.integer({ min: -2, max: 2 });
  const queueClass = fc.constantFrom(...QUEUE_CLASSES);
  const worker = fc.constantFrom(1, 2, 12);
  const last = (entry: QueueEntry) => Number(entry.queueClass === "idle");
  const inOrder = (waiting: QueueEntry[]) =>
    waiting.toSorted((a, b) => last(a) - last(b) || a.score - b.score || a.jobId - b.jobId);
  const without = (waiting: QueueEntry[], id: number) => waiting.filter((other) => other.jobId !== id);
  const step = (name: string, run: (model: Model, real: Real) => Promise<void>): Step => ({
    check: () => true,
    run,
    toString: () => name,
  });

  const entry = fc.record({ jobId, version, score, queueClass });
  const put = fc.tuple(entry, fc.boolean()).map(([entry, late]) =>
    step(`put(${Object.values(entry)}${late ? ", late" : ""})`, async (model, real) => {
      const { jobId, version } = entry;
      const reply = await real.queue.put(late ? real.oldEpoch : real.epoch, [entry]);
      if (late || !model.ready) return expect(reply).toBeNull();
      const older = (model.told.get(jobId) ?? 0) > version;
      expect(reply).toEqual(older ? [jobId] : []);
      if (older) return;
      model.told.set(jobId, version);
      model.waiting = [...without(model.waiting, jobId), entry];
    }),
  );

  const remove = fc.tuple(jobId, version, fc.boolean()).map(([jobId, version, final]) =>
    step(`remove(${jobId}, v${version}${final ? ", final" : ""})`, async (model, real) => {
      const reply = await real.queue.remove(real.epoch, [{ jobId, version, final }], 0);
      if (!model.ready) return expect(reply).toBeNull();
      const older = (model.told.get(jobId) ?? 0) > version;
      expect(reply).toEqual(older ? [jobId] : []);
      if (older) return;
      model.told.set(jobId, version);
      model.waiting = without(model.waiting, jobId);
      model.held.delete(jobId);
    }),
  );

  const wanted = fc.record({
    classes: fc.shuffledSubarray([...QUEUE_CLASSES], { minLength: 1 }),
    count: fc.integer({ min: 1, max: 3 }),
    avoid: fc.subarray([1, 9, 100]),
  });
  const pop = wanted.map(({ classes, count, avoid }) =>
    step(`pop([${classes}], ${count}, [${avoid}])`, async (model, real) => {
      const reply = await real.queue.pop(classes, count, avoid).catch(() => "not ready");
      if (!model.ready) return expect(reply).toBe("not ready");
      const taken = inOrder(model.waiting)
        .filter((entry) => classes.includes(entry.queueClass))
        .filter((entry) => !avoid.includes(entry.jobId) && !model.held.has(entry.jobId))
        .slice(0, count);
      expect(reply).toEqual(taken.map(({ version: _, ...hint }) => ({ poolId: real.poolId, ...hint })));
      model.waiting = model.waiting.filter((entry) => !taken.includes(entry));
    }),
  );

  const slotOf = (workerId: number, real: Real) => ({ workerId, slot: 0, speed: 1, poolIds: [real.poolId] });
  const enter = worker.map((workerId) =>
    step(`enter(${workerId})`, async (model, real) => {
      await real.workers.enter(slotOf(workerId, real));
      if (!model.offers.has(workerId)) model.workers.add(workerId);
    }),
  );
  const offer = fc.tuple(worker, jobId).map(([workerId, jobId]) =>
    step(`offer(${workerId}, ${jobId})`, async (model, real) => {
      const slot = slotOf(workerId, real);
      const waits = model.workers.delete(workerId);
      expect(await real.workers.offer(real.poolId, jobId, slot, placement, 60_000)).toBe(waits);
      if (waits) model.offers.set(workerId, jobId);
      if (waits) model.held.add(jobId);
      expect((await real.workers.free(real.poolId, null)).all).toBe(model.workers.size);
    }),
  );
  const take = worker.map((workerId) =>
    step(`take(${workerId})`, async (model, real) => {
      const reply = await real.workers.takeOffer(slotOf(workerId, real));
      const jobId = model.offers.get(workerId);
      expect(reply).toEqual(jobId === undefined ? null : { poolId: real.poolId, jobId, placement });
      model.offers.delete(workerId);
      if (jobId !== undefined) model.held.delete(jobId);
    }),
  );

  const read = jobId.map((jobId) =>
    step(`read(${jobId})`, async (model, real) => {
      if (!model.ready) return;
      const order = inOrder(model.waiting).map((entry) => entry.jobId);
      expect(await real.queue.page(0, 100)).toEqual(order);
      const offset = jobId % (order.length + 1);
      expect(await real.queue.page(offset, 2)).toEqual(order.slice(offset, offset + 2));
      expect(await real.queue.size()).toBe(order.length);
      const place = order.indexOf(jobId);
      expect(await real.queue.ahead(jobId)).toBe(place < 0 ? null : place);
    }),
  );

  const wipe = fc.constant(
    step("wipe", async (model, real) => {
      const keys = await keysOf(redis, `{p:${real.poolId}}:`);
      if (keys.length > 0) await redis.del(...keys);
      Object.assign(model, empty());
    }),
  );

  const rebuild = fc.uniqueArray(entry, { selector: (entry) => entry.jobId }).map((entries) =>
    step(`rebuild(${entries.map((entry) => entry.jobId)})`, async (model, real) => {
      const making = new QueueRebuild(redis, real.poolId);
      await making.begin();
      await making.fill(entries);
      expect(await making.swap()).toBe(true);
      real.oldEpoch = real.epoch;
      real.epoch = (await real.queue.epoch()) ?? "";
      Object.assign(model, {
        ready: true,
        waiting: [...entries],
        told: new Map(entries.map((entry) => [entry.jobId, entry.version])),
      });
    }),
  );

  const steps = [put, put, put, put, remove, pop, pop, read, enter, enter, offer, offer, take];

  it("behaves like a sorted list, whatever the order of calls", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.commands([...steps, wipe, rebuild, rebuild], { maxCommands: 40, size: "max" }),
        async (steps) => {
          pools += 1;
          const poolId = pools;
          const setup = async () => {
            const queue = new JobQueue(redis, poolId);
            const first = new QueueRebuild(redis, poolId);
            await first.begin();
            await first.swap();
            const epoch = (await queue.epoch()) ?? "";
            const workers = new WaitingWorkers(redis, 5000);
            return { model: { ...empty(), ready: true }, real: { queue, workers, poolId, epoch, oldEpoch: "before" } };
          };
          await fc.asyncModelRun(setup, steps);
        },
      ),
      { numRuns: 200 },
    );
  });
});
