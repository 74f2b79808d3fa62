import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type TestContext, testContext } from "../../testing/context.ts";
import { REDIS_KINDS } from "../../testing/redis-kinds.ts";
import { makeBranch, makeBuildset, makeJob, makePool, makePush } from "../../testing/rows.ts";
import { makeWorker } from "../../testing/worker-rows.ts";
import type { SchedulerContext } from "../context.ts";
import { rebuildQueue } from "./rebuild-queue.ts";
import { relayQueue } from "./relay-queue.ts";

describe.each(REDIS_KINDS)("the relay %s", (_, start) => {
  let test: TestContext;
  let ctx: SchedulerContext;
  let branchId: number;
  let buildsetId: number;
  let poolId: number;

  beforeAll(async () => {
    test = await testContext(start);
    ctx = test.ctx;
  });
  afterAll(() => test.drop());
  beforeEach(async () => {
    await test.sql.count("UPDATE jobs SET dirty = false");
    branchId = await makeBranch(test.sql);
    buildsetId = await makeBuildset(test.sql, { pushId: await makePush(test.sql, { branchId }) });
    poolId = await makePool(test.sql);
    await rebuildQueue(ctx);
  });

  const job = (part: Parameters<typeof makeJob>[1] = {}) => makeJob(test.sql, { buildsetId, poolId, ...part });
  const change = (jobId: number, set: string) =>
    test.sql.count(`UPDATE jobs SET ${set}, queue_version = queue_version + 1, dirty = true WHERE id = $1`, [jobId]);
  const order = () => ctx.queues.page(poolId, 0, 5000);
  const dirtyIds = async () =>
    (await test.sql.rows<{ id: number }>("SELECT id FROM jobs WHERE dirty ORDER BY id")).map((row) => row.id);

  describe("relayQueue", () => {
    it("puts queued jobs in their order and clears their marks", async () => {
      const late = await job({ score: 20 });
      const early = await job({ score: -10 });
      const same = await job({ score: 20 });
      expect(await relayQueue(ctx)).toEqual({ carried: 3, notReady: [], more: false });
      expect(await order()).toEqual([early, late, same]);
      expect(await dirtyIds()).toEqual([]);
      expect(await relayQueue(ctx)).toEqual({ carried: 0, notReady: [], more: false });
    });

    it("moves a job whose score changed, and takes out one that runs, is done or blocked", async () => {
      const [moved, runs, done, blocked] = [await job({ score: 1 }), await job(), await job(), await job()];
      const other = await job({ score: 5 });
      await relayQueue(ctx);
      await change(moved, "score = 9");
      await change(runs, "state = 'running'");
      await change(done, "state = 'done', result = 'cancelled'");
      await change(blocked, "state = 'blocked'");
      await relayQueue(ctx);
      expect(await order()).toEqual([other, moved]);
    });

    it("keeps jobs of a closed branch, a paused or a removed pool out", async () => {
      await job();
      await test.sql.count("UPDATE branches SET closed_at = now() WHERE id = $1", [branchId]);
      const pausedPool = await makePool(test.sql, { pausedAt: new Date() });
      const removedPool = await makePool(test.sql, { removedAt: new Date() });
      await rebuildQueue(ctx);
      for (const poolId of [pausedPool, removedPool]) await makeJob(test.sql, { poolId });
      expect((await relayQueue(ctx)).carried).toBe(3);
      for (const id of [poolId, pausedPool, removedPool]) expect(await ctx.queues.size(id)).toBe(0);
    });

    it("moves a job whose class changed", async () => {
      const [moved, other] = [await job({ score: 1 }), await job({ score: 2 })];
      await relayQueue(ctx);
      await change(moved, "queue_class = 'idle'");
      await relayQueue(ctx);
      expect(await order()).toEqual([other, moved]);
      expect(await ctx.queues.sizes(poolId)).toMatchObject({ any: 1, idle: 1 });
    });

    it("keeps a job out that was sent to one worker", async () => {
      const probe = await job();
      await test.sql.count("UPDATE jobs SET only_worker_id = $2 WHERE id = $1", [probe, await makeWorker(test.sql)]);
      expect((await relayQueue(ctx)).carried).toBe(1);
      expect(await order()).toEqual([]);
    });

    it("wakes who waits for the pool, once the jobs are there", async () => {
      await job();
      const woken = ctx.signals.next([`pool:${poolId}`], 60_000);
      await relayQueue(ctx);
      expect(await woken).toBe(true);
    });

    it("does not wake anybody for jobs that left", async () => {
      await job({ state: "running" });
      const woken = ctx.signals.next([`pool:${poolId}`], 100);
      await relayQueue(ctx);
      expect(await woken).toBe(false);
    });

    it("carries 500 at a time and says that there are more", async () => {
      for (let made = 0; made < 3; made += 1) await job();
      await test.sql.count(
        `INSERT INTO jobs (buildset_id, builder_id, branch_id, push_id, pool_id, trust_level, definition, definition_hash, state, score, submitted_at)
       SELECT buildset_id, builder_id, branch_id, push_id, pool_id, trust_level, definition, definition_hash, state, score, submitted_at
       FROM jobs, generate_series(1, 199) WHERE pool_id = $1`,
        [poolId],
      );
      expect(await relayQueue(ctx)).toEqual({ carried: 500, notReady: [], more: true });
      expect(await relayQueue(ctx)).toEqual({ carried: 100, notReady: [], more: false });
      expect(await ctx.queues.size(poolId)).toBe(600);
    });

    it("goes past a row without a sound score", async () => {
      await job({ score: Number.NaN });
      const sound = await job();
      expect((await relayQueue(ctx)).carried).toBe(2);
      expect(await order()).toEqual([sound]);
    });

    it("does not wait for a row that a verb holds, and carries it later", async () => {
      const [held, free] = [await job(), await job()];
      await test.sql.transaction(async (tx) => {
        await tx.rows("SELECT 1 FROM jobs WHERE id = $1 FOR NO KEY UPDATE", [held]);
        expect((await relayQueue(ctx)).carried).toBe(1);
      });
      expect(await dirtyIds()).toEqual([held]);
      expect((await relayQueue(ctx)).carried).toBe(1);
      expect(await order()).toEqual([held, free]);
    });

    it("carries nothing to a queue that Redis lost, and says which", async () => {
      const jobId = await job();
      await test.emptyRedis();
      const report = await relayQueue(ctx);
      expect(report.carried).toBe(0);
      expect(report.notReady).toContain(poolId);
      expect(await dirtyIds()).toEqual([jobId]);
      await rebuildQueue(ctx);
      expect((await relayQueue(ctx)).carried).toBe(1);
      expect(await order()).toEqual([jobId]);
    });

    it("is harmless twice at once", async () => {
      const ids: number[] = [];
      for (let score = 40; score > 0; score -= 1) ids.unshift(await job({ score }));
      await Promise.all([relayQueue(ctx), relayQueue(ctx), relayQueue(ctx)]);
      while ((await dirtyIds()).length > 0) await relayQueue(ctx);
      expect(await order()).toEqual(ids);
    });
  });
});
