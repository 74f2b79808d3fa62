import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type TestContext, testContext } from "../testing/context.ts";
import { type Farm, makeFarm } from "../testing/farm.ts";
import { expectSound } from "../testing/race.ts";
import { cancelJobs } from "./cancel-jobs.ts";
import type { SchedulerContext } from "./context.ts";
import { endBoosts } from "./end-boosts.ts";
import { getCommand } from "./get-command.ts";
import { getJob } from "./get-job.ts";
import { reprioritizeJobs } from "./reprioritize-jobs.ts";
import { retriggerJobs } from "./retrigger-jobs.ts";
import { undoCommand } from "./undo-command.ts";

let test: TestContext;
beforeAll(async () => {
  test = await testContext();
});
afterAll(() => test.drop());

/** What must come back: everything of a job's row but what only tells that something happened to it. */
const rows = (farm: Farm) =>
  test.sql.rows(
    `SELECT id, buildset_id, state, result, reason, priority, score, queue_class, submitted_at, queued_at, ended_at, ever_ran,
            boost_until, boost_from, boost_reason, cancelled_by_id
     FROM jobs WHERE pool_id = $1 ORDER BY id`,
    [farm.poolId],
  );
const openSets = (farm: Farm) =>
  test.sql.rows("SELECT id, completed_at, result FROM buildsets WHERE branch_id = $1 ORDER BY id", [farm.branchId]);
const outcomes = (command: Awaited<ReturnType<typeof undoCommand>>) =>
  command.items.map((item) => [item.jobId, item.outcome, item.message]);
const problem = (code: string, text: RegExp) => ({ code, message: expect.stringMatching(text) });

