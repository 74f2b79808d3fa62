import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { MergeReceipt } from "../contracts/merging.ts";
import { type TestContext, testContext } from "../testing/context.ts";
import { type Farm, makeFarm } from "../testing/farm.ts";
import { expectSound } from "../testing/race.ts";
import { insert } from "../testing/rows.ts";
import { cancelJobs } from "./cancel-jobs.ts";
import type { SchedulerContext } from "./context.ts";
import { getJob } from "./get-job.ts";
import { getRun } from "./get-run.ts";
import { readoptRun } from "./readopt-run.ts";
import { splitJob } from "./split-job.ts";

let test: TestContext;
beforeAll(async () => {
  test = await testContext();
});
afterAll(async () => {
  await expectSound(test.sql);
  await test.drop();
});

const merging = () => makeFarm(test, { mergeWhen: "always" });

/** One job of the same builder in each of so many pushes, oldest first. */
async function pushes(farm: Farm, count: number, part: Parameters<Farm["submit"]>[0] = {}): Promise<number[]> {
  const ids: number[] = [];
  for (let push = 0; push < count; push++) ids.push(...(await farm.submit(part)));
  return ids;
}

async function revisionOf(jobId: number): Promise<string> {
  const text = "SELECT s.revision FROM jobs j JOIN buildsets s ON s.id = j.buildset_id WHERE j.id = $1";
  return (await test.sql.one<{ revision: string }>(text, [jobId])).revision;
}

function receipts(runId: number): Promise<{ jobId: number; live: boolean; receipt: MergeReceipt }[]> {
  const text = `SELECT job_id AS "jobId", live, receipt FROM run_members WHERE run_id = $1 ORDER BY job_id`;
  return test.sql.rows(text, [runId]);
}

