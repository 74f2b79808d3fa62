import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { lockSlot } from "../db/sql/lock-slot.ts";
import { type TestContext, testContext } from "../testing/context.ts";
import { type Farm, makeFarm } from "../testing/farm.ts";
import { makePool, uniqueName } from "../testing/rows.ts";
import { claimRun } from "./claim-run.ts";
import { listPools } from "./list-pools.ts";
import { pausePool } from "./pause-pool.ts";
import { sweepQueue } from "./relay/sweep-queue.ts";
import { resumePool } from "./resume-pool.ts";

let test: TestContext;
beforeAll(async () => {
  test = await testContext();
});
afterAll(() => test.drop());

/** What the event stream will tell about a pool, oldest first. */
const told = async ({ pool }: Farm) =>
  (
    await test.sql.rows<{ body: Record<string, unknown> }>(
      "SELECT body FROM events WHERE type = 'pool.changed' AND body->>'pool' = $1 ORDER BY id",
      [pool],
    )
  ).map((row) => row.body);

describe("pausePool", () => {
  it("keeps who paused it, when and why, tells everybody and is in the audit", async () => {
    const farm = await makeFarm(test);
    const admin = await farm.person("admin", "ada");
    const pool = await pausePool(admin, { pool: farm.pool, note: "The disks are full." });
    expect(pool).toMatchObject({
      pausedNote: "The disks are full.",
      pausedBy: { login: "ada" },
      mayControl: { allowed: true },
    });
    expect(Math.abs(Date.parse(pool.pausedAt ?? "") - Date.now())).toBeLessThan(60_000);
    expect(await told(farm)).toEqual([
      { poolId: farm.poolId, pool: farm.pool, paused: true, note: "The disks are full.", by: "ada" },
    ]);
    expect(await farm.auditOf(`pool:${farm.pool}`)).toEqual(["pool.pause done ada"]);
    const listed = (await listPools(farm.as())).find((one) => one.name === farm.pool);
    expect(listed).toMatchObject({ pausedNote: "The disks are full.", mayControl: { code: "forbidden" } });
  });

  it("changes nothing when it is repeated, and only the note when that is another one", async () => {
    const farm = await makeFarm(test);
    const admin = await farm.person("admin");
    const first = await pausePool(admin, { pool: farm.pool, note: "one" });
    expect(await pausePool(admin, { pool: farm.pool, note: "one" })).toEqual(first);
    expect(await told(farm)).toHaveLength(1);
    const other = await farm.person("admin", uniqueName("other"));
    const second = await pausePool(other, { pool: farm.pool, note: "two" });
    expect(second).toMatchObject({ pausedNote: "two", pausedAt: first.pausedAt });
    expect(second.pausedBy).not.toEqual(first.pausedBy);
    expect(await told(farm)).toHaveLength(2);
  });

  it("lets nothing start, with and without Redis, and what runs go on", async () => {
    const farm = await makeFarm(test);
    const [admin, worker] = [await farm.person("admin"), await farm.worker()];
    const [runningId = 0] = await farm.submit();
    const { runId } = await farm.claimOrThrow(worker);
    const [waitingId = 0] = await farm.submit();
    await farm.relay();
    await pausePool(admin, { pool: farm.pool, note: "later" });
    const { version } = await farm.job(waitingId);
    expect(await farm.claim(worker, 1)).toBeNull(); // its entry is still in Redis, and is left there
    expect((await farm.job(waitingId)).version).toBe(version);
    await sweepQueue(test.ctx);
    expect(await test.ctx.queues.of(farm.poolId).size()).toBe(0);
    expect(await farm.claim(worker, 1)).toBeNull();
    await farm.finish(worker, runId, "success");
    expect((await farm.job(runningId)).result).toBe("success");
    expect((await farm.job(waitingId)).state).toBe("queued");
  });

  it("outlasts a claim that waits for a job for as long as it may", async () => {
    const farm = await makeFarm(test);
    const longWaiting = `
      SELECT pid FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%set_config%'
        AND clock_timestamp() - query_start > interval '2.2 seconds'`;
    let pausing: Promise<unknown> = Promise.resolve();
    await test.sql.transaction(async (tx) => {
      await lockSlot(tx, 1, 0);
      pausing = pausePool(test.ctx, { pool: farm.pool, note: "x" });
      await expect.poll(async () => (await test.sql.rows(longWaiting)).length, { timeout: 30_000 }).toBe(1);
    });
    expect(await pausing).toMatchObject({ pausedNote: "x" });
  });

  it("refuses everybody but admins, and says so in the audit", async () => {
    const farm = await makeFarm(test);
    const input = { pool: farm.pool, note: "x" };
    const noScope = farm.as({ roles: ["admin"], scopes: ["read"] });
    for (const who of [
      farm.as(),
      farm.as({ roles: ["sheriff"] }),
      farm.as({ roles: [] }),
      await farm.worker(),
      noScope,
    ]) {
      await expect(pausePool(who, input)).rejects.toMatchObject({ code: "forbidden" });
      await expect(resumePool(who, { pool: farm.pool })).rejects.toMatchObject({ code: "forbidden" });
    }
    const sheriff = farm.as({ roles: ["sheriff"] });
    await expect(pausePool(sheriff, input)).rejects.toThrow("Only an admin may pause and resume pools.");
    expect(await farm.auditOf(`pool:${farm.pool}`)).toContain("pool.pause refused dev");
    expect(await told(farm)).toEqual([]);
  });

  it("says which pool is not there, and that one has left the configuration", async () => {
    const farm = await makeFarm(test);
    const admin = await farm.person("admin");
    for (const ask of [
      () => pausePool(admin, { pool: "nowhere", note: "x" }),
      () => resumePool(admin, { pool: "nowhere" }),
    ]) {
      await expect(ask()).rejects.toMatchObject({ code: "not_found", message: "There is no pool nowhere." });
    }
    const removed = uniqueName("pool");
    await makePool(test.sql, { name: removed, removedAt: new Date() });
    await expect(pausePool(admin, { pool: removed, note: "x" })).rejects.toMatchObject({ code: "conflict" });
    expect((await resumePool(admin, { pool: removed })).pausedAt).toBeNull();
  });
});

