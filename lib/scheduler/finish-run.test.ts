import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type TestContext, testContext } from "../testing/context.ts";
import { type Farm, finish, makeFarm, startedRun } from "../testing/farm.ts";
import { cancelJobs } from "./cancel-jobs.ts";
import { expireLeases } from "./expire-leases.ts";
import { finishRun } from "./finish-run.ts";
import { reportStep } from "./report-step.ts";

let test: TestContext;
beforeAll(async () => {
  test = await testContext();
});
afterAll(() => test.drop());

const buildsetOf = (jobId: number) =>
  test.sql.one<{ result: string | null; done: boolean }>(
    `SELECT s.result, s.completed_at IS NOT NULL AS done FROM buildsets s JOIN jobs j ON j.buildset_id = s.id WHERE j.id = $1`,
    [jobId],
  );

const started = (part?: Parameters<Farm["submit"]>[0]) => startedRun(test, part);

describe("finishRun", () => {
  it("gives the job its result, ends the run and the buildset, with events and audit", async () => {
    const { farm, jobId, worker, runId } = await started();
    expect(await farm.finish(worker, runId, "warnings", { outputs: { url: "x" } })).toEqual({
      runId,
      result: "warnings",
    });
    expect(await farm.job(jobId)).toMatchObject({ state: "done", result: "warnings", version: 3, dirty: true });
    expect(await farm.eventsOf(jobId)).toEqual(["job.created", "job.started", "job.done"]);
    expect(await farm.auditOf(`run:${runId}`)).toEqual([
      expect.stringMatching(/^run\.claim/),
      expect.stringMatching(/^run\.finish done worker/),
    ]);
    expect(await buildsetOf(jobId)).toEqual({ result: "warnings", done: true });
    expect(await test.sql.rows("SELECT name, value FROM outputs WHERE run_id = $1", [runId])).toEqual([
      { name: "url", value: "x" },
    ]);
    expect(await test.sql.rows("SELECT live FROM run_members WHERE run_id = $1", [runId])).toEqual([{ live: false }]);
  });

  it("answers the same request as before, and any other one with the state it found", async () => {
    const { farm, worker, runId } = await started();
    const [one, two] = await Promise.all([
      farm.finish(worker, runId, "success"),
      farm.finish(worker, runId, "success"),
    ]);
    expect(one).toEqual(two);
    expect(await farm.finish(worker, runId, "success")).toEqual(one);
    await expect(farm.finish(worker, runId, "failure")).rejects.toMatchObject({ code: "conflict", state: "done" });
    const other = { outputs: { a: "b" } };
    await expect(farm.finish(worker, runId, "success", other)).rejects.toMatchObject({ code: "conflict" });
  });

  it("is for the run's own worker and start", async () => {
    const { farm, worker, runId } = await started();
    await expect(farm.finish(await farm.worker(), runId, "success")).rejects.toMatchObject({ code: "not_found" });
    await expect(farm.finish(worker, 999_999_999, "success")).rejects.toMatchObject({ code: "not_found" });
    await expect(farm.finish(farm.as(), runId, "success")).rejects.toMatchObject({ code: "forbidden" });
    if (worker.actor.kind !== "worker") throw new Error("not a worker");
    const earlier = test.as({ ...worker.actor, bootId: randomUUID() });
    await expect(farm.finish(earlier, runId, "success")).rejects.toMatchObject({ code: "conflict", state: "running" });
    expect(await farm.runState(runId)).toBe("running");
  });

  it("queues what waited for a success, once everything it needs is there", async () => {
    const own = await makeFarm(test);
    const [a = 0, b = 0, both = 0, after = 0] = await own.submit(
      { name: "a" },
      { name: "b" },
      { name: "both", needs: ["a", "b"] },
      { name: "after", needs: ["both"] },
    );
    const worker = await own.worker();
    const [runA, runB] = [await own.claimOrThrow(worker, 0), await own.claimOrThrow(worker, 1)];
    await own.finish(worker, runA.runId, "success");
    expect(await own.job(both)).toMatchObject({ state: "blocked" });
    await own.finish(worker, runB.runId, "warnings");
    expect(await own.job(both)).toMatchObject({ state: "queued", dirty: true });
    expect(await own.eventsOf(both)).toEqual(["job.created", "job.queued"]);
    expect(await own.job(after)).toMatchObject({ state: "blocked" });
    expect([(await own.job(a)).result, (await own.job(b)).result]).toEqual(["success", "warnings"]);
    expect(await buildsetOf(a)).toEqual({ result: null, done: false });
  });

  it("queues what waited for two jobs that end at the same moment", async () => {
    const own = await makeFarm(test);
    const worker = await own.worker();
    for (let round = 0; round < 15; round++) {
      const ids = await own.submit({ name: "a" }, { name: "b" }, { name: "both", needs: ["a", "b"] });
      const runs = [await own.claimOrThrow(worker, 0), await own.claimOrThrow(worker, 1)];
      await Promise.all(runs.map((run) => own.finish(worker, run.runId, "success")));
      expect(await own.job(ids[2] ?? 0)).toMatchObject({ state: "queued" });
      await own.finish(worker, (await own.claimOrThrow(worker, 0)).runId, "failure");
      expect(await buildsetOf(ids[0] ?? 0)).toEqual({ result: "failure", done: true });
    }
  });

  it("skips what waited for a failure, and so on, with the reason", async () => {
    const own = await makeFarm(test);
    const [build = 0, first = 0, second = 0] = await own.submit(
      { name: "build" },
      { name: "first", needs: ["build"] },
      { name: "second", needs: ["first"] },
    );
    const worker = await own.worker();
    await own.finish(worker, (await own.claimOrThrow(worker)).runId, "failure", { reason: "Step make failed." });
    expect(await own.job(build)).toMatchObject({ result: "failure", reason: "Step make failed." });
    const reason = "It needs build, which ended with failure.";
    expect(await own.job(first)).toMatchObject({ state: "done", result: "skipped", reason });
    expect(await own.job(second)).toMatchObject({ result: "skipped", reason: "It needs first, which was skipped." });
    expect(await own.eventsOf(second)).toEqual(["job.created", "job.skipped"]);
    expect(await buildsetOf(build)).toEqual({ result: "failure", done: true });
  });

  it("tries again after faults of the infrastructure, at the old place, until the retries are used up", async () => {
    const own = await makeFarm(test);
    const [jobId = 0, waiting = 0] = await own.submit({ name: "a" }, { name: "after", needs: ["a"] });
    const before = await own.job(jobId);
    const worker = await own.worker();
    const faults = ["retry", "exception", "cancelled", "retry", "exception"] as const;
    for (const [index, fault] of faults.entries()) {
      await own.finish(worker, (await own.claimOrThrow(worker)).runId, fault, { reason: "No disk." });
      const now = { state: "queued", result: null, reason: "No disk.", score: before.score, retryCount: index + 1 };
      expect(await own.job(jobId)).toMatchObject(now);
    }
    await own.finish(worker, (await own.claimOrThrow(worker)).runId, "retry", { reason: "No disk." });
    const reason = expect.stringMatching(/^It was tried 6 times, .* No disk\.$/);
    expect(await own.job(jobId)).toMatchObject({ state: "done", result: "exception", reason });
    expect(await own.job(waiting)).toMatchObject({ state: "done", result: "skipped" });
    expect((await own.eventsOf(jobId)).filter((type) => type === "job.requeued")).toHaveLength(5);
  });

  it("ends a cancelled run as cancelled, whatever its worker says, and notes when the process was gone", async () => {
    const { farm, jobId, worker, runId } = await started();
    await cancelJobs(farm.as(), { jobIds: [jobId] });
    expect(await farm.finish(worker, runId, "success")).toEqual({ runId, result: "cancelled" });
    expect(await farm.finish(worker, runId, "success")).toEqual({ runId, result: "cancelled" });
    expect(await farm.job(jobId)).toMatchObject({ result: "cancelled" });
    const row = await test.sql.one("SELECT cancelled_at IS NOT NULL AS gone, result FROM runs WHERE id = $1", [runId]);
    expect(row).toEqual({ gone: true, result: "cancelled" });
  });

  it("takes the result of a lost run when nobody has claimed its job since", async () => {
    const { farm, jobId, worker, runId } = await started();
    await farm.endLease(runId);
    expect(await expireLeases(test.ctx)).toEqual({ lost: 1 });
    expect(await farm.job(jobId)).toMatchObject({ state: "queued", lostCount: 1 });
    expect(await farm.finish(worker, runId, "success")).toEqual({ runId, result: "success" });
    expect(await farm.job(jobId)).toMatchObject({ state: "done", result: "success", lostCount: 0 });
    expect(await farm.finish(worker, runId, "success")).toEqual({ runId, result: "success" });
  });

  it("refuses the result of a lost run that somebody has replaced, even when that one is lost as well", async () => {
    const { farm, jobId, worker, runId } = await started();
    await farm.lose(runId);
    const second = await farm.claimOrThrow(await farm.worker());
    await expect(farm.finish(worker, runId, "success")).rejects.toMatchObject({ code: "conflict", state: "lost" });
    await farm.lose(second.runId);
    await expect(farm.finish(worker, runId, "success")).rejects.toMatchObject({ code: "conflict", state: "lost" });
    expect(await farm.job(jobId)).toMatchObject({ state: "queued", lostCount: 2 });
  });

  it("refuses the late result of an exclusive run", async () => {
    const { farm, worker, runId, jobId } = await started({ exclusive: true });
    await farm.lose(runId);
    await expect(farm.finish(worker, runId, "success")).rejects.toMatchObject({ code: "conflict", state: "lost" });
    expect(await farm.job(jobId)).toMatchObject({ state: "queued" });
  });

  it("keeps the log's digest only when everything of it has arrived, and stores text that PostgreSQL can hold", async () => {
    const whole = await started();
    const sha256 = "b".repeat(64);
    await test.sql.count("UPDATE runs SET log_chunks = 2, log_bytes = 30 WHERE id = $1", [whole.runId]);
    await finishRun(whole.worker, {
      runId: whole.runId,
      ...finish("failure", { reason: "bad \0 byte \ud800", outputs: { x: "a\0b" } }),
      log: { chunks: 2, bytes: 30, lines: 3, sha256 },
    });
    const read = "SELECT log_complete AS complete, log_sha256 AS sha FROM runs WHERE id = $1";
    expect(await test.sql.one(read, [whole.runId])).toEqual({ complete: true, sha: sha256 });
    expect(await whole.farm.job(whole.jobId)).toMatchObject({ reason: "bad  byte \ufffd" });

    const part = await started();
    await finishRun(part.worker, {
      runId: part.runId,
      ...finish("success"),
      log: { chunks: 2, bytes: 30, lines: 3, sha256 },
    });
    expect(await test.sql.one(read, [part.runId])).toEqual({ complete: true, sha: null });
  });

  it("is protected by the database: a result is final", async () => {
    const { farm, jobId, worker, runId } = await started();
    await farm.finish(worker, runId, "success");
    const set = (what: string) => test.sql.count(`UPDATE jobs SET ${what} WHERE id = $1`, [jobId]);
    await expect(set("result = 'failure'")).rejects.toThrow(/is final/);
    await expect(set("state = 'queued', result = NULL")).rejects.toThrow(/is final/);
    await expect(test.sql.count("UPDATE runs SET state = 'running' WHERE id = $1", [runId])).rejects.toThrow(/final/);
  });

  it("tries a job again whose step ended with a code that its builder takes for a fault, on another worker if it can", async () => {
    const retry = { limit: 1, exitCodes: [75] };
    const { farm, jobId, worker, runId } = await started({ retry });
    const fail = async (run: number, by: typeof worker, exitCode: number) => {
      await reportStep(by, { runId: run, index: 1, name: "test", result: "failure", exitCode });
      return farm.finish(by, run, "failure", { reason: `Step “test” ended with exit code ${exitCode}.` });
    };
    const why = "Step “test” ended with exit code 75, which its builder takes for a fault of the infrastructure.";
    expect(await fail(runId, worker, 75)).toEqual({ runId, result: "retry" });
    expect(await farm.job(jobId)).toMatchObject({ state: "queued", result: null, reason: why, retryCount: 1 });
    const repeat = farm.finish(worker, runId, "failure", { reason: "Step “test” ended with exit code 75." });
    expect(await repeat).toEqual({ runId, result: "retry" });

    const other = await farm.worker();
    expect(await farm.claim(worker)).toBeNull(); // another one is there
    const second = await farm.claimOrThrow(other);
    await fail(second.runId, other, 75);
    const reason = `It was tried 2 times, each ending in a fault of the infrastructure; the last one: ${why}`;
    expect(await farm.job(jobId)).toMatchObject({ state: "done", result: "exception", reason });
  });

  it("fails a job whose step ended with any other code, and one whose builder is never tried again", async () => {
    const one = await started({ retry: { limit: 5, exitCodes: [75] } });
    await reportStep(one.worker, { runId: one.runId, index: 1, name: "test", result: "failure", exitCode: 1 });
    await one.farm.finish(one.worker, one.runId, "failure");
    expect(await one.farm.job(one.jobId)).toMatchObject({ state: "done", result: "failure" });

    const never = await started({ retry: { limit: 0, exitCodes: [] } });
    await never.farm.finish(never.worker, never.runId, "retry", { reason: "No disk." });
    const reason = "It ended in a fault of the infrastructure, and its builder is not tried again: No disk.";
    expect(await never.farm.job(never.jobId)).toMatchObject({ state: "done", result: "exception", reason });
  });

  it("never tries a cancelled job again, and reads a definition that says nothing of retries", async () => {
    const { farm, jobId, worker, runId } = await started({ retry: { limit: 5, exitCodes: [75] } });
    await reportStep(worker, { runId, index: 1, name: "test", result: "failure", exitCode: 75 });
    await cancelJobs(farm.as(), { jobIds: [jobId] });
    expect(await farm.finish(worker, runId, "failure")).toEqual({ runId, result: "cancelled" });
    expect(await farm.job(jobId)).toMatchObject({ state: "done", result: "cancelled" });

    const old = await started();
    await test.sql.count("UPDATE jobs SET definition = definition - 'retry' WHERE id = $1", [old.jobId]);
    await old.farm.finish(old.worker, old.runId, "retry", { reason: "No disk." });
    expect(await old.farm.job(old.jobId)).toMatchObject({ state: "queued", retryCount: 1 });
  });
});
