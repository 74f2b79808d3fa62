import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type TestContext, testContext } from "../testing/context.ts";
import { type Farm, makeFarm } from "../testing/farm.ts";
import { definition, makePool, makePush, uniqueName } from "../testing/rows.ts";
import { submitBuildset } from "./submit-buildset.ts";

let test: TestContext;
let farm: Farm;
beforeAll(async () => {
  test = await testContext();
  farm = await makeFarm(test, { basePriority: 5 });
});
afterAll(() => test.drop());

const submit = async (definitions: Partial<ReturnType<typeof definition>>[], pushId?: number) =>
  submitBuildset(test.ctx, {
    pushId: pushId ?? (await makePush(test.sql, { branchId: farm.branchId, ownerId: farm.ownerId })),
    kind: "push",
    reason: "A push.",
    definitions: definitions.map((part) => definition({ pool: farm.pool, ...part })),
    properties: { product: "app" },
  });

describe("submitBuildset", () => {
  it("makes a queued build and a blocked test that waits for it, with events, audit and a buildid", async () => {
    const { buildsetId, jobIds } = await submit([
      { name: "linux test", kind: "test", needs: ["linux build"] },
      { name: "linux build" },
    ]);
    const [testId = 0, buildId = 0] = jobIds;
    const rows = await test.sql.rows(
      `SELECT j.id, b.name, j.state, j.owner_id AS owner, j.trust_level AS trust, j.exclusive, length(j.definition_hash) AS hash,
         ARRAY(SELECT needs_job_id FROM job_dependencies d WHERE d.job_id = j.id) AS needs
       FROM jobs j JOIN builders b ON b.id = j.builder_id WHERE j.buildset_id = $1 ORDER BY j.id`,
      [buildsetId],
    );
    const shared = { owner: farm.ownerId, trust: 1, exclusive: false, hash: 64 };
    expect(rows).toEqual([
      { id: testId, name: "linux test", state: "blocked", needs: [buildId], ...shared },
      { id: buildId, name: "linux build", state: "queued", needs: [], ...shared },
    ]);
    expect(await farm.eventsOf(buildId)).toEqual(["job.created"]);
    expect(await farm.auditOf(`buildset:${buildsetId}`)).toEqual(["buildset.submit done test"]);
    const set = await test.sql.one<{ properties: Record<string, string>; ms: number }>(
      "SELECT properties, extract(epoch FROM submitted_at) * 1000 AS ms FROM buildsets WHERE id = $1",
      [buildsetId],
    );
    const stamp = new Date(Number(set.ms)).toISOString().replace(/\D/g, "").slice(0, 14);
    expect(set.properties).toEqual({ product: "app", buildid: stamp });
    const { score } = await farm.job(buildId);
    expect(score).toBe(Math.round(Number(set.ms)) - 5 * 600_000);
  });

  it("puts each job into the set of its pool's queue that its builder and its branch are for", async () => {
    const own = await makeFarm(test);
    const builders = [{ name: "a" }, { name: "b", workers: "fast" as const }, { name: "c", idle: true }];
    const classesOf = async (jobIds: readonly number[]) =>
      (
        await test.sql.rows<{ class: string }>(
          "SELECT queue_class AS class FROM jobs WHERE id = ANY ($1::bigint[]) ORDER BY id",
          [jobIds],
        )
      ).map((row) => row.class);
    expect(await classesOf(await own.submit(...builders))).toEqual(["any", "fast", "idle"]);
    await test.sql.count(
      "UPDATE pools SET reserve_branches = ARRAY[(SELECT name FROM branches WHERE id = $2)] WHERE id = $1",
      [own.poolId, own.branchId],
    );
    expect(await classesOf(await own.submit(...builders))).toEqual(["reserved", "reserved-fast", "idle"]);
  });

  it("answers a repeat of a push's own buildset with the first one", async () => {
    const pushId = await makePush(test.sql, { branchId: farm.branchId });
    const both = await Promise.all([submit([{}], pushId), submit([{}], pushId)]);
    expect(both[0]).toEqual(both[1]);
    expect(await submit([{}], pushId)).toEqual(both[0]);
  });

  it("completes a set without jobs at once", async () => {
    const { buildsetId } = await submit([]);
    const row = await test.sql.one("SELECT result FROM buildsets WHERE id = $1 AND completed_at IS NOT NULL", [
      buildsetId,
    ]);
    expect(row).toEqual({ result: "success" });
  });

  it("gives several hundred jobs their ids in the order of their definitions", async () => {
    const names = Array.from({ length: 400 }, (_, index) => `many ${(index * 7919) % 400}`);
    const { jobIds } = await submit(names.map((name, index) => ({ name, needs: index === 0 ? [] : [names[0] ?? ""] })));
    const rows = await test.sql.rows<{ name: string }>(
      "SELECT b.name FROM jobs j JOIN builders b ON b.id = j.builder_id WHERE j.id = ANY ($1::bigint[]) ORDER BY j.id",
      [jobIds],
    );
    expect(rows.map((row) => row.name)).toEqual(names);
  });

  it("changes a builder's platform and kind when its definition does", async () => {
    const name = uniqueName("builder");
    await submit([{ name, platform: "linux64", kind: "build" }]);
    await submit([{ name, platform: "macosx64", kind: "test" }]);
    const rows = await test.sql.rows("SELECT platform, kind FROM builders WHERE name = $1", [name]);
    expect(rows).toEqual([{ platform: "macosx64", kind: "test" }]);
  });

  it("refuses what cannot be scheduled, naming it, and leaves nothing behind", async () => {
    const strict = uniqueName("release");
    await test.sql.count("UPDATE pools SET trust_level = 3 WHERE id = $1", [
      await makePool(test.sql, { name: strict }),
    ]);
    const removed = uniqueName("removed");
    await makePool(test.sql, { name: removed, removedAt: new Date() });
    const before = await test.sql.one("SELECT count(*) FROM buildsets");
    const cases: [Partial<ReturnType<typeof definition>>[], RegExp][] = [
      [[{ name: "a", pool: "no-such-pool" }], /^The builder a names the pool no-such-pool, which does not exist\.$/],
      [[{ name: "a", pool: removed }], /which does not exist/],
      [[{ name: "a", pool: strict }], /has trust level 3 and the branch .* has 1; they must be equal/],
      [[{ name: "a" }, { name: "a" }], /^The builder a is defined twice/],
      [[{ name: "a", needs: ["b"] }], /^The builder a needs b, which is no builder of this buildset\.$/],
      [
        [
          { name: "a", needs: ["b"] },
          { name: "b", needs: ["a"] },
        ],
        /needs itself, directly or through others/,
      ],
      [
        [
          { name: "victim", needs: ["b"] },
          { name: "free" },
          { name: "a", needs: ["b", "free"] },
          { name: "b", needs: ["a", "a"] },
        ],
        /^The builder [ab] needs itself/,
      ],
    ];
    for (const [definitions, message] of cases) {
      await expect(submit(definitions)).rejects.toMatchObject({
        code: "invalid",
        message: expect.stringMatching(message),
      });
    }
    expect(await test.sql.one("SELECT count(*) FROM buildsets")).toEqual(before);
    await expect(submit([{}], 999_999_999)).rejects.toMatchObject({ code: "not_found" });
  });

  it("is for hooks and the product itself", async () => {
    const input = { pushId: 1, kind: "push" as const, reason: "", definitions: [], properties: {} };
    await expect(submitBuildset(farm.as(), input)).rejects.toMatchObject({ code: "forbidden" });
    await expect(submitBuildset(await farm.worker(), input)).rejects.toMatchObject({ code: "forbidden" });
    const hook = test.as({ kind: "hook", name: "git", scopes: ["read"], via: "token:1", ip: null });
    await expect(submitBuildset(hook, input)).rejects.toMatchObject({ message: expect.stringMatching(/pushes:write/) });
  });
});
