import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type TestContext, testContext } from "../testing/context.ts";
import { type Farm, makeFarm } from "../testing/farm.ts";
import { expectSound, outcome, soon, tally } from "../testing/race.ts";
import { cancelJobs } from "./cancel-jobs.ts";
import type { SchedulerContext } from "./context.ts";
import { expireLeases } from "./expire-leases.ts";
import { loseRun } from "./lose-run.ts";

// Two verbs meet on one job at the same moment, on a real PostgreSQL: exactly one of them wins, and the loser is told so (I5).

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

describe("cancel meets", () => {
  it("claim: the job is cancelled, and its run, if there is one, is told to stop (150 pairs)", async () => {
    const wins = tally();
    for (let index = 0; index < 150; index++) {
      const { own, jobId, worker } = await oneJob();
      const [work] = await Promise.all([
        soon(() => own.claim(worker)),
        soon(() => cancelJobs(own.as(), { jobIds: [jobId] })),
      ]);
      expect(await own.job(jobId)).toMatchObject({ state: "done", result: "cancelled" });
      if (work) expect(await own.runState(work.runId)).toBe("cancelling");
      wins.add(work ? "claim first" : "cancel first");
    }
    wins.expect("claim first", "cancel first");
    await expectSound(test.sql);
  });

  it("finish: one of the two gives the result, and the other is told (200 pairs)", async () => {
    const wins = tally();
    await rounds(200, async (own, worker) => {
      const [jobId = 0] = await own.submit({});
      const work = await own.claim(worker);
      if (!work) return; // another lane was faster, and has a job more
      const [target = jobId] = work.jobIds;
      const [finished, command] = await Promise.all([
        soon(() => outcome(own.finish(worker, work.runId, "success"))),
        soon(() => cancelJobs(own.as(), { jobIds: [target] })),
      ]);
      const { result } = await own.job(target);
      const cancelled = command.items[0]?.outcome === "done";
      expect(result).toBe(cancelled ? "cancelled" : "success");
      expect(finished).toEqual({ runId: work.runId, result });
      expect(await own.runState(work.runId)).toBe("done");
      wins.add(String(result));
    });
    wins.expect("success", "cancelled");
    await expectSound(test.sql);
  });

  it("expiry: the job is cancelled once, and the run is closed or to be closed (150 pairs)", async () => {
    const wins = tally();
    for (let index = 0; index < 150; index++) {
      const { own, jobId, worker } = await oneJob(); // nobody else may claim it in between
      const work = await own.claimOrThrow(worker);
      await own.endLease(work.runId);
      const [, command] = await Promise.all([
        soon(() => loseRun(test.ctx, work.runId, "expired")),
        soon(() => cancelJobs(own.as(), { jobIds: [jobId] })),
      ]);
      expect(command.items).toMatchObject([{ outcome: "done" }]);
      expect(await own.job(jobId)).toMatchObject({ state: "done", result: "cancelled" });
      const state = await own.runState(work.runId);
      expect(["lost", "done", "cancelling"]).toContain(state);
      wins.add(state === "lost" ? "expiry first" : "cancel first");
      await expireLeases(test.ctx);
      expect(["lost", "done"]).toContain(await own.runState(work.runId));
    }
    wins.expect("expiry first", "cancel first");
    await expectSound(test.sql);
  });
});
