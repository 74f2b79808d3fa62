import { afterAll, beforeEach, describe, expect, it } from "vitest";
import type { CheckedServerConfig } from "../contracts/server-config.ts";
import { type TestContext, testContext } from "../testing/context.ts";
import { makeBuildset, makeJob, makePush } from "../testing/rows.ts";
import { HOOK } from "../testing/watched-branch.ts";
import { applyServerConfig, rejectServerConfig } from "./apply-config.ts";
import { rescoreJobs } from "./rescore-jobs.ts";

let test: TestContext;

// Every test has a database of its own: a configuration is about all of it.
beforeEach(async () => {
  await test?.drop();
  test = await testContext();
});
afterAll(() => test.drop());

type Branch = CheckedServerConfig["repositories"][number]["branches"][number];

const branch = (ref: string, more: Partial<Branch> = {}): Branch => ({
  ref,
  name: `app-${ref}`,
  basePriority: 0,
  trustLevel: 1,
  isTry: false,
  trustAuthors: false,
  allowMerge: true,
  ...more,
});

const POOL: CheckedServerConfig["pools"][number] = {
  name: "linux",
  trustLevel: 1,
  headStartMinutes: 10,
  tokenHash: null,
  mergeWhen: "backlog",
  fastSpeed: null,
  reserveWorkers: 0,
  reserveBranches: [],
  idleAbove: 0,
};

function config(branches: Branch[] = [branch("main")], pool: Partial<CheckedServerConfig["pools"][number]> = {}) {
  return {
    repositories: [{ name: "app", url: "/srv/git/app.git", pollSeconds: 10, branches }],
    pools: [{ ...POOL, ...pool }],
    roles: { developer: [], sheriff: [], admin: [] },
  } satisfies CheckedServerConfig;
}

const branches = () =>
  test.sql.rows(
    `SELECT ref, name, base_priority AS priority, removed_at IS NOT NULL AS removed FROM branches ORDER BY ref`,
  );

const idOf = async (table: "branches" | "pools", name: string) =>
  (await test.sql.one<{ id: number }>(`SELECT id FROM ${table} WHERE name = $1`, [name])).id;

/** A queued job on a branch of the configuration. */
async function job(state: "queued" | "blocked" | "running" = "queued", priority = 0): Promise<number> {
  const pushId = await makePush(test.sql, { branchId: await idOf("branches", "app-main") });
  const buildsetId = await makeBuildset(test.sql, { pushId, submittedAt: new Date(1_700_000_000_123) });
  return makeJob(test.sql, { buildsetId, poolId: await idOf("pools", "linux"), state, priority, dirty: false });
}

const placeOf = (id: number) =>
  test.sql.one<{ score: number; version: number; dirty: boolean }>(
    "SELECT score, queue_version AS version, dirty FROM jobs WHERE id = $1",
    [id],
  );

