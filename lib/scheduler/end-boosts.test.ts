import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Boost } from "../contracts/job.ts";
import { type TestContext, testContext } from "../testing/context.ts";
import { makeFarm } from "../testing/farm.ts";
import { cancelJobs } from "./cancel-jobs.ts";
import { endBoosts } from "./end-boosts.ts";
import { getJob } from "./get-job.ts";
import { reprioritizeJobs } from "./reprioritize-jobs.ts";
import { undoCommand } from "./undo-command.ts";

let test: TestContext;
beforeAll(async () => {
  test = await testContext();
});
afterAll(() => test.drop());

const boost = { minutes: 90, reason: "The release waits for it." };
const runOut = (...ids: number[]) =>
  test.sql.count("UPDATE jobs SET boost_until = clock_timestamp() WHERE id = ANY ($1::bigint[])", [ids]);
const mark = (jobId: number) =>
  test.sql.one(
    `SELECT priority, boost_from AS "from", boost_reason AS reason,
            extract(epoch FROM boost_until - (SELECT created_at FROM commands ORDER BY id DESC LIMIT 1))::int / 60 AS minutes
     FROM jobs WHERE id = $1`,
    [jobId],
  );
const none = { from: null, reason: null, minutes: null };

describe("a boost", () => {
  it("is a sheriff's or an admin's, for a time and with a reason, and shows on the job", async () => {
    const farm = await makeFarm(test);
    const [jobId = 0] = await farm.submit({});
    const sheriff = await farm.person("sheriff");
    const own = await reprioritizeJobs(farm.as(), { jobIds: [jobId], priority: 50, boost });
    expect(own.items).toMatchObject([
      {
        outcome: "refused",
        code: "forbidden",
        message: expect.stringMatching(/^Only a sheriff or an admin may boost/),
      },
    ]);
    expect(await mark(jobId)).toEqual({ priority: 0, ...none });
    const given = await reprioritizeJobs(sheriff, { jobIds: [jobId], priority: 50, boost });
    expect(given.items).toMatchObject([{ outcome: "done" }]);
    expect(await mark(jobId)).toEqual({ priority: 50, from: 0, reason: boost.reason, minutes: 90 });
    expect(await getJob(farm.as(), { jobId })).toMatchObject({
      priority: 50,
      boost: { from: 0, reason: boost.reason, until: expect.any(String) },
    });
    expect((await farm.auditOf(`job:${jobId}`)).at(-1)).toMatch(/^job\.boost done sheriff/);
  });

  it("keeps the priority before the first one to go back to, and is ended by an ordinary change", async () => {
    const farm = await makeFarm(test);
    const [jobId = 0] = await farm.submit({});
    const sheriff = await farm.person("admin");
    await reprioritizeJobs(farm.as(), { jobIds: [jobId], priority: -3 });
    await reprioritizeJobs(sheriff, { jobIds: [jobId], priority: 50, boost });
    await reprioritizeJobs(sheriff, { jobIds: [jobId], priority: 60, boost: { ...boost, minutes: 30 } });
    expect(await mark(jobId)).toEqual({ priority: 60, from: -3, reason: boost.reason, minutes: 30 });
    // The same number, but for good from now on.
    const kept = await reprioritizeJobs(farm.as(), { jobIds: [jobId], priority: 60 });
    expect(kept.items).toMatchObject([{ outcome: "done" }]);
    expect(await mark(jobId)).toEqual({ priority: 60, ...none });
    const again = await reprioritizeJobs(farm.as(), { jobIds: [jobId], priority: 60 });
    expect(again.items).toMatchObject([{ outcome: "unchanged" }]);
  });

  it.each([
    [{ minutes: 0, reason: "x" }, "at least a minute"],
    [{ minutes: 1441, reason: "x" }, "at most 24 hours"],
    [{ minutes: 1.5, reason: "x" }, "whole"],
    [{ minutes: 5, reason: " " }, "Say why"],
    [{ minutes: 5, reason: "x".repeat(501) }, "at most 500"],
    [{ minutes: 5 }, "expected string"],
    [{ minutes: 5, reason: "x", until: "tomorrow" }, "Unrecognized key"],
  ])("is refused at the edge as %j", (input, message) => {
    expect(() => Boost.parse(input)).toThrow(message);
  });
});

