import { afterAll, beforeAll, expect, it } from "vitest";
import type { CheckedServerConfig } from "../contracts/server-config.ts";
import { type TestContext, testContext } from "../testing/context.ts";
import { applyServerConfig } from "./apply-config.ts";
import { closeBranch } from "./close-branch.ts";
import { getBranch } from "./get-branch.ts";
import { pausePool } from "./pause-pool.ts";
import { readPool } from "./read-pool.ts";

let test: TestContext;
beforeAll(async () => {
  test = await testContext();
});
afterAll(() => test.drop());

const BRANCH = { ref: "main", name: "app-main", trustLevel: 1, isTry: false, trustAuthors: false, allowMerge: true };
const POOL = { name: "linux", trustLevel: 1, tokenHash: null, mergeWhen: "backlog" as const, fastSpeed: null };
const SHARES = { reserveWorkers: 0, reserveBranches: [], idleAbove: 0 };

function config(change: { basePriority: number; headStartMinutes: number }): CheckedServerConfig {
  const { basePriority, headStartMinutes } = change;
  const branches = [{ ...BRANCH, basePriority }];
  return {
    repositories: [{ name: "app", url: "/srv/git/app.git", pollSeconds: 10, branches }],
    pools: [{ ...POOL, ...SHARES, headStartMinutes }],
    roles: { developer: [], sheriff: [], admin: [] },
  };
}

it("keeps a pause and a closing over every change of the configuration, also while it does not name them", async () => {
  const first = config({ basePriority: 0, headStartMinutes: 10 });
  await applyServerConfig(test.ctx, first);
  const paused = await pausePool(test.ctx, { pool: "linux", note: "The disks are full." });
  const closed = await closeBranch(test.ctx, { branch: "app-main", reason: "Tests fail." });

  await applyServerConfig(test.ctx, first);
  await applyServerConfig(test.ctx, config({ basePriority: 5, headStartMinutes: 20 }));
  await applyServerConfig(test.ctx, { ...first, repositories: [], pools: [] });
  await applyServerConfig(test.ctx, first);

  const { pausedAt, pausedNote } = paused;
  expect(await readPool(test.ctx, "linux")).toMatchObject({ pausedAt, pausedNote });
  const { closedAt, closedReason } = closed;
  expect(await getBranch(test.ctx, { name: "app-main" })).toMatchObject({ closedAt, closedReason });
});