describe("resumePool", () => {
  it("gives out the jobs in the order that they had, and forgets the pause", async () => {
    const farm = await makeFarm(test);
    const [admin, worker] = [await farm.person("admin"), await farm.worker()];
    const ids = [await farm.submit(), await farm.submit(), await farm.submit()].flat();
    await test.sql.count("UPDATE jobs SET alone = true WHERE pool_id = $1", [farm.poolId]);
    const before = await Promise.all(ids.map((id) => farm.job(id)));
    await pausePool(admin, { pool: farm.pool, note: "x" });
    await sweepQueue(test.ctx);
    const pool = await resumePool(admin, { pool: farm.pool });
    expect(pool).toMatchObject({ pausedAt: null, pausedNote: null, pausedBy: null });
    await sweepQueue(test.ctx);
    expect(await test.ctx.queues.of(farm.poolId).size()).toBe(3);
    const after = await Promise.all(ids.map((id) => farm.job(id)));
    expect(after.map(({ score, version }) => [score, version])).toEqual(
      before.map(({ score, version }) => [score, version]),
    );
    for (const id of ids) {
      const { jobIds } = await farm.claimOrThrow(worker);
      expect(jobIds).toEqual([id]);
    }
    expect((await told(farm)).map(({ paused }) => paused)).toEqual([true, false]);
    await resumePool(admin, { pool: farm.pool });
    expect(await told(farm)).toHaveLength(2);
  });

  it("wakes who waits, and asks for a sweep", async () => {
    const farm = await makeFarm(test);
    const [admin, worker] = [await farm.person("admin"), await farm.worker()];
    const [jobId] = await farm.submit();
    await pausePool(admin, { pool: farm.pool, note: "x" });
    await sweepQueue(test.ctx);
    const claim = { claimId: randomUUID(), slot: 0, pools: [farm.pool], waitSeconds: 20 };
    const waiting = claimRun(worker, claim);
    const swept = test.signals.next(["sweep"], 60_000);
    await resumePool(admin, { pool: farm.pool });
    expect(await swept).toBe(true);
    await sweepQueue(test.ctx);
    expect((await waiting).work?.jobIds).toEqual([jobId]);
  });
});
