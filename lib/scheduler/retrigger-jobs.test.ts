import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type TestContext, testContext } from "../testing/context.ts";
import { makeFarm } from "../testing/farm.ts";
import { acceptedOrThrow } from "./command-items.ts";
import { getJob } from "./get-job.ts";
import { retriggerJobs } from "./retrigger-jobs.ts";

let test: TestContext;
beforeAll(async () => {
  test = await testContext();
});
afterAll(() => test.drop());

const createdBy = (command: Awaited<ReturnType<typeof retriggerJobs>>) => command.items[0]?.created ?? [];

describe("retriggerJobs", () => {
  it("makes new jobs of their own buildsets, linked to the old one, which stays as it is", async () => {
    const farm = await makeFarm(test, { basePriority: 2 });
    const [jobId = 0] = await farm.submit({ name: "flaky", exclusive: true });
    const worker = await farm.worker();
    await farm.finish(worker, (await farm.claimOrThrow(worker)).runId, "failure");
    const before = await getJob(farm.as(), { jobId });
    const command = await retriggerJobs(farm.as(), { jobIds: [jobId], dependents: false, count: 3, priority: 10 });
    const created = createdBy(command);
    expect(created).toHaveLength(3);
    expect(await getJob(farm.as(), { jobId })).toEqual({
      ...before,
      retriggers: created.map((id) => ({ id, builder: "flaky", state: "queued", result: null })),
    });
    const copies = await Promise.all(created.map((id) => getJob(farm.as(), { jobId: id })));
    for (const copy of copies) {
      expect(copy).toMatchObject({ state: "queued", retriggerOf: jobId, priority: 10, rank: 12, runId: null });
      expect(copy.definition).toEqual(before.definition);
      expect(copy.properties).toEqual(before.properties);
      expect(copy.owner?.id).toBe(farm.ownerId);
      const submitted = Date.parse(copy.submittedAt);
      expect(submitted).toBeGreaterThan(Date.parse(before.submittedAt));
      expect((await farm.job(copy.id)).score).toBe(submitted - 12 * 600_000);
    }
    expect(new Set(copies.map((copy) => copy.buildsetId)).size).toBe(3);
    expect(await farm.eventsOf(created[0] ?? 0)).toEqual(["job.created"]);
    expect(await farm.auditOf(`job:${jobId}`)).toEqual(["job.retrigger done dev"]);
    const work = await farm.claimOrThrow(worker);
    expect(work).toMatchObject({ jobIds: [created[0]], exclusive: true, builder: "flaky" });
  });

  it("needs what the old one needed: waits for it, or starts at once with what it has made", async () => {
    const farm = await makeFarm(test);
    const [build = 0, suite = 0] = await farm.submit({ name: "build" }, { name: "suite", needs: ["build"] });
    const waiting = createdBy(await retriggerJobs(farm.as(), { jobIds: [suite], dependents: false, count: 1 }));
    expect(await farm.job(waiting[0] ?? 0)).toMatchObject({ state: "blocked" });
    const worker = await farm.worker();
    const { runId } = await farm.claimOrThrow(worker);
    await farm.finish(worker, runId, "success", { outputs: { package: "app.zip" } });
    expect(await farm.job(waiting[0] ?? 0)).toMatchObject({ state: "queued" });
    const ready = createdBy(await retriggerJobs(farm.as(), { jobIds: [suite], dependents: false, count: 1 }));
    expect(await farm.job(ready[0] ?? 0)).toMatchObject({ state: "queued" });
    expect((await getJob(farm.as(), { jobId: ready[0] ?? 0 })).needs).toMatchObject([{ id: build }]);
    for (let index = 0; index < 3; index++) {
      expect((await farm.claimOrThrow(worker, index)).properties).toMatchObject({ package: "app.zip" });
    }
  });

  it("never leaves a copy waiting for a job that ends at that very moment", async () => {
    const farm = await makeFarm(test);
    const worker = await farm.worker();
    for (let round = 0; round < 40; round++) {
      const [, suite = 0] = await farm.submit({ name: "build" }, { name: "suite", needs: ["build"] });
      const { runId } = await farm.claimOrThrow(worker);
      const [command] = await Promise.all([
        retriggerJobs(farm.as(), { jobIds: [suite], dependents: false, count: 2 }),
        farm.finish(worker, runId, "success"),
      ]);
      for (const id of [suite, ...createdBy(command)]) {
        expect(await farm.job(id)).toMatchObject({ state: "queued" });
      }
      await test.sql.count("UPDATE jobs SET state = 'done', result = 'skipped' WHERE state = 'queued'");
    }
  });

  it("is refused when something it needs has failed, and when its pool is gone or of another trust level", async () => {
    const farm = await makeFarm(test);
    const [build = 0, suite = 0] = await farm.submit({ name: "build" }, { name: "suite", needs: ["build"] });
    const worker = await farm.worker();
    await farm.finish(worker, (await farm.claimOrThrow(worker)).runId, "failure");
    const item = async (jobId: number) =>
      (await retriggerJobs(farm.as(), { jobIds: [jobId], dependents: false, count: 1 })).items[0];
    expect(await item(suite)).toMatchObject({
      outcome: "refused",
      code: "conflict",
      message: `Job ${suite} needs build, which ended with failure; retrigger that one first.`,
      created: [],
    });
    await test.sql.count("UPDATE pools SET trust_level = 2 WHERE id = $1", [farm.poolId]);
    expect(await item(build)).toMatchObject({ code: "conflict", message: expect.stringMatching(/trust level 2/) });
    await test.sql.count("UPDATE pools SET trust_level = 1, removed_at = now() WHERE id = $1", [farm.poolId]);
    expect(await item(build)).toMatchObject({ code: "conflict", message: expect.stringMatching(/has been removed/) });
    expect(
      await test.sql.rows("SELECT FROM jobs WHERE retrigger_of_id = ANY ($1::bigint[])", [[build, suite]]),
    ).toEqual([]);
  });

  it("lets any developer retrigger a failed nightly and own that retrigger; other jobs of others are refused", async () => {
    const farm = await makeFarm(test);
    const [nightly = 0, plain = 0] = await farm.submit({ name: "nightly", kind: "nightly" }, { name: "plain" });
    const worker = await farm.worker();
    for (const slot of [0, 1]) await farm.finish(worker, (await farm.claimOrThrow(worker, slot)).runId, "failure");
    const dana = await farm.person("developer");
    const [copy = 0] = createdBy(await retriggerJobs(dana, { jobIds: [nightly], dependents: false, count: 1 }));
    expect((await getJob(dana, { jobId: copy })).actions.cancel).toEqual({ allowed: true });
    const refused = await retriggerJobs(dana, { jobIds: [plain], dependents: false, count: 1 });
    expect(() => acceptedOrThrow(refused)).toThrow(expect.objectContaining({ code: "forbidden" }));
    expect(await farm.auditOf(`job:${plain}`)).toEqual([expect.stringMatching(/^job\.retrigger refused developer/)]);
  });

  it("makes the copies of one key once", async () => {
    const farm = await makeFarm(test);
    const [jobId = 0] = await farm.submit({});
    const ask = { jobIds: [jobId], dependents: false, count: 10, idempotencyKey: "again" };
    const [one, two] = await Promise.all([retriggerJobs(farm.as(), ask), retriggerJobs(farm.as(), ask)]);
    expect(one).toEqual(two);
    expect(await test.sql.rows("SELECT FROM jobs WHERE retrigger_of_id = $1", [jobId])).toHaveLength(10);
    await expect(retriggerJobs(farm.as(), { ...ask, count: 11 })).rejects.toMatchObject({ code: "invalid" });
    const unknown = await retriggerJobs(farm.as(), { jobIds: [999_999_999], dependents: false, count: 1 });
    expect(unknown.items).toMatchObject([{ outcome: "refused", code: "not_found" }]);
  });
  });
});
