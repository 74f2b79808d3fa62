import { afterAll, beforeAll, expect, it } from "vitest";
import { closeBranch } from "../scheduler/close-branch.ts";
import { disableWorker } from "../scheduler/disable-worker.ts";
import { listPools } from "../scheduler/list-pools.ts";
import { pausePool } from "../scheduler/pause-pool.ts";
import { quarantineWorker } from "../scheduler/quarantine-worker.ts";
import { type TestContext, testContext } from "../testing/context.ts";
import { makeBranch, makePool } from "../testing/rows.ts";
import { makeWorker } from "../testing/worker-rows.ts";
import { controlMetrics, readControls } from "./control-metrics.ts";
import { queueMetrics } from "./queue-metrics.ts";

let test: TestContext;
beforeAll(async () => {
  test = await testContext();
});
afterAll(() => test.drop());

it("tells what is paused, closed and out of service", async () => {
  const { ctx, sql } = test;
  expect(controlMetrics(await readControls(sql))).toContain('selfserve_workers{control="enabled"} 0\n');
  for (const name of ["linux", "mac"]) await makePool(sql, { name });
  for (const name of ["main", "try"]) await makeBranch(sql, { name });
  for (const name of ["w1", "w2", "w3", "w4"]) await makeWorker(sql, { name });
  await pausePool(ctx, { pool: "mac", note: "x" });
  await closeBranch(ctx, { branch: "main", reason: "x" });
  await quarantineWorker(ctx, { worker: "w1", reason: "x" });
  await disableWorker(ctx, { worker: "w2", reason: "x" });

  const text = queueMetrics(await listPools(ctx), 0, Date.now()) + controlMetrics(await readControls(sql));
  const figures = text.split("\n").filter((line) => /^selfserve_(pool_paused|branches_closed|workers\{)/.test(line));
  expect(figures).toEqual([
    'selfserve_pool_paused{pool="linux"} 0',
    'selfserve_pool_paused{pool="mac"} 1',
    "selfserve_branches_closed 1",
    'selfserve_workers{control="enabled"} 2',
    'selfserve_workers{control="quarantined"} 1',
    'selfserve_workers{control="draining"} 0',
    'selfserve_workers{control="disabled"} 1',
  ]);
  expect(text.endsWith("\n")).toBe(true);
});
