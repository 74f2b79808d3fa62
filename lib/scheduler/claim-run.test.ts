import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Work } from "../contracts/work.ts";
import { type TestContext, testContext } from "../testing/context.ts";
import { makeFarm } from "../testing/farm.ts";
import { insert } from "../testing/rows.ts";
import { claimRun } from "./claim-run.ts";

let test: TestContext;
beforeAll(async () => {
  test = await testContext();
});
afterAll(() => test.drop());

const claimId = () => randomUUID();

describe("claimRun", () => {
  it("gives the first job of the order as a run with everything that the agent needs", async () => {
    const farm = await makeFarm(test);
    const [first = 0, second = 0] = await farm.submit(
      { name: "a", env: { X: "1" }, artifacts: ["out/*"] },
      { name: "b" },
    );
    await farm.relay();
    const worker = await farm.worker();
    const work = await farm.claimOrThrow(worker);
    expect(work).toMatchObject({
      jobIds: [first],
      builder: "a",
      env: { X: "1" },
      pool: farm.pool,
      artifacts: ["out/*"],
    });
    expect(work).toMatchObject({ needs: [], trustLevel: 1, exclusive: false, leaseSeconds: 60 });
    expect(work.properties.buildid).toMatch(/^\d{14}$/);
    expect(await farm.job(first)).toMatchObject({ state: "running", dirty: true, version: 2 });
    expect(await farm.eventsOf(first)).toEqual(["job.created", "job.started"]);
    expect(await farm.auditOf(`run:${work.runId}`)).toEqual([expect.stringMatching(/^run\.claim done worker/)]);
    expect((await farm.claimOrThrow(worker, 1)).jobIds).toEqual([second]);
    expect(await farm.claim(worker, 2)).toBeNull();
  });

  it("gives the same claim id the same run, also when both ask at once, and another one nothing of it", async () => {
    const farm = await makeFarm(test);
    const [jobId = 0] = await farm.submit({}, { name: "other" });
    await farm.relay();
    const worker = await farm.worker();
    const id = claimId();
    const [one, two] = await Promise.all([farm.claim(worker, 0, id), farm.claim(worker, 0, id)]);
    expect(one?.runId).toBe(two?.runId);
    expect(await farm.claim(worker, 0, id)).toEqual(one);
    await farm.finish(worker, one?.runId ?? 0, "success");
    expect(await farm.claim(worker, 0, id)).toBeNull();
    expect(await farm.job(jobId)).toMatchObject({ state: "done" });
  });

  it("gives a claim the run of its twin that came after its first look", async () => {
    const farm = await makeFarm(test);
    const [jobId = 0] = await farm.submit({});
    await farm.relay();
    const worker = await farm.worker();
    const id = claimId();
    let twin: Work | null = null;
    const { maybe } = worker.sql;
    const sql = Object.assign(Object.create(worker.sql), {
      async maybe(...read: Parameters<typeof maybe>) {
        const found = await maybe.apply(worker.sql, read);
        if (typeof read[0] === "object" && read[0].name === "read-claim") twin ??= await farm.claim(worker, 0, id);
        return found;
      },
    });
    const work = await farm.claim({ ...worker, sql }, 0, id);
    expect(work?.jobIds).toEqual([jobId]);
    expect(work).toEqual(twin);
    expect(await farm.runState(work?.runId ?? 0)).toBe("running");
    expect(await farm.job(jobId)).toMatchObject({ state: "running", lostCount: 0 });
  });

  it("gives back what it has taken from Redis when another claim of its slot comes first", async () => {
    const farm = await makeFarm(test);
    const [first = 0, second = 0] = await farm.submit({ name: "first" }, { name: "second" });
    await farm.relay();
    const worker = await farm.worker();
    let overtaken = false;
    const sql = Object.assign(Object.create(worker.sql), {
      async transaction(...work: Parameters<typeof worker.sql.transaction>) {
        if (!overtaken) {
          overtaken = true;
          expect((await farm.claimOrThrow(worker)).jobIds).toEqual([second]);
        }
        return worker.sql.transaction(...work);
      },
    });
    expect(await farm.claim({ ...worker, sql })).toBeNull();
    expect(await farm.job(first)).toMatchObject({ state: "queued", dirty: true, version: 2 });
    await farm.relay();
    expect(await test.ctx.queues.ahead(farm.poolId, first)).toBe(0);
  });

  it("frees what the slot still holds: its job goes back to its old place", async () => {
    const farm = await makeFarm(test);
    const [jobId = 0] = await farm.submit({});
    const before = await farm.job(jobId);
    const worker = await farm.worker();
    const first = await farm.claimOrThrow(worker);
    const second = await farm.claimOrThrow(worker);
    expect(second.jobIds).toEqual([jobId]);
    expect(second.runId).toBeGreaterThan(first.runId);
    expect(await farm.runState(first.runId)).toBe("lost");
    expect(await farm.job(jobId)).toMatchObject({ state: "running", lostCount: 1, score: before.score });
  });

  it("serves from PostgreSQL, in order, while Redis has no queue", async () => {
    const farm = await makeFarm(test, { ready: false });
    const [low = 0, high = 0] = await farm.submit({ name: "low" }, { name: "high" });
    await test.sql.count("UPDATE jobs SET score = score - 1 WHERE id = $1", [high]);
    const worker = await farm.worker();
    expect((await farm.claimOrThrow(worker, 0)).jobIds).toEqual([high]);
    expect((await farm.claimOrThrow(worker, 1)).jobIds).toEqual([low]);
  });

  it("drops stale hints and goes on to a job that waits", async () => {
    const farm = await makeFarm(test);
    const ids = await farm.submit(...Array.from({ length: 5 }, (_, index) => ({ name: `job ${index}` })));
    await farm.relay();
    await test.sql.count(
      "UPDATE jobs SET state = 'done', result = 'success', ended_at = now() WHERE id = ANY ($1::bigint[])",
      [ids.slice(0, 4)],
    );
    expect((await farm.claimOrThrow(await farm.worker())).jobIds).toEqual([ids[4]]);
  });

  it("passes over jobs of closed branches and paused pools, and gives their hints back", async () => {
    const farm = await makeFarm(test);
    const [jobId = 0] = await farm.submit({});
    await farm.relay();
    await test.sql.count("UPDATE branches SET closed_at = now() WHERE id = $1", [farm.branchId]);
    const worker = await farm.worker();
    expect(await farm.claim(worker)).toBeNull();
    expect(await farm.job(jobId)).toMatchObject({ state: "queued", dirty: true });
    await test.sql.count("UPDATE branches SET closed_at = NULL WHERE id = $1", [farm.branchId]);
    await test.sql.count("UPDATE pools SET paused_at = now() WHERE id = $1", [farm.poolId]);
    expect(await farm.claim(worker)).toBeNull();
    await test.sql.count("UPDATE pools SET paused_at = NULL WHERE id = $1", [farm.poolId]);
    expect((await farm.claimOrThrow(worker)).jobIds).toEqual([jobId]);
  });

  it("goes on with its other pools when one has left the configuration", async () => {
    const [farm, gone] = [await makeFarm(test), await makeFarm(test)];
    const worker = await farm.worker();
    const workerId = worker.actor.kind === "worker" ? worker.actor.workerId : 0;
    await test.sql.count("INSERT INTO worker_pools (worker_id, pool_id) VALUES ($1, $2)", [workerId, gone.poolId]);
    await gone.submit({});
    await test.sql.count("UPDATE pools SET removed_at = now() WHERE id = $1", [gone.poolId]);
    const ask = () => claimRun(worker, { claimId: claimId(), slot: 0, pools: [gone.pool, farm.pool], waitSeconds: 0 });
    expect(await ask()).toEqual({ work: null });
    const [jobId] = await farm.submit({});
    expect((await ask()).work?.jobIds).toEqual([jobId]);
  });

  it("keeps a retried job from the worker that failed it while another one is there", async () => {
    const farm = await makeFarm(test);
    const [jobId = 0] = await farm.submit({});
    const [bad, good] = [await farm.worker(), await farm.worker()];
    const { runId } = await farm.claimOrThrow(bad);
    await farm.finish(bad, runId, "retry", { reason: "The disk is full." });
    await farm.relay();
    expect(await farm.claim(bad)).toBeNull();
    await farm.relay();
    expect((await farm.claimOrThrow(good)).jobIds).toEqual([jobId]);
    await farm.finish(good, (await farm.claimOrThrow(good, 0)).runId, "retry");
    await test.sql.count("UPDATE workers SET last_seen_at = now() - interval '1 hour' WHERE id = $1", [
      bad.actor.kind === "worker" ? bad.actor.workerId : 0,
    ]);
    expect((await farm.claimOrThrow(good)).jobIds).toEqual([jobId]);
  });

  it("hands on artifacts and outputs of the jobs that it needed", async () => {
    const farm = await makeFarm(test);
    await farm.submit({ name: "build" }, { name: "test", kind: "test", needs: ["build"] });
    const worker = await farm.worker();
    const { runId } = await farm.claimOrThrow(worker);
    const sha256 = "a".repeat(64);
    const artifact = { run_id: runId, name: "app.tar.gz", sha256, size: 12, content_type: "application/gzip" };
    const artifactId = await insert(test.sql, "artifacts", artifact);
    await farm.finish(worker, runId, "success", { outputs: { packageUrl: "https://x/app", buildid: "never" } });
    const work = await farm.claimOrThrow(worker);
    expect(work.needs).toEqual([
      { builder: "build", name: "app.tar.gz", sha256, size: 12, url: `/worker/v1/artifacts/${artifactId}` },
    ]);
    expect(work.properties).toMatchObject({ packageUrl: "https://x/app", buildid: expect.stringMatching(/^\d{14}$/) });
  });

  it("waits for work and is woken by it; ends its wait when nobody listens any more", async () => {
    const farm = await makeFarm(test);
    const worker = await farm.worker();
    const ask = (abort?: AbortSignal) =>
      claimRun(worker, { claimId: claimId(), slot: 0, pools: [farm.pool], waitSeconds: 20, ...(abort && { abort }) });
    const waiting = ask();
    const [jobId] = await farm.submit({});
    await farm.relay();
    expect((await waiting).work?.jobIds).toEqual([jobId]);

    const listener = new AbortController();
    const idle = await farm.worker();
    const alone = claimRun(idle, {
      claimId: claimId(),
      slot: 0,
      pools: [farm.pool],
      waitSeconds: 20,
      abort: listener.signal,
    });
    listener.abort();
    expect(await alone).toEqual({ work: null });
  });

  it("leaves the slot to the newer of two claims that wait", async () => {
    const farm = await makeFarm(test);
    const worker = await farm.worker();
    const wait = () => claimRun(worker, { claimId: claimId(), slot: 0, pools: [farm.pool], waitSeconds: 10 });
    const older = wait();
    const newer = wait();
    await farm.submit({}, { name: "other" });
    await farm.relay();
    const works = (await Promise.all([older, newer])).map((reply) => reply.work?.runId).filter(Boolean);
    expect(works).toHaveLength(1);
    expect(await farm.runState(works[0] ?? 0)).toBe("running");
  });

  it("refuses who is no worker, pools it does not serve, slots it does not have, and an earlier start", async () => {
    const farm = await makeFarm(test);
    const other = await makeFarm(test);
    const worker = await farm.worker(2);
    const ask = { claimId: claimId(), slot: 0, pools: [farm.pool], waitSeconds: 0 };
    await expect(claimRun(farm.as(), ask)).rejects.toMatchObject({ code: "forbidden" });
    await expect(claimRun(worker, { ...ask, pools: [other.pool] })).rejects.toMatchObject({ code: "forbidden" });
    await expect(claimRun(worker, { ...ask, slot: 2 })).rejects.toMatchObject({ code: "invalid" });
    if (worker.actor.kind !== "worker") throw new Error("not a worker");
    const earlier = test.as({ ...worker.actor, bootId: randomUUID() });
    await expect(claimRun(earlier, ask)).rejects.toMatchObject({ code: "conflict", state: "superseded" });
  });

  it("lets one of two workers have a job, whatever Redis says", async () => {
    const farm = await makeFarm(test);
    for (let round = 0; round < 50; round++) {
      const [jobId = 0] = await farm.submit({});
      if (round % 2 === 0) await farm.relay();
      const workers = await Promise.all([farm.worker(), farm.worker(), farm.worker()]);
      const works = await Promise.all(workers.map((worker) => farm.claim(worker)));
      expect(works.filter((work) => work !== null)).toHaveLength(1);
      const runs = await test.sql.rows("SELECT run_id FROM run_members WHERE job_id = $1", [jobId]);
      expect(runs).toHaveLength(1);
    }
  });

  it("does not wait for a Redis that hangs", async () => {
    const farm = await makeFarm(test);
    const [jobId] = await farm.submit({});
    await farm.relay();
    const worker = await farm.worker();
    const late = vi.spyOn(worker.queues, "of").mockImplementation(() => {
      throw new Error("Redis is away.");
    });
    try {
      expect((await farm.claimOrThrow(worker)).jobIds).toEqual([jobId]);
    } finally {
      late.mockRestore();
    }
  });
});