describe("the undo of a cancel", () => {
  it("brings the whole queue back as it was, with what was skipped, and reopens the buildsets", async () => {
    const farm = await makeFarm(test, { basePriority: 4 });
    const ids = await farm.submit(
      { name: "a" },
      { name: "b", needs: ["a"] },
      { name: "c", needs: ["b"] },
      { name: "d" },
    );
    await reprioritizeJobs(farm.as(), { jobIds: ids.slice(3), priority: 20 });
    const [before, sets] = [await rows(farm), await openSets(farm)];
    const cancel = await cancelJobs(farm.as(), { jobIds: [ids[0] ?? 0, ids[3] ?? 0] });
    expect(cancel.undo).toEqual({ possible: true, reason: null, undoneBy: null });
    expect(await openSets(farm)).not.toEqual(sets);
    const undo = await undoCommand(farm.as(), { commandId: cancel.id });
    expect(undo).toMatchObject({
      kind: "undo",
      undoOf: cancel.id,
      counts: { total: 2, done: 2 },
      completedAt: expect.any(String),
    });
    expect([await rows(farm), await openSets(farm)]).toEqual([before, sets]);
    expect(await farm.eventsOf(ids[1] ?? 0)).toEqual(["job.created", "job.skipped", "job.restored"]);
    const told = await test.sql.rows("SELECT body FROM events WHERE type = 'command.changed' ORDER BY id DESC LIMIT 1");
    expect(told).toMatchObject([{ body: { commandId: undo.id, undoOf: cancel.id, complete: true } }]);
    expect(await farm.auditOf(`job:${ids[0]}`)).toEqual(["job.cancel done dev", "job.undo done dev"]);
    expect((await getCommand(farm.as(), { commandId: cancel.id })).undo).toEqual({
      possible: false,
      reason: `Command ${cancel.id} has been undone already, by command ${undo.id}.`,
      undoneBy: undo.id,
    });
    await farm.relay();
    expect((await farm.claimOrThrow(await farm.worker())).jobIds).toEqual([ids[3]]);
    await expectSound(test.sql, farm.poolId);
  });

  it("restores a blocked job as queued when what it needs is there by now, and leaves it when that has failed", async () => {
    const farm = await makeFarm(test);
    const [good = 0, after = 0, bad = 0, lost = 0] = await farm.submit(
      { name: "good" },
      { name: "after", needs: ["good"] },
      { name: "bad" },
      { name: "lost", needs: ["bad"] },
    );
    const cancel = await cancelJobs(farm.as(), { jobIds: [after, lost] });
    const worker = await farm.worker();
    for (const [slot, result] of [
      [0, "success"],
      [1, "failure"],
    ] as const) {
      const work = await farm.claimOrThrow(worker, slot);
      await farm.finish(worker, work.runId, result);
    }
    const undo = await undoCommand(farm.as(), { commandId: cancel.id });
    expect(outcomes(undo)).toEqual([
      [after, "done", null],
      [lost, "refused", `Job ${lost} needs bad, which ended with failure, so it stays cancelled.`],
    ]);
    expect(await farm.job(after)).toMatchObject({ state: "queued", reason: null });
    expect(good < bad).toBe(true);
    await expectSound(test.sql, farm.poolId);
  });

  it("names a job that had started, and leaves it cancelled", async () => {
    const farm = await makeFarm(test);
    const [ran = 0, back = 0] = await farm.submit({ name: "ran" }, { name: "back" });
    await farm.claimOrThrow(await farm.worker());
    const cancel = await cancelJobs(farm.as(), { jobIds: [ran, back] });
    expect(outcomes(await undoCommand(farm.as(), { commandId: cancel.id }))).toEqual([
      [ran, "refused", `Job ${ran} had started before it was cancelled, so it cannot go on; retrigger it instead.`],
      [back, "done", null],
    ]);
    expect(await farm.job(ran)).toMatchObject({ state: "done", result: "cancelled" });
    // Cancelled and undone once more: each undo is about its own command.
    const again = await cancelJobs(farm.as(), { jobIds: [back] });
    const undo = await undoCommand(farm.as(), { commandId: again.id });
    expect(outcomes(undo)).toEqual([[back, "done", null]]);
  });

  it("takes the base priority, the head start and the reserved branches as they are now", async () => {
    const farm = await makeFarm(test);
    const [jobId = 0] = await farm.submit({});
    const before = await farm.job(jobId);
    const cancel = await cancelJobs(farm.as(), { jobIds: [jobId] });
    await test.sql.count("UPDATE branches SET base_priority = 3 WHERE id = $1", [farm.branchId]);
    await test.sql.count(
      "UPDATE pools SET reserve_branches = ARRAY (SELECT name FROM branches WHERE id = $2) WHERE id = $1",
      [farm.poolId, farm.branchId],
    );
    await undoCommand(farm.as(), { commandId: cancel.id });
    expect(await farm.job(jobId)).toMatchObject({ state: "queued", score: before.score - 3 * 600_000 });
    expect(await rows(farm)).toMatchObject([{ queue_class: "reserved" }]);
  });

  it("stops a command that is still at work", async () => {
    const farm = await makeFarm(test);
    const ids = await farm.submit(...Array.from({ length: 260 }, (_, index) => ({ name: `job ${index}` })));
    const before = await rows(farm);
    const ask = { jobIds: ids, idempotencyKey: "cut" };
    const { id } = await cancelJobs(cutOff(farm.as(), 1), ask);
    expect(await getCommand(farm.as(), { commandId: id })).toMatchObject({
      completedAt: null,
      counts: { pending: 160 },
    });
    const undo = await undoCommand(farm.as(), { commandId: id });
    expect(undo.counts).toMatchObject({ total: 100, done: 100 });
    const stopped = await cancelJobs(farm.as(), ask); // the repeat finds it, and does nothing more
    expect(stopped).toMatchObject({ id, counts: { done: 100, refused: 160, pending: 0 } });
    expect(stopped.items.at(-1)?.message).toBe("The command was undone before this job had its turn.");
    expect(await rows(farm)).toEqual(before);
  });
});