describe("applyServerConfig", () => {
  it("writes what is new, changes what differs, marks what is gone and takes it back", async () => {
    expect(await applyServerConfig(test.ctx, config([branch("main"), branch("next")]))).toEqual({
      repositories: [{ name: "app", change: "added" }],
      branches: [
        { name: "app-main", change: "added" },
        { name: "app-next", change: "added" },
      ],
      pools: [{ name: "linux", change: "added" }],
    });
    expect(await applyServerConfig(test.ctx, config([branch("main", { basePriority: 5 })]))).toEqual({
      repositories: [],
      branches: [
        { name: "app-main", change: "changed" },
        { name: "app-next", change: "removed" },
      ],
      pools: [],
    });
    await applyServerConfig(test.ctx, { ...config(), repositories: [] });
    expect(await branches()).toMatchObject([{ removed: true }, { removed: true }]);
    await applyServerConfig(test.ctx, config([branch("main")]));
    expect(await branches()).toMatchObject([
      { ref: "main", removed: false, priority: 0 },
      { ref: "next", removed: true },
    ]);
  });

  it("does nothing twice, and says nothing about it", async () => {
    await applyServerConfig(test.ctx, config());
    const count = () =>
      test.sql.one<{ events: number; audits: number }>(
        "SELECT (SELECT count(*) FROM events) AS events, (SELECT count(*) FROM audit_entries) AS audits",
      );
    expect(await count()).toEqual({ events: 1, audits: 1 });
    await Promise.all(Array.from({ length: 5 }, () => applyServerConfig(test.ctx, config())));
    expect(await count()).toEqual({ events: 1, audits: 1 });
  });

  it("lets branches exchange their short names, and take those of removed ones", async () => {
    await applyServerConfig(test.ctx, config([branch("main", { name: "a" }), branch("next", { name: "b" })]));
    await applyServerConfig(test.ctx, config([branch("main", { name: "b" }), branch("next", { name: "a" })]));
    expect(await branches()).toMatchObject([
      { ref: "main", name: "b" },
      { ref: "next", name: "a" },
    ]);
    await applyServerConfig(test.ctx, config([branch("third", { name: "a" })]));
    expect(await branches()).toMatchObject([
      { ref: "main", name: "b", removed: true },
      { ref: "next", name: expect.stringMatching(/^a\.was-\d+$/), removed: true },
      { ref: "third", name: "a", removed: false },
    ]);
  });

  it("gives unfinished jobs their new places when a base priority or a head start changes, a running one for its return", async () => {
    await applyServerConfig(test.ctx, config());
    const [queued, blocked, running] = [await job("queued", 2), await job("blocked"), await job("running")];
    await applyServerConfig(test.ctx, config([branch("main", { basePriority: 3 })]));
    expect(await placeOf(queued)).toEqual({ score: 1_700_000_000_123 - 5 * 600_000, version: 2, dirty: true });
    expect(await placeOf(blocked)).toMatchObject({ score: 1_700_000_000_123 - 3 * 600_000 });
    expect(await placeOf(running)).toMatchObject({ score: 1_700_000_000_123 - 3 * 600_000 });
    await applyServerConfig(test.ctx, config([branch("main", { basePriority: 3 })], { headStartMinutes: 1 }));
    expect(await placeOf(queued)).toEqual({ score: 1_700_000_000_123 - 5 * 60_000, version: 3, dirty: true });
    await applyServerConfig(test.ctx, config([branch("main", { basePriority: 3 })], { headStartMinutes: "strict" }));
    expect(await placeOf(queued)).toMatchObject({ score: 1_700_000_000_123 - 5 * 2 ** 42, version: 4 });
    expect(await placeOf(running)).toMatchObject({ score: 1_700_000_000_123 - 3 * 2 ** 42 });
    expect(await rescoreJobs(test.ctx)).toBe(0);
  });

  it("writes each figure of a pool, and finds each one changed", async () => {
    const changes = [
      { mergeWhen: "never" },
      { fastSpeed: 1.5 },
      { reserveWorkers: 2 },
      { reserveBranches: ["app-main"] },
      { idleAbove: 3 },
      {},
    ] as const;
    await applyServerConfig(test.ctx, config());
    for (const change of changes) {
      const wanted = {
        ...POOL,
        ...change,
        reserveBranches: [...(("reserveBranches" in change && change.reserveBranches) || [])],
      };
      expect((await applyServerConfig(test.ctx, config(undefined, wanted))).pools).toEqual([
        { name: "linux", change: "changed" },
      ]);
      const { mergeWhen, fastSpeed, reserveWorkers, reserveBranches, idleAbove } = wanted;
      expect(
        await test.sql.one(
          `SELECT merge_when AS "mergeWhen", fast_speed AS "fastSpeed", reserve_workers AS "reserveWorkers",
                  reserve_branches AS "reserveBranches", idle_above AS "idleAbove" FROM pools`,
        ),
      ).toEqual({ mergeWhen, fastSpeed, reserveWorkers, reserveBranches, idleAbove });
    }
  });

  it("gives unfinished jobs their new classes when the reserved branches change, or a branch its name", async () => {
    await applyServerConfig(test.ctx, config());
    const [any, fast, idle, running] = [await job(), await job("blocked"), await job(), await job("running")];
    for (const [id, queueClass] of [
      [fast, "fast"],
      [idle, "idle"],
    ])
      await test.sql.count("UPDATE jobs SET queue_class = $2 WHERE id = $1", [id, queueClass]);
    const before = await placeOf(running);
    const classes = () =>
      test.sql.rows<{ line: string }>(
        "SELECT queue_class || ' ' || queue_version || ' ' || dirty AS line FROM jobs ORDER BY id",
      );
    const lines = async () => (await classes()).map(({ line }) => line);

    const reserve = { fastSpeed: 2, reserveWorkers: 1, reserveBranches: ["app-main"] };
    await applyServerConfig(test.ctx, config(undefined, reserve));
    expect(await lines()).toEqual(["reserved 2 true", "reserved-fast 2 true", "idle 1 false", "reserved 2 true"]);
    expect((await placeOf(running)).score).toBe(before.score);
    expect(await rescoreJobs(test.ctx)).toBe(0);

    await applyServerConfig(test.ctx, config([branch("main", { name: "app-trunk" })], reserve));
    expect(await lines()).toEqual(["any 3 true", "fast 3 true", "idle 1 false", "any 3 true"]);
    expect(any).toBeLessThan(running);
  });

  it("finds a job that was submitted with the old figures", async () => {
    await applyServerConfig(test.ctx, config([branch("main", { basePriority: 3 })]));
    const late = await job();
    expect(await rescoreJobs(test.ctx)).toBe(1);
    expect(await placeOf(late)).toMatchObject({ score: 1_700_000_000_123 - 3 * 600_000 });
  });

  it("does not let a pool change its trust level under unfinished jobs", async () => {
    await applyServerConfig(test.ctx, config());
    await job();
    const change = applyServerConfig(test.ctx, config([branch("main", { trustLevel: 2 })], { trustLevel: 2 }));
    await expect(change).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining("The pool linux cannot leave trust level 1"),
    });
    expect(await test.sql.rows("SELECT trust_level FROM branches")).toEqual([{ trust_level: 1 }]);
  });

  it("tells of a broken file, and is for the product itself", async () => {
    const errors = [{ file: "selfserve.yml", line: 3, column: 1, key: "pols", message: "did you mean pools?" }];
    await rejectServerConfig(test.ctx, errors);
    expect(await test.sql.rows("SELECT type, body FROM events")).toEqual([
      { type: "config.changed", body: { errors } },
    ]);
    await expect(applyServerConfig(test.as(HOOK), config())).rejects.toMatchObject({ code: "forbidden" });
    await expect(rejectServerConfig(test.as(HOOK), errors)).rejects.toMatchObject({ code: "forbidden" });
    await expect(rescoreJobs(test.as(HOOK))).rejects.toMatchObject({ code: "forbidden" });
  });
});
