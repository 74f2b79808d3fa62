import { afterAll, beforeAll, expect, it } from "vitest";
import { type TestContext, testContext } from "../testing/context.ts";
import { makeBranch, makeBuildset, makeJob, makePool, makePush } from "../testing/rows.ts";
import { firstOf } from "./explain/outline.ts";
import { poolOutline } from "./pool-outline.ts";

let test: TestContext;
beforeAll(async () => {
  test = await testContext();
});
afterAll(() => test.drop());

/** Waiting jobs on a branch of its own, all with this priority. */
async function waiting(poolId: number, priorities: number[], branch: { closedAt?: Date; basePriority?: number } = {}) {
  const pushId = await makePush(test.sql, { branchId: await makeBranch(test.sql, branch) });
  const buildsetId = await makeBuildset(test.sql, { pushId });
  for (const priority of priorities) await makeJob(test.sql, { poolId, buildsetId, priority });
}

it("counts what waits by kind and by rank, in the order in which it is served", async () => {
  const poolId = await makePool(test.sql);
  await waiting(poolId, [3, 0, 2], { basePriority: 10 });
  await waiting(poolId, [1], { closedAt: new Date() });
  await test.sql.count("UPDATE jobs SET queue_class = 'idle' WHERE pool_id = $1 AND priority = 3", [poolId]);
  const { outline, totals } = await poolOutline(test.sql, poolId, 1);
  expect([...totals.values()]).toEqual([1, 1, 1]);
  const ranks = (total: number) => firstOf(outline, total).ranks.flatMap(({ rank, jobs }) => (jobs > 0 ? [rank] : []));
  expect(ranks(1)).toEqual([12]);
  expect(ranks(2).toSorted()).toEqual([10, 12]);
  expect(ranks(3).toSorted()).toEqual([10, 12, 13]);
});

it("counts once for all who ask", async () => {
  const poolId = await makePool(test.sql);
  await waiting(poolId, [0]);
  const [first, second] = await Promise.all([poolOutline(test.sql, poolId, 1), poolOutline(test.sql, poolId, 1)]);
  await waiting(poolId, [0]);
  expect(second).toBe(first);
  expect(await poolOutline(test.sql, poolId, 1)).toBe(first);
});

it("tries again after it could not count", async () => {
  const poolId = await makePool(test.sql);
  await expect(poolOutline(test.sql, poolId, -1)).rejects.toThrow();
  expect((await poolOutline(test.sql, poolId, 1)).totals.size).toBe(0);
});
