import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Arena } from "../testing/arena.ts";
import { type TestContext, testContext } from "../testing/context.ts";
import { expectSound, outcome, PAIRS, soon, tally } from "../testing/race.ts";
import { cancelJobs } from "./cancel-jobs.ts";
import { loseRun } from "./lose-run.ts";

// Two verbs meet on one job at the same moment, on a real PostgreSQL: exactly one of them wins, and the loser is told so (I5).
// `npm run races` has 5,000 pairs of each kind.

const WITHIN_MS = 20;

let test: TestContext;
let arena: Arena;
beforeAll(async () => {
  test = await testContext();
  arena = await Arena.open(test);
});
afterAll(() => test.drop());

describe(`cancel meets, ${PAIRS} times,`, () => {
  it("claim: the job is cancelled, and its run, if there is one, is told to stop and never counts", async () => {
    const wins = tally();
    await arena.pairs(PAIRS, async ({ farm, worker, jobId }) => {
      const [work, command] = await Promise.all([
        soon(() => farm.claim(worker), WITHIN_MS),
        soon(() => cancelJobs(farm.as(), { jobIds: [jobId] }), WITHIN_MS),
      ]);
      expect(command.items).toMatchObject([{ outcome: "done" }]);
      expect(await farm.job(jobId)).toMatchObject({ state: "done", result: "cancelled" });
      if (work) {
        expect(await farm.runState(work.runId)).toBe("cancelling");
        expect(await farm.finish(worker, work.runId, "success")).toEqual({ runId: work.runId, result: "cancelled" });
        expect(await outcome(farm.finish(worker, work.runId, "failure"))).toBe("done");
      }
      wins.add(work ? "claim first" : "cancel first");
    });
    wins.expect("claim first", "cancel first");
    await expectSound(test.sql);
  });

  it("finish: one of the two gives the result, and the other is told which", async () => {
    const wins = tally();
    await arena.pairs(PAIRS, async ({ farm, worker, jobId }) => {
      const { runId } = await farm.claimOrThrow(worker);
      const [finished, command] = await Promise.all([
        soon(() => outcome(farm.finish(worker, runId, "success")), WITHIN_MS),
        soon(() => cancelJobs(farm.as(), { jobIds: [jobId] }), WITHIN_MS),
      ]);
      const { result } = await farm.job(jobId);
      const [item] = command.items;
      expect(result).toBe(item?.outcome === "done" ? "cancelled" : "success");
      if (result === "success") expect(item?.message).toContain("is already done (success)");
      expect(finished).toEqual({ runId, result });
      // whoever comes later with another result gets 409 and the final state
      expect(await outcome(farm.finish(worker, runId, "failure"))).toBe("done");
      wins.add(String(result));
    });
    wins.expect("success", "cancelled");
    await expectSound(test.sql);
  });

  it("expiry: the job is cancelled once, its run is closed, and its worker is told", async () => {
    const wins = tally();
    await arena.pairs(PAIRS, async ({ farm, worker, jobId }) => {
      const { runId } = await farm.claimOrThrow(worker);
      await farm.endLease(runId);
      const [, command] = await Promise.all([
        soon(() => loseRun(test.ctx, runId, "expired"), WITHIN_MS),
        soon(() => cancelJobs(farm.as(), { jobIds: [jobId] }), WITHIN_MS),
      ]);
      expect(command.items).toMatchObject([{ outcome: "done" }]);
      expect(await farm.job(jobId)).toMatchObject({ state: "done", result: "cancelled" });
      const state = await farm.runState(runId);
      wins.add(state === "lost" ? "expiry first" : "cancel first");
      if (state === "cancelling") await loseRun(test.ctx, runId, "expired");
      expect(await outcome(farm.finish(worker, runId, "success"))).toBe(state === "lost" ? "lost" : "done");
    });
    wins.expect("expiry first", "cancel first");
    await expectSound(test.sql);
  });
});
