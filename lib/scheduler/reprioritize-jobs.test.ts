import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type TestContext, testContext } from "../testing/context.ts";
import { makeFarm } from "../testing/farm.ts";
import { makeJob } from "../testing/rows.ts";
import { getJob } from "./get-job.ts";
import { reprioritizeJobs } from "./reprioritize-jobs.ts";

let test: TestContext;
beforeAll(async () => {
  test = await testContext();
});
afterAll(() => test.drop());

describe("reprioritizeJobs", () => {
  it("moves a waiting job ahead, and it is served next", async () => {
    const farm = await makeFarm(test, { basePriority: 3 });
    const [first = 0, second = 0] = await farm.submit({ name: "first" }, { name: "second" });
    await farm.relay();
    expect(await getJob(farm.as(), { jobId: second })).toMatchObject({ ahead: 1 });
    const before = await farm.job(second);
    const command = await reprioritizeJobs(farm.as(), { jobIds: [second], priority: 7 });
    expect(command.items).toMatchObject([{ jobId: second, outcome: "done" }]);
    const after = await farm.job(second);
    expect(after).toMatchObject({ score: before.score - 7 * 600_000, version: before.version + 1, dirty: true });
    expect(await farm.eventsOf(second)).toEqual(["job.created", "job.reprioritized"]);
    expect(await farm.auditOf(`job:${second}`)).toEqual(["job.reprioritize done dev"]);
    await farm.relay();
    expect(await getJob(farm.as(), { jobId: second })).toMatchObject({ ahead: 0, priority: 7, rank: 10 });
    const worker = await farm.worker();
    expect((await farm.claimOrThrow(worker, 0)).jobIds).toEqual([second]);
    expect((await farm.claimOrThrow(worker, 1)).jobIds).toEqual([first]);
  });

  it("moves a blocked job as well, and leaves a job alone that has the priority already", async () => {
    const farm = await makeFarm(test);
    const [, blocked = 0] = await farm.submit({ name: "a" }, { name: "b", needs: ["a"] });
    const ask = { jobIds: [blocked], priority: -100 };
    expect((await reprioritizeJobs(farm.as(), ask)).items).toMatchObject([{ outcome: "done" }]);
    const { version, state } = await farm.job(blocked);
    expect(state).toBe("blocked");
    const again = await reprioritizeJobs(farm.as(), ask);
    expect(again.items).toMatchObject([
      { outcome: "unchanged", message: `Job ${blocked} has the priority -100 already.` },
    ]);
    expect(await farm.job(blocked)).toMatchObject({ version });
  });

  it("refuses running, done and others' jobs, each with its sentence", async () => {
    const farm = await makeFarm(test);
    const [running = 0] = await farm.submit({ name: "running" });
    const { runId } = await farm.claimOrThrow(await farm.worker());
    const done = await makeJob(test.sql, { state: "done", result: "success", ownerId: farm.ownerId });
    const foreign = await makeJob(test.sql, {});
    const { items } = await reprioritizeJobs(farm.as(), { jobIds: [running, done, foreign], priority: 5 });
    expect(items).toMatchObject([
      { outcome: "refused", code: "conflict", message: `Job ${running} is running, so its priority is fixed.` },
      { outcome: "refused", code: "conflict", message: expect.stringMatching(/is already done \(success\)/) },
      { outcome: "refused", code: "forbidden" },
    ]);
    expect(await farm.runState(runId)).toBe("running");
    for (const id of [running, done, foreign]) {
      expect(await farm.auditOf(`job:${id}`)).toEqual(["job.reprioritize refused dev"]);
    }
  });

  it("ends where the last commit says, when many do it at once", async () => {
    const farm = await makeFarm(test);
    const [jobId = 0] = await farm.submit({});
    const sheriffs = await Promise.all(Array.from({ length: 8 }, () => farm.person("sheriff")));
    await Promise.all(
      sheriffs.map((ctx, index) => reprioritizeJobs(ctx, { jobIds: [jobId], priority: index * 10 + 1 })),
    );
    await farm.relay();
    const row = await test.sql.one<{ priority: number; last: number; score: number; submitted: Date }>(
      `SELECT priority, score, submitted_at AS submitted, (SELECT (body->>'to')::int FROM events
         WHERE job_id = j.id AND type = 'job.reprioritized' ORDER BY id DESC LIMIT 1) AS last
       FROM jobs j WHERE id = $1`,
      [jobId],
    );
    expect(row.priority).toBe(row.last);
    expect(row.score).toBe(row.submitted.getTime() - row.priority * 600_000);
    const [hint] = await test.ctx.queues.pop([{ poolId: farm.poolId, classes: ["any"] }], 1);
    expect(hint).toMatchObject({ jobId, score: row.score });
  });
});
