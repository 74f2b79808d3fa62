import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type TestContext, testContext } from "../testing/context.ts";
import { type Farm, makeFarm } from "../testing/farm.ts";
import { expectSound, outcome, soon, tally } from "../testing/race.ts";
import type { SchedulerContext } from "./context.ts";
import { heartbeatRuns } from "./heartbeat-runs.ts";
import { loseRun } from "./lose-run.ts";

// Claims, lost runs and late results meet on one job or one slot: one of them has it.

let test: TestContext;
beforeAll(async () => {
  test = await testContext();
});
afterAll(() => test.drop());

/** Runs rounds eight at a time, each with a worker of its own. */
async function rounds(count: number, round: (own: Farm, worker: SchedulerContext) => Promise<void>) {
  const own = await makeFarm(test);
  const lanes = Array.from({ length: 8 }, async (_, lane) => {
    const worker = await own.worker();
    for (let index = lane; index < count; index += 8) await round(own, worker);
  });
  await Promise.all(lanes);
}

/** One job in a pool of its own, so that the claim can get no other. */
async function oneJob(): Promise<{ own: Farm; jobId: number; worker: SchedulerContext }> {
  const own = await makeFarm(test, { ready: false });
  const [jobId = 0] = await own.submit({});
  return { own, jobId, worker: await own.worker() };
}

describe("a lost run", () => {
  it("is taken back or replaced, never both (100 pairs)", async () => {
    const wins = tally();
    for (let index = 0; index < 100; index++) {
      const { own, jobId, worker } = await oneJob();
      const other = await own.worker();
      const { runId } = await own.claimOrThrow(worker);
      await own.endLease(runId);
      await loseRun(test.ctx, runId, "expired");
      const late = () => (index % 2 === 0 ? beat(worker, runId) : outcome(own.finish(worker, runId, "success")));
      const [back, work] = await Promise.all([soon(late), soon(() => own.claim(other))]);
      const kept = back === "continue" || (typeof back === "object" && back !== null);
      expect(kept).toBe(work === null);
      wins.add(kept ? "back first" : "claim first");
      const { state } = await own.job(jobId);
      expect(state).toBe(typeof back === "object" ? "done" : "running");
      if (work) expect(await beat(worker, runId)).toBe("stop");
    }
    wins.expect("back first", "claim first");
    await expectSound(test.sql);
  });

  it("ends by its result or by its expiry, and the result still counts once (100 pairs)", async () => {
    await rounds(100, async (own, worker) => {
      await own.submit({});
      const work = await own.claim(worker);
      if (!work) return;
      const [jobId = 0] = work.jobIds;
      await own.endLease(work.runId);
      const [finished] = await Promise.all([
        soon(() => outcome(own.finish(worker, work.runId, "failure"))),
        soon(() => loseRun(test.ctx, work.runId, "expired")),
      ]);
      if (typeof finished === "object") {
        expect(await own.job(jobId)).toMatchObject({ state: "done", result: "failure" });
      } else {
        expect(finished).toBe("lost"); // somebody else was quicker to claim it
      }
    });
    await expectSound(test.sql);
  });
});

describe("claims", () => {
  it("of one slot with two claim ids leave it one live run (60 pairs)", async () => {
    for (let index = 0; index < 60; index++) {
      const own = await makeFarm(test, { ready: index % 2 === 0 });
      await own.submit({ name: "a" }, { name: "b" });
      await own.relay();
      const worker = await own.worker();
      await Promise.all([own.claim(worker, 0, randomUUID()), soon(() => own.claim(worker, 0, randomUUID()))]);
      const live = await test.sql.rows("SELECT FROM runs WHERE pool_id = $1 AND state = 'running'", [own.poolId]);
      expect(live).toHaveLength(1);
    }
    await expectSound(test.sql);
  });

  it("are refused by the indexes where the code would fail: two live runs of a job or of a slot (I4)", async () => {
    const { own, jobId, worker } = await oneJob();
    const { runId } = await own.claimOrThrow(worker);
    const copy = (slot: number) =>
      test.sql.one<{ id: number }>(
        `INSERT INTO runs (worker_id, boot_id, slot, claim_id, base_job_id, lead_job_id, pool_id, revision, lease_until)
         SELECT worker_id, boot_id, $2, $3, base_job_id, base_job_id, pool_id, revision, lease_until FROM runs WHERE id = $1 RETURNING id`,
        [runId, slot, randomUUID()],
      );
    await expect(copy(0)).rejects.toThrow(/runs_one_live_run_per_slot/);
    const { id } = await copy(1);
    const member = test.sql.count("INSERT INTO run_members (run_id, job_id) VALUES ($1, $2)", [id, jobId]);
    await expect(member).rejects.toThrow(/run_members_one_live_run_per_job/);
  });

  it("work on when PostgreSQL is asked by many at once for many jobs: each job goes to one of them, none is left", async () => {
    const own = await makeFarm(test, { ready: false });
    const ids = await own.submit(...Array.from({ length: 60 }, (_, index) => ({ name: `job ${index}` })));
    const worker = await own.worker(12);
    const taken: number[] = [];
    const lanes = Array.from({ length: 12 }, async (_, slot) => {
      for (let work = await own.claim(worker, slot); work; work = await own.claim(worker, slot)) {
        taken.push(...work.jobIds);
        await own.finish(worker, work.runId, "success");
      }
    });
    await Promise.all(lanes);
    expect(taken.toSorted((a, b) => a - b)).toEqual(ids);
  });
});

async function beat(worker: SchedulerContext, runId: number): Promise<string> {
  const { runs } = await heartbeatRuns(worker, { runIds: [runId], waitSeconds: 0 });
  return runs[0]?.order ?? "none";
}
