import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type TestContext, testContext } from "../testing/context.ts";
import { type Farm, makeFarm } from "../testing/farm.ts";
import { expectSound, outcome, soon, tally } from "../testing/race.ts";
import { cancelJobs } from "./cancel-jobs.ts";
import type { SchedulerContext } from "./context.ts";
import { endBoosts } from "./end-boosts.ts";
import { reprioritizeJobs } from "./reprioritize-jobs.ts";
import { retriggerJobs } from "./retrigger-jobs.ts";
import { undoCommand } from "./undo-command.ts";

// An undo, or a command for many jobs, meets another verb on the same jobs at the same moment, on a real PostgreSQL.

let test: TestContext;
beforeAll(async () => {
  test = await testContext();
});
afterAll(() => test.drop());

/** Jobs in a pool of their own, whose queue is read from PostgreSQL, cancelled by a command. */
async function cancelled(...builders: { name: string; needs?: string[] }[]) {
  const own = await makeFarm(test, { ready: false });
  const ids = await own.submit(...builders);
  const worker = await own.worker();
  return { own, ids, worker, cancel: (jobIds: number[]) => cancelJobs(own.as(), { jobIds }) };
}

const one = (command: { items: { outcome: string }[] }) => command.items[0]?.outcome;

describe("undo meets", () => {
  it("claim: the job is restored once and runs once at most (100 pairs)", async () => {
    const wins = tally();
    for (let round = 0; round < 100; round++) {
      const { own, ids, worker, cancel } = await cancelled({ name: "a" });
      const { id: commandId } = await cancel(ids);
      let undone = false;
      const undoing = soon(() => undoCommand(own.as(), { commandId })).finally(() => {
        undone = true;
      });
      let work = await soon(() => own.claim(worker));
      while (round % 2 === 0 && !work && !undone) work = await own.claim(worker);
      expect(one(await undoing)).toBe("done");
      expect(await own.job(ids[0] ?? 0)).toMatchObject({ state: work ? "running" : "queued" });
      wins.add(work ? "undo first" : "claim first");
    }
    wins.expect("undo first", "claim first");
    await expectSound(test.sql);
  });

  it("cancel: the job ends as the later one says (100 pairs)", async () => {
    const wins = tally();
    for (let round = 0; round < 100; round++) {
      const { own, ids, cancel } = await cancelled({ name: "a" }, { name: "b", needs: ["a"] });
      const { id: commandId } = await cancel(ids.slice(0, 1));
      const [undo, again] = await Promise.all([
        soon(() => undoCommand(own.as(), { commandId })),
        soon(() => cancel(ids.slice(0, 1))),
      ]);
      expect(one(undo)).toBe("done"); // whichever came first, this command was the last to cancel it then
      const states = await Promise.all(ids.map(async (id) => (await own.job(id)).state));
      expect(states).toEqual(one(again) === "done" ? ["done", "done"] : ["queued", "blocked"]);
      wins.add(one(again) === "done" ? "undo first" : "cancel first");
    }
    wins.expect("undo first", "cancel first");
    await expectSound(test.sql);
  });

  it("another undo: one of them happens, the other is told (100 pairs)", async () => {
    for (let round = 0; round < 100; round++) {
      const { own, ids, cancel } = await cancelled({ name: "a" });
      const { id: commandId } = await cancel(ids);
      const both = await Promise.all([1, 2].map(() => soon(() => outcome(undoCommand(own.as(), { commandId })))));
      expect(both.filter((reply) => reply === "conflict")).toHaveLength(1);
      expect(await own.eventsOf(ids[0] ?? 0)).toEqual(["job.created", "job.cancelled", "job.restored"]);
    }
    await expectSound(test.sql);
  });

  it("the end of what the job needs: it never waits for ever (60 pairs)", async () => {
    const wins = tally();
    for (let round = 0; round < 60; round++) {
      const { own, ids, worker, cancel } = await cancelled({ name: "a" }, { name: "b", needs: ["a"] });
      const { runId } = await own.claimOrThrow(worker);
      const { id: commandId } = await cancel(ids.slice(1));
      const result = round % 2 === 0 ? "success" : "failure";
      const [undo] = await Promise.all([
        soon(() => undoCommand(own.as(), { commandId })),
        soon(() => own.finish(worker, runId, result)),
      ]);
      const { state, result: ended } = await own.job(ids[1] ?? 0);
      expect(state).toBe(result === "success" ? "queued" : "done");
      wins.add(`${result} ${one(undo)} ${ended}`);
    }
    // After a failure the job stays cancelled when that came first, and is skipped when it was restored before.
    wins.expect("failure done skipped", "failure refused cancelled", "success done null");
    await expectSound(test.sql);
  });

  it("claim and the end of a boost, when it is about a priority (80 of each)", async () => {
    for (let round = 0; round < 80; round++) {
      const own = await makeFarm(test, { ready: false });
      const [jobId = 0] = await own.submit({});
      const before = await own.job(jobId);
      const worker = await own.worker();
      const sheriff = await own.person("sheriff");
      const boost = { minutes: 5, reason: "A race." };
      const { id: commandId } = await reprioritizeJobs(sheriff, { jobIds: [jobId], priority: 40, boost });
      await test.sql.count("UPDATE jobs SET boost_until = clock_timestamp() WHERE id = $1", [jobId]);
      const [work, undo] = await Promise.all([
        soon(async () => (round % 2 === 0 ? own.claim(worker) : null)),
        soon(() => undoCommand(sheriff, { commandId })),
        soon(() => endBoosts(test.ctx)),
      ]);
      await endBoosts(test.ctx); // it passes over what somebody holds
      expect(["done", "refused"]).toContain(one(undo));
      expect(await own.job(jobId)).toMatchObject({ state: work ? "running" : "queued", score: before.score });
    }
  });
});

