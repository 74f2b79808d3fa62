import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Database } from "../db/sql.ts";
import { type TestContext, testContext } from "../testing/context.ts";
import { type Farm, makeFarm } from "../testing/farm.ts";
import { makeBuilder, makeBuildset, makeJob } from "../testing/rows.ts";
import { cancelJobs } from "./cancel-jobs.ts";
import type { SchedulerContext } from "./context.ts";
import { getCommand } from "./get-command.ts";
import { reprioritizeJobs } from "./reprioritize-jobs.ts";
import { resumeCommands } from "./resume-commands.ts";
import { retriggerJobs } from "./retrigger-jobs.ts";

let test: TestContext;
beforeAll(async () => {
  test = await testContext();
});
afterAll(() => test.drop());

/** Many queued jobs of one push of the farm, as their ids. */
async function manyJobs(farm: Farm, count: number): Promise<number[]> {
  const [first = 0] = await farm.submit({});
  const rows = await test.sql.rows<{ id: number }>(
    `INSERT INTO jobs (buildset_id, builder_id, branch_id, push_id, pool_id, owner_id, trust_level, definition, definition_hash,
                       state, priority, score, submitted_at)
     SELECT buildset_id, builder_id, branch_id, push_id, pool_id, owner_id, trust_level, definition, definition_hash, state,
            priority, score, submitted_at
     FROM jobs, generate_series(2, $2::int) WHERE id = $1 RETURNING id`,
    [first, count],
  );
  return [first, ...rows.map((row) => row.id)];
}

/** The context of a process whose transactions meet with something, by their number from 0. */
function withTransactions(ctx: SchedulerContext, meets: (number: number) => void, inside = false): SchedulerContext {
  let number = 0;
  const transaction: Database["transaction"] = (work) => {
    const own = number++;
    if (!inside) meets(own);
    return ctx.sql.transaction(async (tx) => {
      const result = await work(tx);
      if (inside) meets(own);
      return result;
    });
  };
  return { ...ctx, sql: { ...ctx.sql, transaction } };
}

const standStill = (commandId: number) =>
  test.sql.count("UPDATE commands SET worked_at = clock_timestamp() - interval '11 seconds' WHERE id = $1", [
    commandId,
  ]);
const newest = async () => (await test.sql.one<{ id: number }>("SELECT max(id) AS id FROM commands")).id;
const count = async (what: string, ids: readonly number[]) =>
  (await test.sql.one<{ count: number }>(`SELECT count(*) FROM ${what} AND job_id = ANY ($1::bigint[])`, [ids])).count;
const complete = (commandId: number) =>
  vi.waitFor(async () => expect((await getCommand(test.ctx, { commandId })).completedAt).not.toBeNull(), {
    timeout: 60_000,
    interval: 50,
  });

