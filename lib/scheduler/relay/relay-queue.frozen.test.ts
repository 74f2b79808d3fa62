import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Database } from "../../db/sql.ts";
import { type TestContext, testContext } from "../../testing/context.ts";
import { REDIS_KINDS } from "../../testing/redis-kinds.ts";
import { makeBranch, makeBuildset, makeJob, makePool, makePush } from "../../testing/rows.ts";
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

  /** A context whose relay stops after reading the dirty rows, until `go` is called: a process that was frozen there. */
  function frozenAfterReading(): { frozen: SchedulerContext; reached: Promise<void>; go: () => void } {
    const reached = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const sql: Database = {
      ...test.sql,
      rows: async (statement, values) => {
        const rows = await test.sql.rows(statement, values);
        if (typeof statement !== "string" && statement.name === "relay_dirty") {
          reached.resolve();
          await gate.promise;
        }
        return rows as never;
      },
    };
    return { frozen: { ...ctx, sql }, reached: reached.promise, go: gate.resolve };
  }

  describe("a relay that was frozen after it read what is dirty", () => {
    it("leaves a job dirty that changed after it was read, and carries the change next", async () => {
      const jobId = await job({ score: 1 });
      const { frozen, reached, go } = frozenAfterReading();
      const relay = relayQueue(frozen);
      await reached;
      await change(jobId, "state = 'running'");
      go();
      expect((await relay).carried).toBe(0);
      expect(await dirtyIds()).toEqual([jobId]);
      await relayQueue(ctx);
      expect(await order()).toEqual([]);
    });

    it("is refused with what it read before a newer version was carried", async () => {
      const jobId = await job({ score: 1 });
      const zombie = frozenAfterReading();
      const late = relayQueue(zombie.frozen);
      await zombie.reached;
      await change(jobId, "score = 7");
      await relayQueue(ctx);
      zombie.go();
      expect((await late).carried).toBe(0);
      expect(await ctx.queues.of(poolId).scores([{ jobId, queueClass: "any" }])).toEqual([7]);
      await change(jobId, "state = 'running'");
    });

    it("does not bring back a job that was claimed while it was frozen", async () => {
      const jobId = await job();
      const zombie = frozenAfterReading();
      const late = relayQueue(zombie.frozen);
      await zombie.reached;
      await relayQueue(ctx);
      await ctx.queues.pop([{ poolId, classes: ["any"] }], 1);
      await change(jobId, "state = 'running'");
      await relayQueue(ctx);
      zombie.go();
      await late;
      expect(await order()).toEqual([]);
    });

    it("cannot write what it read before Redis was emptied, nor clear its mark", async () => {
      const jobId = await job({ score: 1 });
      const zombie = frozenAfterReading();
      const late = relayQueue(zombie.frozen);
      await zombie.reached;
      await test.emptyRedis();
      await change(jobId, "state = 'running'");
      await rebuildQueue(ctx);
      zombie.go();
      expect((await late).carried).toBe(0);
      expect(await order()).toEqual([]);
      expect(await dirtyIds()).toEqual([jobId]);
    });
  });
});