describe("endBoosts", () => {
  it("gives jobs the place back that they had, by itself, with an event and an audit row", async () => {
    const farm = await makeFarm(test, { basePriority: 2 });
    const [first = 0, jobId = 0] = await farm.submit({ name: "first" }, { name: "boosted" });
    const before = await farm.job(jobId);
    await reprioritizeJobs(await farm.person("sheriff"), { jobIds: [jobId], priority: 50, boost });
    expect(await endBoosts(test.ctx)).toBe(0);
    await runOut(jobId);
    expect(await endBoosts(test.ctx)).toBe(1);
    expect(await endBoosts(test.ctx)).toBe(0);
    expect(await farm.job(jobId)).toMatchObject({ score: before.score, version: before.version + 2, dirty: true });
    expect(await mark(jobId)).toEqual({ priority: 0, ...none });
    expect(await farm.eventsOf(jobId)).toEqual(["job.created", "job.reprioritized", "job.reprioritized"]);
    expect((await farm.auditOf(`job:${jobId}`)).at(-1)).toBe("job.boost.end done test");
    expect((await farm.claimOrThrow(await farm.worker())).jobIds).toEqual([first]);
  });

  it("also for one that runs or was cancelled, for the case that it waits again", async () => {
    const farm = await makeFarm(test);
    const sheriff = await farm.person("sheriff");
    const [runs = 0, cancelled = 0, done = 0] = await farm.submit(
      { name: "runs" },
      { name: "cancelled" },
      { name: "done" },
    );
    const before = [await farm.job(runs), await farm.job(cancelled)];
    await reprioritizeJobs(sheriff, { jobIds: [runs, cancelled], priority: 50, boost });
    await reprioritizeJobs(sheriff, { jobIds: [done], priority: 60, boost });
    const worker = await farm.worker();
    await farm.finish(worker, (await farm.claimOrThrow(worker)).runId, "success");
    const { runId } = await farm.claimOrThrow(worker);
    const { id: commandId } = await cancelJobs(farm.as(), { jobIds: [cancelled] });
    await runOut(runs, cancelled, done);
    expect(await endBoosts(test.ctx)).toBe(3);
    await farm.lose(runId);
    await undoCommand(farm.as(), { commandId });
    expect(await farm.job(runs)).toMatchObject({ state: "queued", score: before[0]?.score });
    expect(await farm.job(cancelled)).toMatchObject({ state: "queued", score: before[1]?.score });
    expect(await farm.job(done)).toMatchObject({ state: "done", result: "success" });
    expect(await mark(done)).toEqual({ priority: 60, ...none }); // what it ran with stays on record
  });

  it("ends hundreds at once, and leaves alone what somebody holds just now", async () => {
    const farm = await makeFarm(test);
    const ids = await farm.submit(...Array.from({ length: 230 }, (_, index) => ({ name: `job ${index}` })));
    await reprioritizeJobs(await farm.person("sheriff"), { jobIds: ids, priority: 9, boost });
    await runOut(...ids);
    await test.sql.transaction(async (tx) => {
      await tx.rows("SELECT id FROM jobs WHERE id = $1 FOR UPDATE", [ids[0]]);
      expect(await endBoosts(test.ctx)).toBe(229);
    });
    expect(await endBoosts(test.ctx)).toBe(1);
  });

  it("is the product's own work", async () => {
    const farm = await makeFarm(test);
    await expect(endBoosts(farm.as({ roles: ["admin"] }))).rejects.toMatchObject({ code: "forbidden" });
  });
});
