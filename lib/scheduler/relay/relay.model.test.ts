// Longer than usual: one model with all its steps.

import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Database } from "../../db/sql.ts";
import { type TestContext, testContext } from "../../testing/context.ts";
import { REDIS_KINDS } from "../../testing/redis-kinds.ts";
import { makeBranch, makeBuildset, makeJob, makePool, makePush } from "../../testing/rows.ts";
import type { SchedulerContext } from "../context.ts";
import type { QueuePlace } from "../queue/job-queue.ts";
import { QUEUE_CLASSES } from "../queue/keys.ts";
import { rebuildQueue } from "./rebuild-queue.ts";
import { relayQueue } from "./relay-queue.ts";
import { sweepQueue } from "./sweep-queue.ts";

describe.each(REDIS_KINDS)("the relay %s", (_, start) => {
  // Whatever happens to rows, Redis and relays, and wherever a process dies or freezes: what is settled is right, and once the
  // disturbance is over the queues are the rows' order again. The verbs are one statement each here, as the relay sees them.

  let test: TestContext;
  let pools: number[];
  let branchId: number;
  let buildsetId: number;

  beforeAll(async () => {
    test = await testContext(start);
    branchId = await makeBranch(test.sql);
    buildsetId = await makeBuildset(test.sql, { pushId: await makePush(test.sql, { branchId }) });
    pools = [await makePool(test.sql), await makePool(test.sql)];
  });
  afterAll(() => test.drop());

  interface Model {
    jobs: number[];
  }
  /** Relays that were stopped somewhere and go on when told. */
  interface Real {
    frozen: { go: () => void; done: Promise<unknown> }[];
  }
  type Step = fc.AsyncCommand<Model, Real>;

  const step = (name: string, run: (model: Model, real: Real) => Promise<unknown>): Step => ({
    check: () => true,
    run: async (model, real) => {
      await run(model, real);
      await expectSettledRight();
    },
    toString: () => name,
  });

  /** A job that Redis knows and that is not dirty stands where its row says. */
  async function expectSettledRight(): Promise<void> {
    const settled = await test.sql.rows<QueuePlace & { poolId: number; score: number }>(
      `SELECT id AS "jobId", pool_id AS "poolId", score, queue_class AS "queueClass" FROM jobs WHERE NOT dirty AND state = 'queued'`,
    );
    for (const { poolId, score, ...place } of settled) {
      for (const queueClass of QUEUE_CLASSES) {
        const [inRedis] = await test.ctx.queues.of(poolId).scores([{ ...place, queueClass }]);
        const right = queueClass === place.queueClass ? score : null;
        if (inRedis != null) expect(inRedis, `the place of job ${place.jobId} in ${queueClass}`).toBe(right);
      }
    }
  }

  const change = (jobId: number | undefined, from: string, set: string) =>
    test.sql.count(
      `UPDATE jobs SET ${set}, queue_version = queue_version + 1, dirty = true WHERE id = $1 AND state = ANY($2)`,
      [jobId ?? 0, from.split(" ")],
    );

  /** A context whose database fails or stops at a named statement of the relay. */
  function stopping(at: string, where: "before" | "after", stop: () => Promise<void>): SchedulerContext {
    const around = async <T>(statement: unknown, run: () => Promise<T>): Promise<T> => {
      const here = typeof statement === "object" && statement !== null && "name" in statement && statement.name === at;
      if (here && where === "before") await stop();
      const result = await run();
      if (here && where === "after") await stop();
      return result;
    };
    const sql: Database = {
      ...test.sql,
      rows: (statement, values) => around(statement, () => test.sql.rows(statement, values)),
      count: (statement, values) => around(statement, () => test.sql.count(statement, values)),
    };
    return { ...test.ctx, sql };
  }

  const which = fc.nat({ max: 5 });
  const place = fc.integer({ min: -3, max: 3 });
  const statement = fc.constantFrom("relay_dirty", "relay_clear_dirty", "relay_queued");
  const side = fc.constantFrom("before" as const, "after" as const);

  const submit = fc.tuple(fc.nat({ max: 1 }), place).map(([pool, score]) =>
    step(`submit(pool ${pool}, ${score})`, async (model) => {
      if (model.jobs.length < 6)
        model.jobs.push(await makeJob(test.sql, { buildsetId, poolId: pools[pool] ?? 0, score }));
    }),
  );
  const verb = (name: string, from: string, set: string) =>
    which.map((n) => step(`${name}(${n})`, (model) => change(model.jobs[n], from, set)));
  const reclass = fc
    .tuple(which, fc.constantFrom("any", "reserved-fast", "idle"))
    .map(([n, queueClass]) =>
      step(`reclass(${n}, ${queueClass})`, (model) =>
        change(model.jobs[n], "queued running", `queue_class = '${queueClass}'`),
      ),
    );
  const reprioritize = fc
    .tuple(which, place)
    .map(([n, score]) =>
      step(`reprioritize(${n}, ${score})`, (model) => change(model.jobs[n], "queued", `score = ${score}`)),
    );
  const take = (dies: boolean) => async () => {
    const wants = pools.map((poolId) => ({ poolId, classes: QUEUE_CLASSES }));
    const hints = await test.ctx.queues.pop(wants, 1).catch(() => []);
    if (!dies) for (const hint of hints) await change(hint.jobId, "queued", "state = 'running'");
  };
  const claim = fc.constant(step("claim", take(false)));
  const deadClaim = fc.constant(step("claim that dies before it decides", take(true)));
  const hold = fc.constantFrom(
    step("close or open the branch", () =>
      test.sql.count("UPDATE branches SET closed_at = CASE WHEN closed_at IS NULL THEN now() END WHERE id = $1", [
        branchId,
      ]),
    ),
    step("pause or resume a pool", () =>
      test.sql.count("UPDATE pools SET paused_at = CASE WHEN paused_at IS NULL THEN now() END WHERE id = $1", [
        pools[0],
      ]),
    ),
  );
  const wipe = fc.constant(step("wipe Redis", () => test.emptyRedis()));
  const repair = fc.constantFrom(
    step("relay", () => relayQueue(test.ctx)),
    step("rebuild", () => rebuildQueue(test.ctx)),
    step("sweep", () => sweepQueue(test.ctx)),
  );
  const works = { relay: relayQueue, rebuild: rebuildQueue, sweep: sweepQueue };
  const work = fc.constantFrom("relay" as const, "rebuild" as const, "sweep" as const);
  const dies = fc.tuple(work, statement, side).map(([what, at, where]) =>
    step(`${what} dies ${where} ${at}`, async () => {
      const fail = () => Promise.reject(new Error("died"));
      await works[what](stopping(at, where, fail)).catch((error) => expect(String(error)).toMatch(/died|sweep of/));
    }),
  );
  const freezes = fc.tuple(work, statement, side).map(([what, at, where]) =>
    step(`${what} freezes ${where} ${at}`, async (_, real) => {
      const gate = Promise.withResolvers<void>();
      const reached = Promise.withResolvers<void>();
      const stop = () => {
        reached.resolve();
        return gate.promise;
      };
      const done = works[what](stopping(at, where, stop)).finally(reached.resolve);
      real.frozen.push({ go: gate.resolve, done });
      await reached.promise;
    }),
  );
  const thaws = fc.constant(
    step("a frozen one goes on", async (_, real) => {
      const oldest = real.frozen.shift();
      oldest?.go();
      await oldest?.done;
    }),
  );

  /** All frozen ones go on, what is lost is rebuilt, and what is dirty is carried; nothing is swept. */
  async function settle(real: Real): Promise<void> {
    for (const { go, done } of real.frozen.splice(0)) {
      go();
      await done;
    }
    await rebuildQueue(test.ctx);
    while ((await relayQueue(test.ctx)).carried > 0);
  }

  async function expectRowsOrder(): Promise<void> {
    for (const poolId of pools) {
      const rows = await test.sql.rows<{ id: number }>(
        `SELECT j.id FROM jobs j JOIN pools p ON p.id = j.pool_id JOIN branches b ON b.id = j.branch_id
       WHERE p.id = $1 AND j.state = 'queued' AND p.paused_at IS NULL AND b.closed_at IS NULL
       ORDER BY j.queue_class = 'idle', j.score, j.id`,
        [poolId],
      );
      expect(await test.ctx.queues.page(poolId, 0, 100)).toEqual(rows.map((row) => row.id));
    }
    expect(await test.sql.rows("SELECT 1 FROM jobs WHERE dirty")).toEqual([]);
  }

  async function live(history: Iterable<Step>): Promise<Real> {
    await test.emptyRedis();
    await test.sql.count("UPDATE jobs SET state = 'done', result = coalesce(result, 'success'), dirty = false");
    await test.sql.count("UPDATE branches SET closed_at = NULL");
    await test.sql.count("UPDATE pools SET paused_at = NULL");
    await rebuildQueue(test.ctx);
    const real: Real = { frozen: [] };
    await fc.asyncModelRun(() => ({ model: { jobs: [] }, real }), history);
    return real;
  }

  /** `RELAY_HISTORIES=20000` for a long look. */
  const numRuns = Number(process.env.RELAY_HISTORIES ?? 100);
  const commands = { maxCommands: 40, size: "max" } as const;
  const carried = [
    ...[submit, submit, reprioritize, reprioritize, reclass, claim, wipe, repair, repair, repair],
    verb("requeue", "running", "state = 'queued'"),
    verb("finish", "running", "state = 'done', result = 'success'"),
    verb("cancel", "queued running", "state = 'done', result = 'cancelled'"),
    ...[dies, freezes, freezes, thaws],
  ];

  it("is exactly the rows' order once everything is carried, whatever died, froze or was wiped before", async () => {
    const property = fc.asyncProperty(fc.commands(carried, commands), async (history) => {
      const real = await live(history);
      await settle(real);
      await expectSettledRight();
      await expectRowsOrder();
    });
    await fc.assert(property, { numRuns });
  }, 300_000);

  it("is healed by a sweep after claims that died, and when branches and pools are held and released", async () => {
    const property = fc.asyncProperty(fc.commands([...carried, deadClaim, hold], commands), async (history) => {
      const real = await live(history);
      await settle(real);
      await expectSettledRight();
      await sweepQueue(test.ctx);
      await expectRowsOrder();
    });
    await fc.assert(property, { numRuns });
  }, 300_000);
});
