import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { JobDetail } from "../contracts/job.ts";
import { type TestContext, testContext } from "../testing/context.ts";
import { makeFarm } from "../testing/farm.ts";
import { getJob } from "./get-job.ts";
import { retriggerJobs } from "./retrigger-jobs.ts";

let test: TestContext;
beforeAll(async () => {
  test = await testContext();
});
afterAll(() => test.drop());

describe("getJob", () => {
  it("shows a job with its neighbours, its runs, its place and what the asker may do", async () => {
    const farm = await makeFarm(test);
    const [build = 0, suite = 0] = await farm.submit(
      { name: "build" },
      { name: "suite", kind: "test", needs: ["build"] },
    );
    const worker = await farm.worker();
    const { runId } = await farm.claimOrThrow(worker);
    await farm.finish(worker, runId, "retry");
    const again = await farm.claimOrThrow(worker);
    const copies = (await retriggerJobs(farm.as(), { jobIds: [suite], dependents: false, count: 1 })).items[0]?.created;

    const job = await getJob(farm.as(), { jobId: build });
    expect(JobDetail.parse(job)).toEqual(job);
    expect(job).toMatchObject({
      builder: "build",
      state: "running",
      runId: again.runId,
      ahead: null,
      neededBy: [{ id: suite, builder: "suite", state: "blocked", result: null }, { id: copies?.[0] }],
      runs: [
        { id: again.runId, state: "running", result: null, endedAt: null },
        { id: runId, state: "done", result: "retry" },
      ],
      actions: { cancel: { allowed: true }, reprioritize: { allowed: false, code: "conflict" } },
    });
    expect(await getJob(farm.as(), { jobId: suite })).toMatchObject({
      needs: [{ id: build, builder: "build", state: "running" }],
      retriggers: [{ id: copies?.[0] }],
    });
    const dana = await farm.person("developer");
    expect((await getJob(dana, { jobId: build })).actions.cancel).toMatchObject({ allowed: false, code: "forbidden" });
    await farm.finish(worker, again.runId, "failure");
    const skipped = await getJob(farm.as(), { jobId: suite });
    expect(skipped.actions.retrigger).toMatchObject({
      code: "conflict",
      reason: expect.stringMatching(/retrigger that one/),
    });
  });

  it("counts who is served before it, from Redis or, without it, from PostgreSQL", async () => {
    const farm = await makeFarm(test);
    const ids = await farm.submit({ name: "a" }, { name: "b" }, { name: "c" });
    const ahead = () => Promise.all(ids.map(async (jobId) => (await getJob(farm.as(), { jobId })).ahead));
    expect(await ahead()).toEqual([0, 1, 2]);
    await farm.relay();
    expect(await ahead()).toEqual([0, 1, 2]);
    await test.redis.flushdb();
    expect(await ahead()).toEqual([0, 1, 2]);
  });

  it("leaks nothing of a job that is not there, and is for readers", async () => {
    const farm = await makeFarm(test);
    await expect(getJob(farm.as(), { jobId: 999_999_999 })).rejects.toMatchObject({
      code: "not_found",
      message: "There is no job 999999999.",
    });
    await expect(getJob(farm.as({ scopes: ["jobs:write"] }), { jobId: 1 })).rejects.toMatchObject({
      code: "forbidden",
    });
    await expect(getJob(await farm.worker(), { jobId: 1 })).rejects.toMatchObject({ code: "forbidden" });
  });
});
