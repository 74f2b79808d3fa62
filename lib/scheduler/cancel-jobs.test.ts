import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { insertRun } from "../db/sql/insert-run.ts";
import { type TestContext, testContext } from "../testing/context.ts";
import { makeFarm } from "../testing/farm.ts";
import { makeJob } from "../testing/rows.ts";
import { cancelJobs } from "./cancel-jobs.ts";
import { acceptedOrThrow } from "./command-items.ts";

let test: TestContext;
beforeAll(async () => {
  test = await testContext();
});
afterAll(() => test.drop());

describe("cancelJobs", () => {
  it("ends a waiting job at once, skips what waits for it, and tells it", async () => {
    const farm = await makeFarm(test);
    const [build = 0, after = 0] = await farm.submit({ name: "build" }, { name: "after", needs: ["build"] });
    const command = await cancelJobs(farm.as(), { jobIds: [build], reason: "wrong revision" });
    expect(command).toMatchObject({
      kind: "cancel",
      user: { id: farm.ownerId },
      completedAt: expect.any(String),
      items: [{ jobId: build, outcome: "done", code: null, message: null, created: [] }],
    });
    const reason = "Cancelled by dev: wrong revision";
    expect(await farm.job(build)).toMatchObject({
      state: "done",
      result: "cancelled",
      reason,
      dirty: true,
      version: 2,
    });
    expect(await farm.job(after)).toMatchObject({ result: "skipped", reason: "It needs build, which was cancelled." });
    expect(await farm.eventsOf(build)).toEqual(["job.created", "job.cancelled"]);
    expect(await farm.auditOf(`job:${build}`)).toEqual(["job.cancel done dev"]);
    const set = await test.sql.one(
      "SELECT s.result FROM buildsets s JOIN jobs j ON j.buildset_id = s.id WHERE j.id = $1",
      [build],
    );
    expect(set).toEqual({ result: "cancelled" });
    expect(await farm.claim(await farm.worker())).toBeNull();
  });

  it("ends a running job at once and has its run stopped", async () => {
    const farm = await makeFarm(test);
    const [jobId = 0] = await farm.submit({});
    const { runId } = await farm.claimOrThrow(await farm.worker());
    await cancelJobs(farm.as(), { jobIds: [jobId] });
    expect(await farm.job(jobId)).toMatchObject({ state: "done", result: "cancelled" });
    const run = "SELECT state, cancel_requested_at IS NOT NULL AS asked FROM runs WHERE id = $1";
    expect(await test.sql.one(run, [runId])).toEqual({ state: "cancelling", asked: true });
    const events = await test.sql.rows(
      "SELECT type FROM events WHERE run_id = $1 AND type LIKE 'run.%' AND type <> 'run.started'",
      [runId],
    );
    expect(events).toEqual([{ type: "run.cancelling" }]);
  });

  it("takes one member out of a run that serves several, and stops the run with the last one", {
    timeout: 60_000,
  }, async () => {
    const farm = await makeFarm(test);
    const worker = await farm.worker();
    if (worker.actor.kind !== "worker") throw new Error("not a worker");
    const { workerId, bootId } = worker.actor;
    for (let round = 0; round < 20; round++) {
      const ids = await farm.submit({ name: "a" }, { name: "b" }, { name: "c" });
      const members = ids.map((jobId) => ({ jobId, receipt: { rule: "same-builder" as const } }));
      const run = { workerId, bootId, slot: 0, claimId: randomUUID(), leaseSeconds: 60, members };
      const runId = await insertRun(test.sql, run);
      await test.sql.count("UPDATE jobs SET state = 'running', ever_ran = true WHERE id = ANY ($1::bigint[])", [ids]);
      await cancelJobs(farm.as(), { jobIds: ids.slice(0, 1) });
      expect(await farm.runState(runId)).toBe("running");
      // The last two at the same moment, from two sides: one of them has to see that the run is empty.
      await Promise.all(ids.slice(1).map((id) => cancelJobs(farm.as(), { jobIds: [id] })));
      expect(await farm.runState(runId)).toBe("cancelling");
      await farm.finish(worker, runId, "cancelled");
    }
  });

  it("gives the other members the result of a run that one has left", async () => {
    const farm = await makeFarm(test);
    const worker = await farm.worker();
    if (worker.actor.kind !== "worker") throw new Error("not a worker");
    const { workerId, bootId } = worker.actor;
    const [left = 0, stays = 0] = await farm.submit({ name: "a" }, { name: "b" });
    const members = [left, stays].map((jobId) => ({ jobId, receipt: { rule: "same-builder" as const } }));
    const runId = await insertRun(test.sql, {
      workerId,
      bootId,
      slot: 0,
      claimId: randomUUID(),
      leaseSeconds: 60,
      members,
    });
    await test.sql.count("UPDATE jobs SET state = 'running', ever_ran = true WHERE id = ANY ($1::bigint[])", [
      [left, stays],
    ]);
    await cancelJobs(farm.as(), { jobIds: [left] });
    await farm.endLease(runId);
    await farm.claim(await farm.worker(), 0);
    expect(await farm.finish(worker, runId, "success")).toEqual({ runId, result: "success" });
    expect([(await farm.job(left)).result, (await farm.job(stays)).result]).toEqual(["cancelled", "success"]);
  });

  it("leaves a job that is done as it is, and refuses others' jobs, each in its item", async () => {
    const farm = await makeFarm(test);
    const [mine = 0, done = 0] = await farm.submit({ name: "mine" }, { name: "done" });
    await cancelJobs(farm.as(), { jobIds: [done] });
    const foreign = await makeJob(test.sql, { poolId: farm.poolId });
    const command = await cancelJobs(farm.as(), { jobIds: [foreign, done, mine, mine] });
    expect(command.items).toEqual([
      { jobId: mine, outcome: "done", code: null, message: null, created: [] },
      {
        jobId: done,
        outcome: "unchanged",
        code: null,
        message: `Job ${done} is already cancelled; there is nothing left to cancel.`,
        created: [],
      },
      {
        jobId: foreign,
        outcome: "refused",
        code: "forbidden",
        message: expect.stringMatching(/only a sheriff or an admin may cancel it\.$/),
        created: [],
      },
    ]);
    expect(await farm.job(foreign)).toMatchObject({ state: "queued" });
    expect(await farm.auditOf(`job:${foreign}`)).toEqual(["job.cancel refused dev"]);
    expect(acceptedOrThrow(command)).toBe(command);
    const sheriff = await farm.person("sheriff");
    expect((await cancelJobs(sheriff, { jobIds: [foreign] })).items).toMatchObject([{ outcome: "done" }]);
  });

  it("is an error where the one job named is refused", async () => {
    const farm = await makeFarm(test);
    const [jobId = 0] = await farm.submit({});
    const dana = await farm.person("developer", "dana");
    const command = await cancelJobs(dana, { jobIds: [jobId] });
    expect(() => acceptedOrThrow(command)).toThrow(
      expect.objectContaining({ code: "forbidden", message: expect.stringMatching(/may cancel it\.$/) }),
    );
    const ok = await cancelJobs(farm.as(), { jobIds: [jobId] });
    expect(acceptedOrThrow(ok)).toBe(ok);
    const again = await cancelJobs(farm.as(), { jobIds: [jobId] });
    expect(acceptedOrThrow(again).items).toMatchObject([{ outcome: "unchanged" }]);
  });

  it("refuses a token without the scope before anything happens, with an audit row", async () => {
    const farm = await makeFarm(test);
    const [jobId = 0] = await farm.submit({});
    const reader = farm.as({ roles: ["admin"], scopes: ["read"] });
    await expect(cancelJobs(reader, { jobIds: [jobId] })).rejects.toMatchObject({ code: "forbidden" });
    await expect(cancelJobs(await farm.worker(), { jobIds: [jobId] })).rejects.toMatchObject({ code: "forbidden" });
    expect(await farm.auditOf(`job:${jobId}`)).toEqual([
      "job.cancel refused dev",
      expect.stringMatching(/^job\.cancel refused worker/),
    ]);
    expect(await test.sql.rows("SELECT FROM command_items WHERE job_id = $1", [jobId])).toEqual([]);
  });

  it("refuses a job that does not exist in its item, and does the others", async () => {
    const farm = await makeFarm(test);
    const [jobId = 0] = await farm.submit({});
    const command = await cancelJobs(farm.as(), { jobIds: [jobId, 999_999_999] });
    expect(command.items).toMatchObject([
      { jobId, outcome: "done" },
      { jobId: 999_999_999, outcome: "refused", code: "not_found", message: "There is no job 999999999." },
    ]);
    const alone = await cancelJobs(farm.as(), { jobIds: [999_999_999] });
    expect(alone.completedAt).not.toBeNull();
    expect(() => acceptedOrThrow(alone)).toThrow(expect.objectContaining({ code: "not_found" }));
  });

  it("tells what became of it even to a token that may only write", async () => {
    const farm = await makeFarm(test);
    const [jobId = 0] = await farm.submit({});
    const writer = farm.as({ scopes: ["jobs:write"] });
    expect((await cancelJobs(writer, { jobIds: [jobId] })).items).toMatchObject([{ outcome: "done" }]);
  });
});
