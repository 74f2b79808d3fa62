import { createHash, randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type TestContext, testContext } from "../testing/context.ts";
import { startedRun } from "../testing/farm.ts";
import { cancelJobs } from "./cancel-jobs.ts";
import { disableWorker } from "./disable-worker.ts";
import { heartbeatRuns } from "./heartbeat-runs.ts";
import { registerWorker } from "./register-worker.ts";
import { releaseWorker } from "./release-worker.ts";

let test: TestContext;
beforeAll(async () => {
  test = await testContext();
});
afterAll(() => test.drop());

/** A worker that runs a job, and who may disable it. */
async function setUp() {
  const started = await startedRun(test);
  const { actor } = started.worker;
  if (actor.kind !== "worker") throw new Error("It is no worker.");
  const admin = await started.farm.person("admin");
  return { ...started, name: actor.name, bootId: actor.bootId, workerId: actor.workerId, admin };
}

describe("disableWorker", () => {
  it("loses what the worker runs at once, so that another one takes it", async () => {
    const { farm, jobId, runId, name, admin } = await setUp();
    expect(await disableWorker(admin, { worker: name, reason: "It is compromised." })).toMatchObject({
      control: "disabled",
      controlReason: "It is compromised.",
      runIds: [],
    });
    expect(await farm.runState(runId)).toBe("lost");
    expect(await farm.eventsOf(jobId)).toContain("job.requeued");
    expect((await farm.claimOrThrow(await farm.worker())).jobIds).toEqual([jobId]);
    expect((await farm.auditOf(`worker:${name}`))[0]).toMatch(/^worker.disable done admin-/);
  });

  it("ends the session, tells a heartbeat that waits to stop, and lets nothing be taken back", async () => {
    const { farm, jobId, runId, worker, name, workerId, admin } = await setUp();
    const held = heartbeatRuns(worker, { runIds: [runId], waitSeconds: 600 });
    await disableWorker(admin, { worker: name, reason: "x" });
    expect(await held).toEqual({ runs: [{ runId, order: "stop" }] });
    const { open } = await test.sql.one<{ open: boolean }>(
      "SELECT session_expires_at > clock_timestamp() AS open FROM workers WHERE id = $1",
      [workerId],
    );
    expect(open).not.toBe(true);
    // requests that were under way when it was disabled
    expect(await heartbeatRuns(worker, { runIds: [runId], waitSeconds: 0 })).toEqual({
      runs: [{ runId, order: "stop" }],
    });
    await expect(farm.finish(worker, runId, "success")).rejects.toMatchObject({ code: "conflict" });
    expect((await farm.job(jobId)).state).toBe("queued");
    await expect(farm.claim(worker, 1)).rejects.toMatchObject({ code: "forbidden" });
  });

  it("closes a run that was being cancelled", async () => {
    const { farm, jobId, runId, name, admin } = await setUp();
    await cancelJobs(admin, { jobIds: [jobId] });
    expect(await farm.runState(runId)).toBe("cancelling");
    await disableWorker(admin, { worker: name, reason: "x" });
    expect(await farm.runState(runId)).toBe("done");
  });

  it("loses when repeated what a crash has left, and changes nothing else", async () => {
    const { farm, runId, name, admin, workerId } = await setUp();
    await test.sql.count("UPDATE workers SET disabled_at = clock_timestamp(), control_reason = 'x' WHERE id = $1", [
      workerId,
    ]);
    await disableWorker(admin, { worker: name, reason: "x" });
    expect(await farm.runState(runId)).toBe("lost");
    expect(await farm.auditOf(`worker:${name}`)).toEqual([]);
  });

  it("lets the worker register again only once it is released", async () => {
    const { farm, name, bootId, admin } = await setUp();
    const hash = createHash("sha256").update("secret").digest("hex");
    await test.sql.count("UPDATE pools SET token_hash = $2 WHERE id = $1", [farm.poolId, hash]);
    const register = (boot: string, token = "secret") =>
      registerWorker(test.ctx, {
        worker: name,
        bootId: boot,
        slots: 1,
        pools: [farm.pool],
        platform: "linux",
        version: "1",
        speed: 1,
        token,
      });
    await disableWorker(admin, { worker: name, reason: "It burns" });
    for (const boot of [bootId, randomUUID()]) {
      await expect(register(boot)).rejects.toMatchObject({
        code: "conflict",
        state: "disabled",
        message: `The worker ${name} is disabled, so it cannot register until an admin releases it: It burns.`,
      });
    }
    await expect(register(bootId, "wrong")).rejects.toMatchObject({ code: "forbidden" }); // strangers hear nothing of it
    await releaseWorker(admin, { worker: name });
    expect((await register(bootId)).session).toMatch(/^ssw_/);
  });

  it("is for admins", async () => {
    const { farm, runId, worker, name } = await setUp();
    for (const who of [farm.as(), farm.as({ roles: ["sheriff"] }), worker]) {
      await expect(disableWorker(who, { worker: name, reason: "x" })).rejects.toMatchObject({ code: "forbidden" });
    }
    expect(await farm.runState(runId)).toBe("running");
    expect(await farm.auditOf(`worker:${name}`)).toContain("worker.disable refused dev");
  });
});