describe("the undo of a change of priority", () => {
  it("gives back the exact priority and place of what still waits unchanged, and names the others", async () => {
    const farm = await makeFarm(test, { basePriority: 1 });
    const [run = 0, other = 0, same = 0] = await farm.submit({ name: "run" }, { name: "other" }, { name: "same" });
    const before = await farm.job(same);
    const change = await reprioritizeJobs(farm.as(), { jobIds: [run, other, same], priority: 9 });
    await farm.claimOrThrow(await farm.worker());
    // Back to 9 by way of another value: the number is the same, but somebody has decided anew.
    await reprioritizeJobs(farm.as(), { jobIds: [other], priority: 5 });
    await reprioritizeJobs(farm.as(), { jobIds: [other], priority: 9 });
    const undo = await undoCommand(farm.as(), { commandId: change.id });
    expect(outcomes(undo)).toEqual([
      [run, "refused", `Job ${run} has started, so its place no longer matters.`],
      [other, "refused", `The priority of job ${other} has been changed again since, so it stays.`],
      [same, "done", null],
    ]);
    expect(await farm.job(same)).toMatchObject({ score: before.score, version: before.version + 2, dirty: true });
    expect(await farm.eventsOf(same)).toEqual(["job.created", "job.reprioritized", "job.reprioritized"]);
    expect(await getJob(farm.as(), { jobId: same })).toMatchObject({ priority: 0 });
  });

  it("gives a boost back that it ended, as long as that lasts, and takes one back", async () => {
    const farm = await makeFarm(test);
    const sheriff = await farm.person("sheriff");
    const [lasts = 0, over = 0] = await farm.submit({ name: "lasts" }, { name: "over" });
    await reprioritizeJobs(farm.as(), { jobIds: [lasts, over], priority: 3 });
    const plain = await rows(farm);
    const boost = { minutes: 60, reason: "A release waits for it." };
    const boosted = await reprioritizeJobs(sheriff, { jobIds: [lasts, over], priority: 50, boost });
    const before = await rows(farm);
    const change = await reprioritizeJobs(farm.as(), { jobIds: [lasts, over], priority: -5 });
    expect(await getJob(farm.as(), { jobId: lasts })).toMatchObject({ priority: -5, boost: null });
    await test.sql.count(
      `UPDATE command_items SET before = jsonb_set(before, '{boost,until}', '"2020-01-01T00:00:00.000Z"')
       WHERE command_id = $1 AND job_id = $2`,
      [change.id, over],
    );
    await undoCommand(farm.as(), { commandId: change.id });
    expect(await rows(farm)).toEqual([before[0], plain[1]]);
    const undo = await undoCommand(sheriff, { commandId: boosted.id });
    expect(outcomes(undo).map(([, outcome]) => outcome)).toEqual(["refused", "refused"]); // that undo was a change as well
    const again = await reprioritizeJobs(sheriff, { jobIds: [over], priority: 50, boost });
    await undoCommand(sheriff, { commandId: again.id });
    expect(await rows(farm)).toEqual([before[0], plain[1]]);
  });

  it("comes too late for a boost that has ended by itself", async () => {
    const farm = await makeFarm(test);
    const sheriff = await farm.person("sheriff");
    const [jobId = 0] = await farm.submit({});
    const boost = { minutes: 1, reason: "A sheriff's reason." };
    const boosted = await reprioritizeJobs(sheriff, { jobIds: [jobId], priority: 50, boost });
    await test.sql.count("UPDATE jobs SET boost_until = clock_timestamp() WHERE id = $1", [jobId]);
    expect(await endBoosts(test.ctx)).toBe(1);
    const undo = await undoCommand(sheriff, { commandId: boosted.id });
    expect(undo.items).toMatchObject([{ outcome: "refused", message: expect.stringMatching(/changed again since/) }]);
  });
});

describe("the undo of a retrigger", () => {
  it("cancels what it made and what has not started, and names what has", async () => {
    const farm = await makeFarm(test);
    const [build = 0] = await farm.submit({ name: "build" }, { name: "suite", needs: ["build"] });
    const worker = await farm.worker();
    await farm.finish(worker, (await farm.claimOrThrow(worker)).runId, "failure");
    const retrigger = await retriggerJobs(farm.as(), { jobIds: [build], count: 2, dependents: true });
    const { runId, jobIds } = await farm.claimOrThrow(worker);
    const undo = await undoCommand(farm.as(), { commandId: retrigger.id });
    const created = retrigger.items[0]?.created ?? [];
    expect(undo.items.map((item) => item.jobId)).toEqual(created);
    for (const item of undo.items) {
      if (!jobIds.includes(item.jobId)) expect(item.outcome).toBe("done");
      else expect(item.message).toBe(`Job ${item.jobId} has started, so it goes on; cancel it if nobody needs it.`);
    }
    expect(await farm.runState(runId)).toBe("running");
    await farm.finish(worker, runId, "success");
    expect(await farm.claim(worker)).toBeNull();
    await expectSound(test.sql, farm.poolId);
  });
});

