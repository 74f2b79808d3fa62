import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type TestContext, testContext } from "../testing/context.ts";
import { toldOfWorker, workerToControl } from "../testing/controlled-worker.ts";
import { startedRun } from "../testing/farm.ts";
import { claimRun } from "./claim-run.ts";
import { drainWorker } from "./drain-worker.ts";
import { listWorkers } from "./list-workers.ts";
import { quarantineWorker } from "./quarantine-worker.ts";
import { releaseWorker } from "./release-worker.ts";

let test: TestContext;
beforeAll(async () => {
  test = await testContext();
});
afterAll(() => test.drop());

const setUp = () => workerToControl(test);
const told = (name: string) => toldOfWorker(test, name);

describe("quarantineWorker", () => {
  it("keeps who said so, why and until when, tells everybody and is in the audit", async () => {
    const { farm, name, workerId, sheriff } = await setUp();
    const worker = await quarantineWorker(sheriff, { worker: name, reason: "Its disk fails.", minutes: 30 });
    expect(worker).toMatchObject({ control: "quarantined", controlReason: "Its disk fails." });
    expect(worker.controlledBy?.id).toBe(sheriff.actor.kind === "user" && sheriff.actor.userId);
    const { minutes } = await test.sql.one<{ minutes: number }>(
      `SELECT extract(epoch FROM quarantined_until - quarantined_at)::float8 / 60 AS minutes FROM workers WHERE id = $1`,
      [workerId],
    );
    expect(minutes).toBeCloseTo(30, 1);
    expect(await told(name)).toMatchObject([
      { workerId, control: "quarantined", reason: "Its disk fails.", until: worker.quarantinedUntil },
    ]);
    expect((await farm.auditOf(`worker:${name}`))[0]).toMatch(/^worker.quarantine done sheriff-/);
    expect((await listWorkers(farm.as())).find((one) => one.name === name)).toMatchObject({
      control: "quarantined",
      quarantinedUntil: worker.quarantinedUntil,
      actions: { release: { allowed: false, code: "forbidden" } },
    });
  });

  it("gives the worker nothing more and lets it end what it runs", async () => {
    const { farm, worker, name, sheriff } = await setUp();
    const [first = 0] = await farm.submit();
    const { runId } = await farm.claimOrThrow(worker);
    const [second = 0] = await farm.submit();
    await farm.relay();
    await quarantineWorker(sheriff, { worker: name, reason: "x" });
    expect(await farm.claim(worker, 1)).toBeNull();
    await farm.finish(worker, runId, "success");
    expect((await farm.job(first)).result).toBe("success");
    expect(await farm.claim(worker, 1)).toBeNull();
    await farm.relay();
    expect((await farm.claimOrThrow(await farm.worker())).jobIds).toEqual([second]); // others get it
  });

  it("ends a claim that waits, so that the next one sees it; a release is heard by one that waits in quarantine", async () => {
    const { farm, worker, name, sheriff } = await setUp();
    const wait = () => claimRun(worker, { claimId: randomUUID(), slot: 0, pools: [farm.pool], waitSeconds: 600 });
    const before = wait();
    await expect.poll(() => test.ctx.room.free(farm.poolId, null).all).toBe(1);
    await quarantineWorker(sheriff, { worker: name, reason: "x" });
    expect((await before).work).toBeNull();
    const [jobId] = await farm.submit();
    await farm.relay();
    const during = wait();
    await releaseWorker(sheriff, { worker: name });
    expect((await during).work?.jobIds).toEqual([jobId]);
  });

  it("changes nothing when it is repeated; another reason or end replaces the present one", async () => {
    const { name, sheriff } = await setUp();
    const ask = (reason: string, minutes?: number) =>
      quarantineWorker(sheriff, { worker: name, reason, ...(minutes !== undefined && { minutes }) });
    const first = await ask("one", 10);
    expect(await ask("one", 10)).toEqual(first);
    expect((await ask("one", 20)).quarantinedUntil).not.toBe(first.quarantinedUntil);
    expect(await ask("one")).toMatchObject({ quarantinedUntil: null });
    expect(await ask("two")).toMatchObject({ controlReason: "two" });
    expect(await told(name)).toHaveLength(4);
  });

  it("does not replace a stronger control", async () => {
    const { name, sheriff, admin } = await setUp();
    await drainWorker(admin, { worker: name, reason: "Its room is moved." });
    await expect(quarantineWorker(sheriff, { worker: name, reason: "x" })).rejects.toMatchObject({
      code: "conflict",
      message: `The worker ${name} is being drained (Its room is moved.); release it first.`,
    });
    await expect(releaseWorker(sheriff, { worker: name })).rejects.toMatchObject({ code: "forbidden" });
  });

  it("refuses everybody but sheriffs and admins, and says which worker is not there", async () => {
    const { farm, worker, name, sheriff } = await setUp();
    const noScope = farm.as({ roles: ["admin"], scopes: ["read"] });
    for (const who of [farm.as(), farm.as({ roles: [] }), worker, noScope]) {
      await expect(quarantineWorker(who, { worker: name, reason: "x" })).rejects.toMatchObject({ code: "forbidden" });
      await expect(releaseWorker(who, { worker: name })).rejects.toMatchObject({ code: "forbidden" });
    }
    expect(await farm.auditOf(`worker:${name}`)).toContain("worker.quarantine refused dev");
    await expect(quarantineWorker(sheriff, { worker: "nobody", reason: "x" })).rejects.toMatchObject({
      code: "not_found",
      message: "There is no worker nobody.",
    });
    expect(await told(name)).toEqual([]);
  });
});

describe("drainWorker", () => {
  it("lets the worker end what it runs and gives it nothing new", async () => {
    const { farm, jobId, worker, runId } = await startedRun(test);
    const name = worker.actor.kind === "worker" ? worker.actor.name : "";
    const admin = await farm.person("admin");
    expect(await drainWorker(admin, { worker: name, reason: "x" })).toMatchObject({
      control: "draining",
      runIds: [runId],
    });
    await farm.submit();
    expect(await farm.claim(worker, 1)).toBeNull();
    await farm.finish(worker, runId, "success");
    expect((await farm.job(jobId)).result).toBe("success");
  });

  it("replaces a quarantine with its end, and is for admins", async () => {
    const { name, sheriff, admin } = await setUp();
    await quarantineWorker(sheriff, { worker: name, reason: "one", minutes: 1 });
    await expect(drainWorker(sheriff, { worker: name, reason: "x" })).rejects.toMatchObject({ code: "forbidden" });
    const worker = await drainWorker(admin, { worker: name, reason: "two" });
    expect(worker).toMatchObject({ control: "draining", controlReason: "two", quarantinedUntil: null });
  });
});

describe("releaseWorker", () => {
  it("gives the worker work again at once, and changes nothing when it is repeated", async () => {
    const { farm, worker, name, sheriff } = await setUp();
    await quarantineWorker(sheriff, { worker: name, reason: "x" });
    const [jobId] = await farm.submit();
    expect(await farm.claim(worker)).toBeNull();
    const released = await releaseWorker(sheriff, { worker: name });
    expect(released).toMatchObject({
      control: "enabled",
      controlReason: null,
      controlledBy: null,
      quarantinedUntil: null,
    });
    await farm.relay();
    expect((await farm.claimOrThrow(worker)).jobIds).toEqual([jobId]);
    await releaseWorker(sheriff, { worker: name });
    expect((await told(name)).map(({ control }) => control)).toEqual(["quarantined", "enabled"]);
  });
});
