import fc from "fast-check";
import type { Redis } from "ioredis";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openRedis, redisReady } from "../../redis/open-redis.ts";
import { type FreshRedis, freshRedis } from "../../testing/fresh-redis.ts";
import { JobQueue, type QueueEntry } from "./job-queue.ts";
import { QueueRebuild } from "./queue-rebuild.ts";

/** The queue as a plain list, with what Redis was told: what any reader can check by eye. */
interface Model {
  ready: boolean;
  waiting: QueueEntry[];
  told: Map<number, number>;
}
interface Real {
  queue: JobQueue;
  poolId: number;
  epoch: string;
  oldEpoch: string;
}
type Step = fc.AsyncCommand<Model, Real>;

let server: FreshRedis;
let redis: Redis;
let pools = 0;

beforeAll(async () => {
  server = await freshRedis();
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
const inOrder = (waiting: QueueEntry[]) => waiting.toSorted((a, b) => a.score - b.score || a.jobId - b.jobId);
const without = (waiting: QueueEntry[], id: number) => waiting.filter((other) => other.jobId !== id);
const step = (name: string, run: (model: Model, real: Real) => Promise<void>): Step => ({
  check: () => true,
  run,
  toString: () => name,
});

const put = fc.tuple(jobId, version, score, fc.boolean()).map(([jobId, version, score, late]) =>
  step(`put(${jobId}, v${version}, ${score}${late ? ", late" : ""})`, async (model, real) => {
    const entry = { jobId, version, score };
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
  }),
);

const pop = fc.tuple(fc.integer({ min: 1, max: 3 }), fc.subarray([1, 9, 100])).map(([count, avoid]) =>
  step(`pop(${count}, [${avoid}])`, async (model, real) => {
    const reply = await real.queue.pop(count, avoid).catch(() => "not ready");
    if (!model.ready) return expect(reply).toBe("not ready");
    const taken = inOrder(model.waiting)
      .filter((entry) => !avoid.includes(entry.jobId))
      .slice(0, count);
    expect(reply).toEqual(taken.map(({ jobId, score }) => ({ poolId: real.poolId, jobId, score })));
    model.waiting = model.waiting.filter((entry) => !taken.includes(entry));
  }),
);

const read = jobId.map((jobId) =>
  step(`read(${jobId})`, async (model, real) => {
    if (!model.ready) return;
    const order = inOrder(model.waiting).map((entry) => entry.jobId);
    expect(await real.queue.page(0, 100)).toEqual(order);
    expect(await real.queue.size()).toBe(order.length);
    const place = order.indexOf(jobId);
    expect(await real.queue.ahead(jobId)).toBe(place < 0 ? null : place);
  }),
);

const wipe = fc.constant(
  step("wipe", async (model, real) => {
    const keys = await redis.keys(`{p:${real.poolId}}:*`);
    if (keys.length > 0) await redis.del(...keys);
    Object.assign(model, { ready: false, waiting: [], told: new Map() });
  }),
);

const rebuild = fc
  .uniqueArray(fc.record({ jobId, version, score }), { selector: (entry) => entry.jobId })
  .map((entries) =>
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

it("behaves like a sorted list, whatever the order of calls", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.commands([put, put, put, remove, pop, read, wipe, rebuild, rebuild], { maxCommands: 40 }),
      async (steps) => {
        pools += 1;
        const poolId = pools;
        const setup = async () => {
          const queue = new JobQueue(redis, poolId);
          const first = new QueueRebuild(redis, poolId);
          await first.begin();
          await first.swap();
          const epoch = (await queue.epoch()) ?? "";
          const model: Model = { ready: true, waiting: [], told: new Map() };
          return { model, real: { queue, poolId, epoch, oldEpoch: "before" } };
        };
        await fc.asyncModelRun(setup, steps);
      },
    ),
    { numRuns: 600 },
  );
});