describe("two commands for the same 1,000 jobs", { timeout: 120_000 }, () => {
  const suite = Array.from({ length: 1000 }, (_, index) => ({ name: `job ${index}` }));
  const total = ({ counts }: { counts: { done: number; unchanged: number; refused: number } }) => counts;

  /** Both to their end. */
  async function meet(own: Farm, ...give: ((ctx: SchedulerContext) => ReturnType<typeof cancelJobs>)[]) {
    const commands = await Promise.all(give.map((one) => soon(() => one(own.as()))));
    for (let open = true; open; ) {
      const rows = await test.sql.rows(
        "SELECT id FROM commands WHERE completed_at IS NULL AND id = ANY ($1::bigint[])",
        [commands.map((command) => command.id)],
      );
      open = rows.length > 0;
    }
    return Promise.all(
      commands.map(async ({ id }) => {
        const rows = await test.sql.rows<{ outcome: string; count: number }>(
          "SELECT outcome, count(*) FROM command_items WHERE command_id = $1 GROUP BY outcome",
          [id],
        );
        const counts = new Map(rows.map((row) => [row.outcome, row.count]));
        return {
          id,
          done: counts.get("done") ?? 0,
          unchanged: counts.get("unchanged") ?? 0,
          refused: counts.get("refused") ?? 0,
        };
      }),
    );
  }

  it("cancel each job once", async () => {
    const own = await makeFarm(test);
    const ids = await own.submit(...suite);
    const filter = { pool: own.pool };
    const [a, b] = await meet(
      own,
      (ctx) => cancelJobs(ctx, { jobIds: ids }),
      (ctx) => cancelJobs(ctx, { filter, reason: "the other" }),
    );
    // The filter may have found fewer: those of the first batch were done by then.
    expect((a?.done ?? 0) + (b?.done ?? 0)).toBe(1000);
    expect(total({ counts: a ?? { done: 0, unchanged: 0, refused: 0 } }).refused).toBe(0);
    await expectSound(test.sql, own.poolId);
  });

  it("cancel them and raise them, in whatever order each of them meets", async () => {
    const own = await makeFarm(test);
    const ids = await own.submit(...suite);
    const [cancel, raise, again] = await meet(
      own,
      (ctx) => cancelJobs(ctx, { jobIds: ids }),
      (ctx) => reprioritizeJobs(ctx, { jobIds: ids, priority: 5 }),
      (ctx) => retriggerJobs(ctx, { jobIds: ids, count: 1, dependents: false }),
    );
    expect([cancel?.done, again?.done]).toEqual([1000, 1000]);
    expect((raise?.done ?? 0) + (raise?.refused ?? 0)).toBe(1000);
    await expectSound(test.sql, own.poolId);
  });

  it("undo them while they are at work", async () => {
    const own = await makeFarm(test);
    const ids = await own.submit(...suite);
    const { id: commandId } = await cancelJobs(own.as(), { jobIds: ids }); // it goes on
    const [undo] = await meet(own, (ctx) => undoCommand(ctx, { commandId }));
    expect(undo?.refused).toBe(0);
    const rows = await test.sql.rows("SELECT DISTINCT state FROM jobs WHERE id = ANY ($1::bigint[])", [ids]);
    expect(rows).toEqual([{ state: "queued" }]);
    await expectSound(test.sql, own.poolId);
  });
});