describe("an undo", () => {
  it("belongs to whoever gave the command, sheriffs and admins", async () => {
    const farm = await makeFarm(test);
    const cancelled = async () => {
      const [jobId = 0] = await farm.submit({});
      return (await cancelJobs(farm.as(), { jobIds: [jobId] })).id;
    };
    const commandId = await cancelled();
    const dana = await farm.person("developer");
    await expect(undoCommand(dana, { commandId })).rejects.toMatchObject(
      problem("forbidden", /gave command \d+, so only .+, a sheriff or an admin may undo it\.$/),
    );
    expect((await getCommand(dana, { commandId })).undo).toMatchObject({ possible: false, reason: expect.any(String) });
    expect(await farm.auditOf(`command:${commandId}`)).toEqual([expect.stringMatching(/^job\.undo refused developer/)]);
    const reader = farm.as({ scopes: ["read"] });
    await expect(undoCommand(reader, { commandId })).rejects.toMatchObject(problem("forbidden", /scope jobs:write/));
    const nobody = farm.as({ roles: [] });
    await expect(undoCommand(nobody, { commandId })).rejects.toMatchObject(problem("forbidden", /no role here/));
    for (const role of ["sheriff", "admin"] as const) {
      const undo = await undoCommand(await farm.person(role), { commandId: await cancelled() });
      expect(undo.counts.done).toBe(1);
    }
  });

  it("happens once, with the same answer for the same key", async () => {
    const farm = await makeFarm(test);
    const [jobId = 0] = await farm.submit({});
    const { id: commandId } = await cancelJobs(farm.as(), { jobIds: [jobId] });
    const ask = { commandId, idempotencyKey: "undo-1" };
    const undo = await undoCommand(farm.as(), ask);
    expect(await undoCommand(farm.as(), ask)).toEqual(undo);
    await expect(undoCommand(farm.as(), { commandId })).rejects.toMatchObject(
      problem("conflict", /has been undone already, by command/),
    );
    await expect(undoCommand(farm.as(), { commandId: undo.id })).rejects.toMatchObject(
      problem("conflict", /is an undo itself and stays/),
    );
    await expect(undoCommand(farm.as(), { commandId: undo.id, idempotencyKey: "undo-1" })).rejects.toMatchObject({
      code: "invalid",
    });
    await expect(undoCommand(farm.as(), { commandId: 999_999_999 })).rejects.toMatchObject({ code: "not_found" });
  });

  it("needs something to undo", async () => {
    const farm = await makeFarm(test);
    const [jobId = 0] = await farm.submit({});
    await cancelJobs(farm.as(), { jobIds: [jobId] });
    const again = await cancelJobs(farm.as(), { jobIds: [jobId] });
    await expect(undoCommand(farm.as(), { commandId: again.id })).rejects.toMatchObject(
      problem("conflict", /changed no job, so there is nothing to undo/),
    );
  });

  it("is not offered when all has moved on", async () => {
    const farm = await makeFarm(test);
    const [jobId = 0] = await farm.submit({});
    const { id: commandId } = await reprioritizeJobs(farm.as(), { jobIds: [jobId], priority: 5 });
    await farm.claimOrThrow(await farm.worker());
    expect((await getCommand(farm.as(), { commandId })).undo).toEqual({
      possible: false,
      reason: "Every job that it changed has moved on since, so nothing would come back.",
      undoneBy: null,
    });
  });

  it("is the only way out of an end, in the database as well", async () => {
    const farm = await makeFarm(test);
    const [jobId = 0] = await farm.submit({});
    await cancelJobs(farm.as(), { jobIds: [jobId] });
    const back = test.sql.count("UPDATE jobs SET state = 'queued', result = NULL WHERE id = $1", [jobId]);
    await expect(back).rejects.toThrow(/is done with result cancelled, which is final/);
  });
});

/** A process that is killed when it begins its next transaction after `left`. */
function cutOff(ctx: SchedulerContext, left: number): SchedulerContext {
  return {
    ...ctx,
    sql: {
      ...ctx.sql,
      transaction: (work) => {
        if (left-- <= 0) throw new Error("killed");
        return ctx.sql.transaction(work);
      },
    },
  };
}
