import { afterAll, beforeAll, expect, it } from "vitest";
import type { Sql } from "../db/sql.ts";
import { databaseNowMs } from "../scheduler/relay/queue-rows.ts";
import { type TestContext, testContext } from "../testing/context.ts";
import { LeaseGrace } from "./lease-grace.ts";

let test: TestContext;
beforeAll(async () => {
  test = await testContext();
});
afterAll(() => test.drop());

it("lasts one lease from the first look, by the database's clock", async () => {
  const before = await databaseNowMs(test.sql);
  const grace = new LeaseGrace(test.sql, 60);
  const until = await grace.until();
  expect(until).toBeGreaterThanOrEqual(before + 60_000);
  expect(until).toBeLessThanOrEqual((await databaseNowMs(test.sql)) + 60_000);
  expect(await grace.until()).toBe(until);
});

it("begins anew when the database answers again after it was away, for this task or another", async () => {
  let away = false;
  const sql: Sql = {
    ...test.sql,
    one: (...args) => (away ? Promise.reject(new Error("away")) : test.sql.one(...args)),
  };
  const grace = new LeaseGrace(sql, 60);
  const first = await grace.until();
  away = true;
  await expect(grace.until()).rejects.toThrow("away");
  away = false;
  await expect.poll(() => databaseNowMs(test.sql)).toBeGreaterThan(first - 60_000 + 1);
  const second = await grace.until();
  expect(second).toBeGreaterThan(first);
  grace.missed();
  await expect.poll(() => databaseNowMs(test.sql)).toBeGreaterThan(second - 60_000 + 1);
  expect(await grace.until()).toBeGreaterThan(second);
});