describe("a command by filter", () => {
  it("is for the jobs that match every filter now and are not done, found once", async () => {
    const farm = await makeFarm(test);
    const [queued = 0, blocked = 0, done = 0] = await farm.submit(
      { name: "a" },
      { name: "b", needs: ["a"] },
      { name: "c" },
    );
    await cancelJobs(farm.as(), { jobIds: [done] });
    const [other = 0] = await farm.submit({ name: "other" });
    const { push, branch } = await test.sql.one<{ push: number; branch: string }>(
      "SELECT j.push_id AS push, b.name AS branch FROM jobs j JOIN branches b ON b.id = j.branch_id WHERE j.id = $1",
      [queued],
    );
    const { login } = await test.sql.one<{ login: string }>("SELECT login FROM users WHERE id = $1", [farm.ownerId]);
    const me = farm.as({ login });
    const ids = async (filter: object) =>
      (await reprioritizeJobs(me, { filter, priority: 1 })).items.map((item) => item.jobId);
    expect(await ids({ push })).toEqual([queued, blocked]);
    expect(await ids({ branch, pool: farm.pool, owner: "me" })).toEqual([queued, blocked, other]);
    expect(await ids({ push, state: "blocked" })).toEqual([blocked]);
    expect(await ids({ branch, builder: "other", owner: login })).toEqual([other]);
    const failed = await retriggerJobs(me, { filter: { push, result: "cancelled" }, count: 1, dependents: false });
    expect(failed.items).toMatchObject([{ jobId: done, outcome: "done" }]);
  });

  it("that matches nothing is complete at once; one that names what does not exist is refused", async () => {
    const farm = await makeFarm(test);
    const nothing = await cancelJobs(farm.as(), { filter: { pool: farm.pool } });
    expect(nothing).toMatchObject({
      completedAt: expect.any(String),
      items: [],
      counts: { total: 0 },
      nextCursor: null,
    });
    for (const [key, value] of Object.entries({
      push: 999_999_999,
      branch: "nope",
      builder: "nope",
      pool: "nope",
      owner: "nope",
    })) {
      const ask = cancelJobs(farm.as(), { filter: { pool: farm.pool, [key]: value } });
      await expect(ask).rejects.toMatchObject({ code: "not_found", message: `There is no ${key} ${value}.` });
    }
    await expect(cancelJobs(test.ctx, { filter: { owner: "me" } })).rejects.toMatchObject({ code: "invalid" });
  });

  it("is refused when it matches more than 10,000 jobs, with their number", async () => {
    const farm = await makeFarm(test);
    await manyJobs(farm, 10_001);
    await expect(cancelJobs(farm.as(), { filter: { pool: farm.pool } })).rejects.toMatchObject({
      code: "invalid",
      message: expect.stringMatching(/^This filter matches 10,001 jobs, and a command takes at most 10,000; name more/),
    });
  });
});

