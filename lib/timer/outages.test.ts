import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { EventStream } from "../events/event-stream.ts";
import { lastNumber } from "../events/publish-events.ts";
import type { TestContext } from "../testing/context.ts";
import { makeJob, makePool } from "../testing/rows.ts";
import { openTimers, type Timer, type Timers } from "../testing/timers.ts";

const SOON = { timeout: 45_000, interval: 50 };

let timers: Timers;
let test: TestContext;
let poolId: number;

beforeAll(async () => {
  timers = await openTimers();
  test = timers.test;
});
afterAll(() => timers.drop());
afterEach(() => timers.reset());
beforeEach(async () => {
  poolId = await makePool(test.sql);
});

const order = () => test.ctx.queues.page(poolId, 0, 100).catch(() => "not ready");
const leads = (timer: Timer) => expect.poll(() => timer.output, SOON).toContain('"leads"');

it("is followed by another when it is killed", async () => {
  const first = timers.start();
  await leads(first);
  const second = timers.start();
  await first.kill();
  await leads(second);
  const jobId = await makeJob(test.sql, { poolId });
  await expect.poll(order, SOON).toEqual([jobId]);
});

it.each(["refuse", "hold"] as const)(
  "survives stores whose links %s, and goes on when they are back",
  async (mode) => {
    const timer = timers.start();
    await leads(timer);
    await expect.poll(order, SOON).toEqual([]);

    timers.redis.mode(mode);
    const whileRedisIsAway = await makeJob(test.sql, { poolId, score: 1 });
    await test.sql.count("INSERT INTO events (type) VALUES ('job.queued')");
    const unnumbered = () => test.sql.maybe("SELECT 1 FROM events WHERE seq IS NULL");
    await expect.poll(unnumbered, SOON).toBeUndefined(); // events are numbered all the same
    await test.redis.flushdb();
    timers.redis.mode("pass");
    await expect.poll(order, SOON).toEqual([whileRedisIsAway]);
    const untold = async () => (await lastNumber(test.sql)) - ((await new EventStream(test.redis).last()) ?? 0);
    await expect.poll(untold, SOON).toBe(0);

    timers.database.mode(mode);
    const whileDatabaseIsAway = await makeJob(test.sql, { poolId, score: 2 });
    await expect.poll(() => timer.output, SOON).toContain("no longer leads");
    timers.database.mode("pass");
    await expect.poll(order, SOON).toEqual([whileRedisIsAway, whileDatabaseIsAway]);
    expect(timer.alive).toBe(true);
  },
  60_000,
);

it("heals an emptied Redis by itself", async () => {
  const timer = timers.start();
  const jobId = await makeJob(test.sql, { poolId });
  await expect.poll(order, SOON).toEqual([jobId]);
  await test.redis.flushdb();
  await expect.poll(order, SOON).toEqual([jobId]);
  expect(timer.alive).toBe(true);
});

it("ends when asked also while both stores are away", async () => {
  const timer = timers.start();
  await leads(timer);
  timers.database.mode("hold");
  timers.redis.mode("hold");
  expect(await timer.end()).toBe(0);
});