describe("a claim that merges", () => {
  it("gives one run to the oldest and the two newest pushes, which builds the newest revision", async () => {
    const farm = await merging();
    const ids = await pushes(farm, 5);
    const [oldest = 0, second = 0, third = 0, fourth = 0, newest = 0] = ids;
    await farm.relay();
    const worker = await farm.worker();
    const work = await farm.claimOrThrow(worker);
    expect(work.jobIds).toEqual([oldest, fourth, newest]);
    expect(work.source.revision).toBe(await revisionOf(newest));
    for (const jobId of work.jobIds) {
      expect(await farm.job(jobId)).toMatchObject({ state: "running", version: 2, dirty: true });
      expect(await farm.eventsOf(jobId)).toEqual(["job.created", "job.started"]);
    }
    expect((await receipts(work.runId)).map(({ receipt }) => receipt.rule)).toEqual([
      "base",
      "same-builder",
      "same-builder",
    ]);
    expect(await farm.auditOf(`run:${work.runId}`)).toHaveLength(1);

    const run = await getRun(farm.as(), { runId: work.runId });
    expect(run.jobs.map(({ id, lead }) => [id, lead])).toEqual([
      [oldest, false],
      [fourth, false],
      [newest, true],
    ]);
    expect(run.placement).toMatchObject({ rule: "asked", free: 1, speed: 1, passedOver: [] });
    const { shared, actions, builtRevision } = await getJob(farm.as(), { jobId: oldest });
    expect(shared).toMatchObject({ runId: work.runId, newerRevision: true, revision: work.source.revision });
    expect(shared?.members.map(({ jobId, lead, live }) => [jobId, lead, live])).toEqual([
      [newest, true, true],
      [fourth, false, true],
      [oldest, false, true],
    ]);
    expect(shared?.receipt).toMatchObject({ rule: "base", why: expect.stringMatching(/2 other jobs/) });
    expect([actions.split.allowed, builtRevision]).toEqual([true, work.source.revision]);
    expect((await getJob(farm.as(), { jobId: newest })).shared?.newerRevision).toBe(false);

    expect((await farm.claimOrThrow(worker, 1)).jobIds).toEqual([second, third]);
    expect(await farm.claim(worker, 2)).toBeNull();
    await farm.finish(worker, work.runId, "warnings");
    for (const jobId of work.jobIds) expect(await farm.job(jobId)).toMatchObject({ state: "done", result: "warnings" });
    expect((await getJob(farm.as(), { jobId: oldest })).shared).toMatchObject({ runId: work.runId });
  });

  it("keeps the reasons of a few jobs that did not join, and the number of the others", async () => {
    const farm = await merging();
    const ids = await pushes(farm, 12);
    const work = await farm.claimOrThrow(await farm.worker());
    const text = "SELECT after FROM audit_entries WHERE action = 'run.claim' AND object = $1";
    const { after } = await test.sql.one<{ after: unknown }>(text, [`run:${work.runId}`]);
    const why = "The run serves 3 jobs, as many as its builder allows.";
    const refused = ids.slice(5, 10).map((jobId) => ({ jobId, why }));
    expect(after).toEqual({ jobs: [ids[0], ids[11], ids[10]], slot: 0, refused: refused.toReversed(), moreRefused: 4 });
  });

  it("skips to the newest push when the builder says all, and gives each job its own run when it says one", async () => {
    const farm = await merging();
    const skipping = await pushes(farm, 6, { name: "skips", mergeLimit: "all" });
    const single = await pushes(farm, 2, { name: "single", mergeLimit: 1 });
    const worker = await farm.worker();
    const work = await farm.claimOrThrow(worker);
    expect(work.jobIds).toEqual(skipping);
    expect((await receipts(work.runId))[1]?.receipt).toMatchObject({ rule: "skip-to-newest" });
    expect((await farm.claimOrThrow(worker, 1)).jobIds).toEqual(single.slice(0, 1));
  });

  it("merges only a backlog where the pool says so: not while another worker waits", async () => {
    const farm = await makeFarm(test, { mergeWhen: "backlog" });
    const ids = await pushes(farm, 3);
    await farm.relay();
    const other = { workerId: 999_999, slot: 0, speed: 1, poolIds: [farm.poolId] };
    await test.ctx.queues.waiting.enter(other);
    const worker = await farm.worker();
    expect((await farm.claimOrThrow(worker, 0)).jobIds).toEqual(ids.slice(0, 1));
    await test.ctx.queues.waiting.leave(other);
    expect((await farm.claimOrThrow(worker, 1)).jobIds).toEqual(ids.slice(1));
  });

  it("merges test jobs whose builds had other build ids, and hands on what the newest one needs", async () => {
    const farm = await merging();
    const worker = await farm.worker();
    const tests: number[] = [];
    for (let push = 0; push < 2; push++) {
      const [, waits = 0] = await farm.submit(
        { name: "build", mergeable: false },
        { name: "test", kind: "test", needs: ["build"] },
      );
      await test.sql.count(
        `UPDATE buildsets SET properties = jsonb_build_object('buildid', $2::text) WHERE id = (SELECT buildset_id FROM jobs WHERE id = $1)`,
        [waits, `2026112107000${push}`],
      );
      tests.push(waits);
    }
    const builds = [await farm.claimOrThrow(worker, 0), await farm.claimOrThrow(worker, 1)];
    for (const [build, { runId }] of builds.entries()) {
      const artifact = { name: "app", sha256: `${build}`.repeat(64), size: 1, content_type: "x/y" };
      await insert(test.sql, "artifacts", { run_id: runId, ...artifact });
      await farm.finish(worker, runId, "success", { outputs: { package: `of build ${build}` } });
    }
    const work = await farm.claimOrThrow(worker);
    expect(work.jobIds).toEqual(tests);
    expect(work.properties).toMatchObject({ buildid: "20261121070001", package: "of build 1" });
    expect(work.needs.map((need) => need.sha256)).toEqual(["1".repeat(64)]);
  });

  it("gives the artifacts of a shared run to what waits for each of its members", async () => {
    const farm = await merging();
    const worker = await farm.worker();
    for (let push = 0; push < 2; push++)
      await farm.submit({ name: "build" }, { name: `test ${push}`, kind: "test", needs: ["build"] });
    const { runId, jobIds } = await farm.claimOrThrow(worker);
    expect(jobIds).toHaveLength(2);
    await insert(test.sql, "artifacts", {
      run_id: runId,
      name: "app",
      sha256: "a".repeat(64),
      size: 1,
      content_type: "x/y",
    });
    await farm.finish(worker, runId, "success");
    for (let push = 0; push < 2; push++) {
      const work = await farm.claimOrThrow(worker, push);
      expect(work.needs).toHaveLength(1);
    }
  });

  it("leaves out what never merges: retriggers, requests, nightlies, try branches, branches and builders that forbid it", async () => {
    const farm = await merging();
    const worker = await farm.worker(20);
    const alone = async (part: Parameters<Farm["submit"]>[0], set: string) => {
      const ids = await pushes(farm, 2, part);
      await test.sql.count(set, [ids]);
      const works = [await farm.claimOrThrow(worker, 0), await farm.claimOrThrow(worker, 1)];
      expect(works.map((work) => work.jobIds)).toEqual(ids.map((id) => [id]));
      for (const work of works) await farm.finish(worker, work.runId, "success");
    };
    const sets = "UPDATE buildsets SET kind = '";
    const ofJobs = "' WHERE id IN (SELECT buildset_id FROM jobs WHERE id = ANY ($1::bigint[]))";
    await alone({ name: "n" }, `${sets}nightly${ofJobs}`);
    await alone({ name: "r" }, `${sets}request${ofJobs}`);
    await alone({ name: "m", mergeable: false }, "SELECT $1::bigint[]");
    await alone({ name: "a" }, "UPDATE jobs SET alone = true WHERE id = ANY ($1::bigint[])");
    const branch = (column: string) =>
      `UPDATE branches SET ${column} WHERE id = (SELECT branch_id FROM jobs WHERE id = ($1::bigint[])[1])`;
    await alone({ name: "t" }, branch("is_try = true"));
    await alone({ name: "b" }, branch("is_try = false, allow_merge = false"));
  });

  it("keeps a member that leaves out of the result, and stops the run with the last one", async () => {
    const farm = await merging();
    const [first = 0, second = 0, third = 0] = await pushes(farm, 3);
    const worker = await farm.worker();
    const { runId } = await farm.claimOrThrow(worker);
    await cancelJobs(farm.as(), { jobIds: [first] });
    expect((await receipts(runId))[0]).toMatchObject({ live: false, receipt: { rule: "base", detached: "cancelled" } });
    expect((await getJob(farm.as(), { jobId: first })).shared?.receipt.detached).toBe("cancelled");
    expect(await farm.runState(runId)).toBe("running");
    await farm.finish(worker, runId, "failure");
    const results = await Promise.all([first, second, third].map(async (id) => (await farm.job(id)).result));
    expect(results).toEqual(["cancelled", "failure", "failure"]);
  });

  it("gives a lost run's members back to their places, and takes all of them back when its worker returns", async () => {
    const farm = await merging();
    const ids = await pushes(farm, 3);
    const before = await Promise.all(ids.map((id) => farm.job(id)));
    const worker = await farm.worker();
    const { runId } = await farm.claimOrThrow(worker);
    await farm.lose(runId);
    for (const [index, id] of ids.entries()) {
      const score = before[index]?.score ?? 0;
      expect(await farm.job(id)).toMatchObject({ state: "queued", lostCount: 1, score });
      expect((await getJob(farm.as(), { jobId: id })).shared).toBeNull();
    }
    expect(await readoptRun(worker, runId)).toBe(true);
    expect((await receipts(runId)).every(({ live }) => live)).toBe(true);
    await farm.finish(worker, runId, "success");
    for (const id of ids) expect(await farm.job(id)).toMatchObject({ result: "success", lostCount: 0 });
  });
});