describe("a large command", () => {
  it("answers after the first batches, goes on, and tells of each batch", async () => {
    const farm = await makeFarm(test);
    const ids = await manyJobs(farm, 1_240);
    const command = await cancelJobs(farm.as(), { filter: { pool: farm.pool } });
    expect(command.completedAt).toBeNull();
    expect(command.counts.done).toBeGreaterThanOrEqual(500);
    expect(command.items).toHaveLength(500);
    await complete(command.id);
    expect(await count("jobs j, LATERAL (SELECT j.id AS job_id) x WHERE result = 'cancelled'", ids)).toBe(1_240);
    const told = await test.sql.rows<{ pending: number; complete: boolean }>(
      `SELECT (body->>'pending')::int AS pending, (body->>'complete')::bool AS complete FROM events
       WHERE type = 'command.changed' AND (body->>'commandId')::bigint = $1 ORDER BY id`,
      [command.id],
    );
    expect(told.map((event) => event.pending)).toEqual(
      Array.from({ length: 13 }, (_, i) => Math.max(0, 1_140 - i * 100)),
    );
    expect(told.at(-1)?.complete).toBe(true);
    // Its items are read page by page.
    const seen: number[] = [];
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page = await getCommand(farm.as(), { commandId: command.id, limit: 400, ...(cursor && { cursor }) });
      seen.push(...page.items.map((item) => item.jobId));
      cursor = page.nextCursor;
    }
    expect(seen).toEqual(ids.toSorted((a, b) => a - b));
    expect((await getCommand(farm.as(), { commandId: command.id, outcome: "refused" })).items).toEqual([]);
    await expect(getCommand(farm.as(), { commandId: command.id, cursor: "x" })).rejects.toMatchObject({
      code: "invalid",
    });
  });

  it("survives deaths between batches and inside of them: each of 5,000 jobs is done once", {
    timeout: 180_000,
  }, async () => {
    const farm = await makeFarm(test);
    const ids = await manyJobs(farm, 5_000);
    const between = withTransactions(farm.as(), (number) => {
      if (number === 4) throw new Error("killed between batches");
    });
    expect(await cancelJobs(between, { filter: { pool: farm.pool } })).toMatchObject({ completedAt: null });
    const commandId = await newest();
    expect((await getCommand(farm.as(), { commandId })).counts).toMatchObject({ done: 400, pending: 4_600 });
    expect(await resumeCommands(test.ctx)).toBe(0); // it has not stood still for long
    for (const fatal of [7, 1, 0]) {
      await standStill(commandId);
      const dying = withTransactions(
        test.ctx,
        (number) => {
          if (number === fatal) throw new Error("killed inside a batch");
        },
        true,
      );
      await expect(resumeCommands(dying)).rejects.toThrow("killed inside");
      expect((await getCommand(farm.as(), { commandId })).counts.done % 100).toBe(0);
    }
    await standStill(commandId);
    const both = await Promise.all([resumeCommands(test.ctx), resumeCommands(test.ctx)]);
    expect(both.toSorted()).toEqual([0, 1]);
    const command = await getCommand(farm.as(), { commandId });
    expect(command).toMatchObject({
      completedAt: expect.any(String),
      counts: { total: 5_000, done: 5_000, pending: 0 },
    });
    expect(await count("events WHERE type = 'job.cancelled'", ids)).toBe(5_000);
    const { audits } = await test.sql.one<{ audits: number }>(
      "SELECT count(*) AS audits FROM audit_entries WHERE action = 'job.cancel' AND actor = 'dev' AND (after->>'command')::bigint = $1",
      [commandId],
    );
    expect(audits).toBe(5_000);
    expect(await resumeCommands(test.ctx)).toBe(0);
  });

  it("of every kind is resumed as whoever gave it, with the rights that they had", async () => {
    const farm = await makeFarm(test);
    const builderId = await makeBuilder(test.sql);
    const buildsetId = await makeBuildset(test.sql);
    const cut = () =>
      withTransactions(farm.as(), (number) => {
        if (number === 1) throw new Error("killed");
      });
    const foreign = await makeJob(test.sql, { builderId, buildsetId });
    const kinds = [
      (jobIds: number[]) => cancelJobs(cut(), { jobIds }),
      (jobIds: number[]) => reprioritizeJobs(cut(), { jobIds, priority: 7 }),
      (jobIds: number[]) => retriggerJobs(cut(), { jobIds, count: 2, dependents: false }),
    ];
    for (const give of kinds) {
      // The foreign job, by its larger id, has its turn after the death.
      const jobIds = [...(await manyJobs(farm, 120)), await makeJob(test.sql, { builderId, buildsetId })];
      expect((await give(jobIds)).counts).toMatchObject({ done: 100, pending: 21 });
      const commandId = await newest();
      await standStill(commandId);
      expect(await resumeCommands(test.ctx)).toBe(1);
      const { counts, user } = await getCommand(farm.as(), { commandId });
      expect([counts, user?.id]).toEqual([
        { total: 121, done: 120, unchanged: 0, refused: 1, pending: 0 },
        farm.ownerId,
      ]);
    }
    expect(await farm.job(foreign)).toMatchObject({ state: "queued" });
  });

  it("does nothing more for an account that was disabled", async () => {
    const farm = await makeFarm(test);
    const ids = await manyJobs(farm, 150);
    const dying = withTransactions(farm.as(), (number) => {
      if (number === 1) throw new Error("killed");
    });
    expect((await cancelJobs(dying, { jobIds: ids })).counts).toMatchObject({ done: 100, pending: 50 });
    const commandId = await newest();
    await test.sql.count("UPDATE users SET disabled_at = now() WHERE id = $1", [farm.ownerId]);
    await standStill(commandId);
    expect(await resumeCommands(test.ctx)).toBe(1);
    const command = await getCommand(test.ctx, { commandId });
    expect(command.counts).toMatchObject({ done: 100, refused: 50, pending: 0 });
    expect(command.items.at(-1)).toMatchObject({
      code: "forbidden",
      message: expect.stringMatching(/lost their account/),
    });
  });

  it("is resumed by the product alone", async () => {
    const farm = await makeFarm(test);
    await expect(resumeCommands(farm.as({ roles: ["admin"] }))).rejects.toMatchObject({ code: "forbidden" });
  });
});
