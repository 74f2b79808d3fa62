import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { BuilderDefinition } from "../contracts/in-tree-config.ts";
import { type TestContext, testContext } from "../testing/context.ts";
import { makeFarm } from "../testing/farm.ts";
import { disableWorker } from "./disable-worker.ts";
import { probeWorker } from "./probe-worker.ts";
import { quarantineWorker } from "./quarantine-worker.ts";
import { sweepQueue } from "./relay/sweep-queue.ts";

let test: TestContext;
beforeAll(async () => {
  test = await testContext();
});
afterAll(() => test.drop());

/** A farm with a job that has run well, a worker, and a sheriff. */
async function setUp(part: Partial<BuilderDefinition> = {}) {
  const farm = await makeFarm(test);
  const other = await farm.worker();
  const [jobId = 0] = await farm.submit(part);
  await farm.finish(other, (await farm.claimOrThrow(other)).runId, "success");
  const worker = await farm.worker();
  const name = worker.actor.kind === "worker" ? worker.actor.name : "";
  return { farm, jobId, other, worker, name, sheriff: await farm.person("sheriff") };
}

const countJobs = async (poolId: number) =>
  (await test.sql.one<{ count: number }>("SELECT count(*) AS count FROM jobs WHERE pool_id = $1", [poolId])).count;

