import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openRedis } from "../../redis/open-redis.ts";
import { type TestContext, testContext } from "../../testing/context.ts";
import { REDIS_KINDS } from "../../testing/redis-kinds.ts";
import { makeBranch, makeBuildset, makeJob, makePool, makePush } from "../../testing/rows.ts";
import { makeWorker } from "../../testing/worker-rows.ts";
import type { SchedulerContext } from "../context.ts";
import { QUEUE_CLASSES } from "../queue/keys.ts";
import { PoolQueues } from "../queue/pool-queues.ts";
import { type Waiter, WaitingWorkers } from "../queue/waiting-workers.ts";
import { rebuildQueue } from "./rebuild-queue.ts";
import { relayQueue } from "./relay-queue.ts";

describe.each(REDIS_KINDS)("the relay, where workers wait, %s", (_, start) => {
  let test: TestContext;
  let ctx: SchedulerContext;
  let buildsetId: number;
  let poolId: number;

  beforeAll(async () => {
    test = await testContext(start);
    ctx = test.ctx;
    const branchId = await makeBranch(test.sql);
    buildsetId = await makeBuildset(test.sql, { pushId: await makePush(test.sql, { branchId }) });
  });
  afterAll(() => test.drop());
  beforeEach(async () => {
    await test.sql.count("UPDATE jobs SET dirty = false");
    poolId = await makePool(test.sql);
    await rebuildQueue(ctx);
  });

  const job = (score: number) => makeJob(test.sql, { buildsetId, poolId, score });
  /** A slot of a new worker of the pool, which waits. */
  async function waits(): Promise<Waiter> {
    const workerId = await makeWorker(test.sql, { poolIds: [poolId] });
    const waiter = { workerId, slot: 0, speed: 1, poolIds: [poolId] };
    await ctx.queues.waiting.enter(waiter);
    return waiter;
  }
  const popIds = async () => (await ctx.queues.pop([{ poolId, classes: QUEUE_CLASSES }], 9)).map((hint) => hint.jobId);
  const heard = (topic: string, ms: number) => ctx.signals.next([topic], ms);

  it("keeps a job for the worker that it was offered to, and wakes that one alone", async () => {
    const waiter = await waits();
    const jobId = await job(1);
    const [slot, pool] = [heard(`slot:${waiter.workerId}:0`, 60_000), heard(`pool:${poolId}`, 300)];
    await relayQueue(ctx);
    expect(await ctx.queues.waiting.takeOffer(waiter)).toMatchObject({ poolId, jobId });
    expect(await slot).toBe(true);
    expect(await pool).toBe(false);
    expect(await ctx.queues.page(poolId, 0, 9)).toEqual([jobId]);
    expect(await popIds()).toEqual([jobId]);
  });

  it("carries a job although Redis does not say in time who waits", async () => {
    const jobId = await job(1);
    const away = openRedis("redis://127.0.0.1:1", "request");
    const queues = Object.assign(new PoolQueues(test.redis, 2_000), { waiting: new WaitingWorkers(away, 50) });
    expect(await relayQueue({ ...ctx, queues })).toMatchObject({ carried: 1 });
    away.disconnect();
    expect(await popIds()).toEqual([jobId]);
  });

  it("wakes the pool as well for what was offered to nobody", async () => {
    const waiter = await waits();
    const jobIds = [await job(1), await job(2)];
    const both = [heard(`slot:${waiter.workerId}:0`, 60_000), heard(`pool:${poolId}`, 60_000)];
    await relayQueue(ctx);
    const offer = await ctx.queues.waiting.takeOffer(waiter);
    expect(await Promise.all(both)).toEqual([true, true]);
    expect(jobIds).toContain(offer?.jobId);
    expect(await popIds()).toEqual(jobIds);
  });

  it("offers nothing that does not belong in the queue", async () => {
    const waiter = await waits();
    await test.sql.count("UPDATE pools SET paused_at = now() WHERE id = $1", [poolId]);
    await job(1);
    await relayQueue(ctx);
    expect(await ctx.queues.waiting.takeOffer(waiter)).toBeNull();
    expect((await ctx.queues.waiting.free(poolId, null)).all).toBe(1);
  });
});
