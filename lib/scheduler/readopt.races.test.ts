import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type TestContext, testContext } from "../testing/context.ts";
import { startedRun } from "../testing/farm.ts";
import { expectSound, outcome, soon, tally } from "../testing/race.ts";
import { heartbeatRuns } from "./heartbeat-runs.ts";

let test: TestContext;
beforeAll(async () => {
  test = await testContext();
});
afterAll(() => test.drop());

const ROUNDS = 30;

describe("a lost run whose worker comes back with several requests at once", () => {
  it("goes on when two heartbeats take it back", async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const { farm, worker, runId, jobId } = await startedRun(test);
      await farm.lose(runId);
      const beat = () => soon(() => heartbeatRuns(worker, { runIds: [runId], waitSeconds: 0 }));
      for (const { runs } of await Promise.all([beat(), beat()])) {
        expect(runs).toEqual([{ runId, order: "continue" }]);
      }
      expect((await farm.job(jobId)).state).toBe("running");
    }
  });

  it("has its result counted, whether a heartbeat or the result takes it back", async () => {
    const first = tally();
    for (let round = 0; round < ROUNDS; round++) {
      const { farm, worker, runId, jobId } = await startedRun(test);
      await farm.lose(runId);
      const [, result] = await Promise.all([
        soon(() => heartbeatRuns(worker, { runIds: [runId], waitSeconds: 0 })).then(({ runs }) =>
          first.add(runs[0]?.order ?? ""),
        ),
        soon(() => outcome(farm.finish(worker, runId, "success"))),
      ]);
      expect(result).toEqual({ runId, result: "success" });
      expect((await farm.job(jobId)).result).toBe("success");
    }
    first.expect("continue", "stop"); // stop: its result was first
    await expectSound(test.sql);
  });
});