describe("probeWorker", () => {
  it("makes a copy that this worker runs, also in quarantine, and no other", async () => {
    const { farm, jobId, other, worker, name, sheriff } = await setUp();
    await quarantineWorker(sheriff, { worker: name, reason: "x" });
    const probe = await probeWorker(sheriff, { worker: name, jobId });
    expect(probe).toMatchObject({ state: "queued", retriggerOf: jobId, pool: farm.pool, priority: 0 });
    await farm.relay();
    await sweepQueue(test.ctx);
    expect(await test.ctx.queues.of(farm.poolId).size()).toBe(0); // it stands in no queue
    expect(await farm.claim(other)).toBeNull();
    const work = await farm.claimOrThrow(worker);
    expect(work.jobIds).toEqual([probe.id]);
    const { placement } = await test.sql.one<{ placement: { rule: string } }>(
      "SELECT placement FROM runs WHERE id = $1",
      [work.runId],
    );
    expect(placement.rule).toBe("probe");
    await farm.finish(worker, work.runId, "failure");
    expect((await farm.job(probe.id)).result).toBe("failure");
    expect((await farm.job(jobId)).result).toBe("success"); // the original knows nothing of it
  });

  it("is a request of its own by a person, told to everybody and in the audit", async () => {
    const { farm, jobId, name, sheriff } = await setUp();
    const probe = await probeWorker(sheriff, { worker: name, jobId });
    const row = await test.sql.one(
      `SELECT s.kind, s.reason, s.submitted_by AS by, j.alone, s.revision = o.revision AS same, j.definition = oj.definition AS equal
       FROM jobs j JOIN buildsets s ON s.id = j.buildset_id
       JOIN jobs oj ON oj.id = $2 JOIN buildsets o ON o.id = oj.buildset_id WHERE j.id = $1`,
      [probe.id, jobId],
    );
    const { userId = 0, login = "" } = sheriff.actor.kind === "user" ? sheriff.actor : {};
    const reason = `A probe of the worker ${name} with job ${jobId}, by ${login}.`;
    expect(row).toEqual({ kind: "request", reason, by: userId, alone: true, same: true, equal: true });
    expect(await farm.eventsOf(probe.id)).toEqual(["job.created"]);
    expect(await farm.auditOf(`worker:${name}`)).toEqual([`worker.probe done ${login}`]);
  });

  it("answers the probe that has not ended when it is asked again, and makes a new one afterwards", async () => {
    const { farm, jobId, worker, name, sheriff } = await setUp();
    const before = await countJobs(farm.poolId);
    const [one, two] = await Promise.all([
      probeWorker(sheriff, { worker: name, jobId }),
      probeWorker(sheriff, { worker: name, jobId }),
    ]);
    expect(one.id).toBe(two.id);
    const { runId } = await farm.claimOrThrow(worker);
    expect((await probeWorker(sheriff, { worker: name, jobId })).state).toBe("running");
    expect(await countJobs(farm.poolId)).toBe(before + 1);
    await farm.finish(worker, runId, "success");
    expect((await probeWorker(sheriff, { worker: name, jobId })).id).toBeGreaterThan(one.id);
  });

  it("comes back to its worker after a fault of the infrastructure, although others are there", async () => {
    const { jobId, farm, worker, name, sheriff } = await setUp();
    const probe = await probeWorker(sheriff, { worker: name, jobId });
    await farm.finish(worker, (await farm.claimOrThrow(worker)).runId, "retry");
    expect((await farm.claimOrThrow(worker)).jobIds).toEqual([probe.id]);
  });

  it("hands on what the job needed", async () => {
    const farm = await makeFarm(test);
    const [worker, sheriff] = [await farm.worker(), await farm.person("sheriff")];
    const name = worker.actor.kind === "worker" ? worker.actor.name : "";
    const [, testId = 0] = await farm.submit({ name: "build" }, { name: "test", needs: ["build"] });
    expect((await probeWorker(sheriff, { worker: name, jobId: testId })).state).toBe("blocked");
    const { runId } = await farm.claimOrThrow(worker);
    await farm.finish(worker, runId, "success", { outputs: { version: "7" } });
    const work = await farm.claimOrThrow(worker); // the probe goes first
    expect(work.jobIds).not.toContain(testId);
    expect(work.properties).toMatchObject({ version: "7" });
  });

  it("refuses what the worker could not run", async () => {
    const { farm, jobId, name, sheriff } = await setUp();
    const ask = (id: number) => probeWorker(sheriff, { worker: name, jobId: id });
    const conflict = (message: string) => ({ code: "conflict", message: expect.stringContaining(message) });

    const elsewhere = await setUp();
    await expect(ask(elsewhere.jobId)).rejects.toMatchObject(
      conflict(`The worker ${name} does not serve the pool ${elsewhere.farm.pool} of job ${elsewhere.jobId}`),
    );
    const exclusive = await setUp({ exclusive: true });
    await expect(
      probeWorker(exclusive.sheriff, { worker: exclusive.name, jobId: exclusive.jobId }),
    ).rejects.toMatchObject(conflict("is exclusive"));
    await test.sql.count("UPDATE branches SET trust_level = 2 WHERE id = $1", [farm.branchId]);
    await expect(ask(jobId)).rejects.toMatchObject(conflict("has trust level 1, the job's branch 2"));
    await test.sql.count("UPDATE pools SET removed_at = clock_timestamp() WHERE id = $1", [farm.poolId]);
    await expect(ask(jobId)).rejects.toMatchObject(conflict("has left the configuration"));
    await disableWorker(test.ctx, { worker: name, reason: "It burns." });
    await expect(ask(jobId)).rejects.toMatchObject(conflict(`The worker ${name} is disabled (It burns.)`));
  });

  it("refuses a job whose need has failed", async () => {
    const farm = await makeFarm(test);
    const [worker, sheriff] = [await farm.worker(), await farm.person("sheriff")];
    const name = worker.actor.kind === "worker" ? worker.actor.name : "";
    const [, testId = 0] = await farm.submit({ name: "build" }, { name: "test", needs: ["build"] });
    await farm.finish(worker, (await farm.claimOrThrow(worker)).runId, "failure");
    await expect(probeWorker(sheriff, { worker: name, jobId: testId })).rejects.toMatchObject({
      code: "conflict",
      message: `Job ${testId} needs build, which ended with failure; take a job that can run.`,
    });
  });

  it("says what is not there, and is for sheriffs and admins", async () => {
    const { farm, jobId, worker, name, sheriff } = await setUp();
    const before = await countJobs(farm.poolId);
    await expect(probeWorker(sheriff, { worker: "nobody", jobId })).rejects.toMatchObject({ code: "not_found" });
    await expect(probeWorker(sheriff, { worker: name, jobId: 999_999_999 })).rejects.toMatchObject({
      code: "not_found",
      message: "There is no job 999999999.",
    });
    for (const who of [farm.as(), farm.as({ roles: [] }), worker]) {
      await expect(probeWorker(who, { worker: name, jobId })).rejects.toMatchObject({ code: "forbidden" });
    }
    expect(await farm.auditOf(`worker:${name}`)).toContain("worker.probe refused dev");
    expect(await countJobs(farm.poolId)).toBe(before);
  });
});
