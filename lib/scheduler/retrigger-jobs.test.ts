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

/** The states of jobs, and what each of them needs. */
const shape = async (ids: readonly number[]) => {
  const rows = await test.sql.rows<{ id: number; builder: string; state: string; set: number; needs: number[] }>(
    `SELECT j.id, b.name AS builder, j.state, j.buildset_id AS "set",
            ARRAY (SELECT needs_job_id FROM job_dependencies WHERE job_id = j.id ORDER BY 1) AS needs
     FROM jobs j JOIN builders b ON b.id = j.builder_id WHERE j.id = ANY ($1::bigint[]) ORDER BY j.id`,
    [ids],
  );
  return rows;
};

describe("a retrigger with dependents", () => {
  const chain = [
    { name: "build" },
    { name: "other" },
    { name: "suite", needs: ["build", "other"] },
    { name: "report", needs: ["suite"] },
  ];

  it("copies what waited for it along, needing the copies, in one new buildset each time", async () => {
    const farm = await makeFarm(test);
    const [build = 0, other = 0] = await farm.submit(...chain);
    const worker = await farm.worker();
    const first = await farm.claimOrThrow(worker, 0);
    const second = await farm.claimOrThrow(worker, 1);
    await farm.finish(worker, first.runId, "success");
    await farm.finish(worker, second.runId, "success");
    const command = await retriggerJobs(farm.as(), { jobIds: [build], count: 2, dependents: true });
    const created = createdBy(command);
    expect(created).toHaveLength(6);
    const copies = await shape(created);
    for (const set of Map.groupBy(copies, (copy) => copy.set).values()) {
      const [b, s, r] = set;
      expect(set.map((copy) => [copy.builder, copy.state])).toEqual([
        ["build", "queued"],
        ["suite", "blocked"],
        ["report", "blocked"],
      ]);
      expect(s?.needs).toEqual([other, b?.id]);
      expect(r?.needs).toEqual([s?.id]);
    }
    expect(new Set(copies.map((copy) => copy.set)).size).toBe(2);
    await test.sql.count(
      "UPDATE jobs SET state = 'done', result = 'skipped' WHERE state = 'queued' AND pool_id = $1 AND id < $2",
      [farm.poolId, created[0]],
    );
    const again = await farm.claimOrThrow(worker, 0);
    await farm.finish(worker, again.runId, "success");
    const set = copies.find((copy) => again.jobIds.includes(copy.id))?.set;
    const own = (await shape(created)).filter((copy) => copy.set === set);
    expect(own.map((copy) => copy.state)).toEqual(["done", "queued", "blocked"]);
  });

  it("makes one new buildset of all that is named of one, each job once", async () => {
    const farm = await makeFarm(test);
    const ids = await farm.submit(...chain);
    const [push = { id: 0 }] = await test.sql.rows<{ id: number }>("SELECT push_id AS id FROM jobs WHERE id = $1", [
      ids[0],
    ]);
    const ask = { filter: { push: push.id }, count: 1, dependents: true };
    const command = await retriggerJobs(farm.as(), ask);
    expect(command.items.map((item) => [item.outcome, item.created.length])).toEqual(ids.map(() => ["done", 1]));
    const copies = await shape(command.items.flatMap((item) => item.created));
    expect(copies.map((copy) => copy.builder)).toEqual(["build", "other", "suite", "report"]);
    expect(new Set(copies.map((copy) => copy.set)).size).toBe(1);
    expect(copies[2]?.needs).toEqual([copies[0]?.id, copies[1]?.id]);
    // Without dependents each has a buildset of its own and needs the old ones.
    const apart = await retriggerJobs(farm.as(), { jobIds: ids, count: 1, dependents: false });
    const alone = await shape(apart.items.flatMap((item) => item.created));
    expect(new Set(alone.map((copy) => copy.set)).size).toBe(4);
    expect(alone[2]?.needs).toEqual([ids[0], ids[1]]);
  });

  it("may name a job whose need has failed, when that one is named as well", async () => {
    const farm = await makeFarm(test);
    const [build = 0, suite = 0] = await farm.submit({ name: "build" }, { name: "suite", needs: ["build"] });
    const worker = await farm.worker();
    await farm.finish(worker, (await farm.claimOrThrow(worker)).runId, "failure");
    const alone = await retriggerJobs(farm.as(), { jobIds: [suite], count: 1, dependents: true });
    expect(alone.items).toMatchObject([
      { outcome: "refused", message: expect.stringMatching(/retrigger that one first/) },
    ]);
    const both = await retriggerJobs(farm.as(), { jobIds: [suite, build], count: 1, dependents: true });
    expect(both.items).toMatchObject([{ outcome: "done" }, { outcome: "done" }]);
  });

  it("is refused when that would make more than 10,000 jobs, and names the sum", async () => {
    const farm = await makeFarm(test);
    const suites = Array.from({ length: 120 }, (_, index) => ({ name: `suite ${index}`, needs: ["build"] }));
    const [build = 0] = await farm.submit({ name: "build" }, ...suites);
    const ask = { jobIds: [build], count: 100, dependents: true };
    await expect(retriggerJobs(farm.as(), ask)).rejects.toMatchObject({
      code: "invalid",
      message: expect.stringContaining("121 × 100 = 12,100 jobs"),
    });
    expect(createdBy(await retriggerJobs(farm.as(), { ...ask, dependents: false }))).toHaveLength(100);
  });
});
