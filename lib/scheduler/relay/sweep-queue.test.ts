import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type TestContext, testContext } from "../../testing/context.ts";
import { REDIS_KINDS } from "../../testing/redis-kinds.ts";
import { makeBranch, makeBuildset, makeJob, makePool, makePush } from "../../testing/rows.ts";
import type { SchedulerContext } from "../context.ts";
import { queueKeys } from "../queue/keys.ts";
import { rebuildQueue } from "./rebuild-queue.ts";
import { relayQueue } from "./relay-queue.ts";
import { sweepQueue } from "./sweep-queue.ts";

describe.each(REDIS_KINDS)("the sweep %s", (_, start) => {
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
    await test.emptyRedis();
    await test.sql.count("UPDATE jobs SET state = 'blocked', dirty = false WHERE state <> 'done'");
    branchId = await makeBranch(test.sql);
    buildsetId = await makeBuildset(test.sql, { pushId: await makePush(test.sql, { branchId }) });
    poolId = await makePool(test.sql);
    await rebuildQueue(ctx);
  });

  const NOTHING = { added: 0, removed: 0, forgotten: 0, rebuilt: [] };
  const job = (part: Parameters<typeof makeJob>[1] = {}) => makeJob(test.sql, { buildsetId, poolId, ...part });
  const order = () => ctx.queues.page(poolId, 0, 5000);
  const change = (jobId: number, set: string) =>
    test.sql.count(`UPDATE jobs SET ${set}, queue_version = queue_version + 1, dirty = true WHERE id = $1`, [jobId]);

  describe("sweepQueue", () => {
    it("finds nothing to repair when both agree", async () => {
      await job({ score: 2 });
      await job({ score: 1 });
      await relayQueue(ctx);
      expect(await sweepQueue(ctx)).toEqual(NOTHING);
    });

    it("puts back a job that was popped by a claim that died before it decided, at its old place", async () => {
      const ids = [await job({ score: 1 }), await job({ score: 2 }), await job({ score: 3 })];
      await relayQueue(ctx);
      await ctx.queues.pop([{ poolId, classes: ["any"] }], 2);
      const woken = ctx.signals.next([`pool:${poolId}`], 60_000);
      expect(await sweepQueue(ctx)).toEqual({ ...NOTHING, added: 2 });
      expect(await order()).toEqual(ids);
      expect(await woken).toBe(true);
    });

    it("moves a job that stands at a wrong place, as after a lost second of Redis's file", async () => {
      const [first, second] = [await job({ score: 1 }), await job({ score: 2 })];
      await relayQueue(ctx);
      await test.redis.zadd(queueKeys(poolId).queues.any, 0, `${String(second).length}${second}`);
      expect(await sweepQueue(ctx)).toEqual({ ...NOTHING, added: 1 });
      expect(await order()).toEqual([first, second]);
    });

    it("moves a job whose class changed unheard, and takes it out of a class where it also stands", async () => {
      const [changed, twice] = [await job(), await job()];
      await relayQueue(ctx);
      await test.sql.count("UPDATE jobs SET queue_class = 'idle' WHERE id = $1", [changed]);
      await test.redis.zadd(queueKeys(poolId).queues.fast, 5, `${String(twice).length}${twice}`);
      expect(await sweepQueue(ctx)).toEqual({ ...NOTHING, added: 1, removed: 1 });
      expect(await ctx.queues.sizes(poolId)).toMatchObject({ any: 1, fast: 0, idle: 1 });
      expect(await sweepQueue(ctx)).toEqual(NOTHING);
    });

    it("removes entries of jobs that do not wait any more", async () => {
      const [runs, done, waits] = [await job(), await job(), await job()];
      await relayQueue(ctx);
      await test.sql.count("UPDATE jobs SET state = 'running' WHERE id = $1", [runs]);
      await test.sql.count("UPDATE jobs SET state = 'done', result = 'success' WHERE id = $1", [done]);
      expect(await sweepQueue(ctx)).toEqual({ ...NOTHING, removed: 2 });
      expect(await order()).toEqual([waits]);
    });

    it("follows a branch that closes and opens, and a pool that pauses and resumes", async () => {
      const ids = [await job({ score: 1 }), await job({ score: 2 })];
      await relayQueue(ctx);
      for (const [hold, release] of [
        ["UPDATE branches SET closed_at = now() WHERE id = $1", "UPDATE branches SET closed_at = NULL WHERE id = $1"],
        ["UPDATE pools SET paused_at = now() WHERE id = $1", "UPDATE pools SET paused_at = NULL WHERE id = $1"],
      ] as const) {
        const id = hold.includes("pools") ? poolId : branchId;
        await test.sql.count(hold, [id]);
        expect((await sweepQueue(ctx)).removed).toBe(2);
        expect(await order()).toEqual([]);
        await test.sql.count(release, [id]);
        expect((await sweepQueue(ctx)).added).toBe(2);
        expect(await order()).toEqual(ids);
      }
    });

    it("rebuilds what Redis lost", async () => {
      const jobId = await job();
      await relayQueue(ctx);
      await test.emptyRedis();
      expect((await sweepQueue(ctx)).rebuilt).toContain(poolId);
      expect(await order()).toEqual([jobId]);
    });

    it("rebuilds when Redis knows a job that PostgreSQL does not: that was restored from a backup", async () => {
      const jobId = await job();
      await relayQueue(ctx);
      await test.redis.zadd(queueKeys(poolId).queues.any, 5, "79999999");
      expect((await sweepQueue(ctx)).rebuilt).toEqual([poolId]);
      expect(await order()).toEqual([jobId]);
    });

    it("rebuilds when Redis was told of a newer version than PostgreSQL has", async () => {
      const jobId = await job({ score: 1 });
      await relayQueue(ctx);
      const queue = ctx.queues.of(poolId);
      await queue.remove((await queue.epoch()) ?? "", [{ jobId, version: 9, final: false }], 0);
      expect((await sweepQueue(ctx)).rebuilt).toEqual([poolId]);
      expect(await order()).toEqual([jobId]);
      await change(jobId, "score = 4");
      await relayQueue(ctx);
      expect(await queue.scores([{ jobId, queueClass: "any" }])).toEqual([4]);
    });

    it("forgets the versions of jobs that were done more than ten minutes ago", async () => {
      const [old, young] = [await job(), await job()];
      await relayQueue(ctx);
      await change(old, "state = 'done', result = 'success'");
      await change(young, "state = 'done', result = 'success'");
      await relayQueue(ctx);
      const { gone, versions } = queueKeys(poolId);
      await test.redis.zincrby(gone, -11 * 60_000, `${String(old).length}${old}`);
      expect(await sweepQueue(ctx)).toEqual({ ...NOTHING, forgotten: 1 });
      expect(await test.redis.hkeys(versions)).toEqual([`${String(young).length}${young}`]);
    });

    it("repairs the other pools when one fails, and tells of it", async () => {
      const sickPool = await makePool(test.sql);
      await rebuildQueue(ctx);
      const jobId = await job();
      await makeJob(test.sql, { poolId: sickPool });
      await relayQueue(ctx);
      await ctx.queues.pop([{ poolId, classes: ["any"] }], 1);
      await test.redis.set(queueKeys(sickPool).queues.any, "no sorted set");
      await expect(sweepQueue(ctx)).rejects.toThrow("The sweep of 1 pools failed.");
      expect(await order()).toEqual([jobId]);
    });
  });

  describe("rebuildQueue", () => {
    it("keeps a queue closed until it is whole, whatever changes meanwhile", async () => {
      const [moved, taken, stays] = [await job({ score: 1 }), await job({ score: 2 }), await job({ score: 3 })];
      await relayQueue(ctx);
      await test.emptyRedis();
      const rebuild = rebuildQueue(ctx);
      await change(moved, "score = 9");
      await change(taken, "state = 'running'");
      await rebuild;
      await relayQueue(ctx);
      expect(await order()).toEqual([stays, moved]);
    });

    it("makes named pools anew although their queue is there", async () => {
      const jobId = await job();
      await relayQueue(ctx);
      const before = await ctx.queues.of(poolId).epoch();
      expect(await rebuildQueue(ctx, { poolIds: [poolId] })).toEqual({ rebuilt: [poolId], refused: [] });
      expect(await ctx.queues.of(poolId).epoch()).not.toBe(before);
      expect(await order()).toEqual([jobId]);
    });

    it("by two relays at once ends with one whole queue", async () => {
      const ids = [await job({ score: 1 }), await job({ score: 2 })];
      await relayQueue(ctx);
      await test.emptyRedis();
      const reports = await Promise.all([rebuildQueue(ctx), rebuildQueue(ctx)]);
      while ((await relayQueue(ctx)).notReady.length > 0) await rebuildQueue(ctx);
      expect(reports.flatMap((report) => [...report.rebuilt, ...report.refused])).toContain(poolId);
      expect(await order()).toEqual(ids);
    });
  });
});