describe("splitJob", () => {
  const shared = async (): Promise<{ farm: Farm; ids: number[]; worker: SchedulerContext; runId: number }> => {
    const farm = await merging();
    const ids = await pushes(farm, 3);
    const worker = await farm.worker();
    const { runId } = await farm.claimOrThrow(worker);
    return { farm, ids, worker, runId };
  };

  it.each([0, 2])("gives member %i a run of its own at its original place; the shared run goes on", async (index) => {
    const { farm, ids, worker, runId } = await shared();
    const jobId = ids[index] ?? 0;
    const { score } = await farm.job(jobId);
    const { revision } = await getRun(farm.as(), { runId });
    const detail = await splitJob(farm.as(), { jobId });
    expect(detail).toMatchObject({
      state: "queued",
      shared: null,
      reason: expect.stringMatching(/^dev took it out of run/),
    });
    expect(await farm.job(jobId)).toMatchObject({ state: "queued", score, lostCount: 0, dirty: true });
    expect(await farm.eventsOf(jobId)).toEqual(["job.created", "job.started", "job.split"]);
    expect(await farm.auditOf(`job:${jobId}`)).toEqual(["job.split done dev"]);
    expect((await receipts(runId))[index]).toMatchObject({ live: false, receipt: { detached: "split" } });
    await farm.submit({});
    await farm.relay();

    const own = await farm.claimOrThrow(await farm.worker());
    expect(own.jobIds).toEqual([jobId]); // not the newest push, which it could otherwise have shared a run with
    expect(own.source.revision).toBe(await revisionOf(jobId));
    await farm.finish(worker, runId, "success");
    expect((await getRun(farm.as(), { runId })).revision).toBe(revision);
    const results = await Promise.all(ids.map(async (id) => (await farm.job(id)).result));
    expect(results).toEqual(ids.map((id) => (id === jobId ? null : "success")));
    const [other = 0] = ids.filter((id) => id !== jobId);
    expect((await getJob(farm.as(), { jobId: other })).shared?.members).toHaveLength(3);
  });

  it("refuses a job that waits, is done, or has its run to itself, and the last one that is left", async () => {
    const { farm, ids, worker, runId } = await shared();
    const [first = 0, second = 0, third = 0] = ids;
    const ask = (jobId: number, ctx = farm.as()) => splitJob(ctx, { jobId });
    await ask(first);
    await expect(ask(first)).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringMatching(/does not run yet/),
    });
    await ask(second);
    await expect(ask(third)).rejects.toMatchObject({ code: "conflict", message: expect.stringMatching(/to itself/) });
    await farm.finish(worker, runId, "success");
    await expect(ask(third)).rejects.toMatchObject({ code: "conflict", message: expect.stringMatching(/done/) });
    await expect(ask(999_999_999)).rejects.toMatchObject({ code: "not_found" });
  });

  it("is for the job's owner and for sheriffs, with a token that may", async () => {
    const { farm, ids } = await shared();
    const [jobId = 0, other = 0] = ids;
    const stranger = await farm.person("developer");
    await expect(splitJob(stranger, { jobId })).rejects.toMatchObject({ code: "forbidden" });
    expect(await farm.auditOf(`job:${jobId}`)).toEqual([expect.stringMatching(/^job\.split refused developer/)]);
    await expect(splitJob(farm.as({ scopes: ["read"] }), { jobId })).rejects.toMatchObject({ code: "forbidden" });
    await expect(splitJob(farm.as({ scopes: ["jobs:write"] }), { jobId })).rejects.toMatchObject({ code: "forbidden" });
    expect(await farm.job(jobId)).toMatchObject({ state: "running" });
    await splitJob(await farm.person("sheriff"), { jobId: other });
    expect(await farm.job(other)).toMatchObject({ state: "queued" });
  });
});
