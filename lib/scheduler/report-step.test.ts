import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { lockLiveRun } from "../db/sql/lock-live-run.ts";
import { type TestContext, testContext } from "../testing/context.ts";
import { type Farm, startedRun } from "../testing/farm.ts";
import { reportStep } from "./report-step.ts";

let test: TestContext;
beforeAll(async () => {
  test = await testContext();
});
afterAll(() => test.drop());

const started = (part?: Parameters<Farm["submit"]>[0]) => startedRun(test, part);

describe("writes of a run that is no longer its worker's own (I3)", () => {
  const step = { index: 0, name: "build" };
  const write = (worker: typeof test.ctx, runId: number) =>
    test.sql.transaction(async (tx) => (await lockLiveRun(tx, worker, runId)).id);

  it("are refused with the state: lost, done, replaced, of another worker, of an earlier start", async () => {
    const { farm, worker, runId } = await started();
    await reportStep(worker, { runId, ...step });
    expect(await write(worker, runId)).toBe(runId);
    await farm.lose(runId);
    for (const refused of [() => write(worker, runId), () => reportStep(worker, { runId, ...step })]) {
      await expect(refused()).rejects.toMatchObject({ code: "conflict", state: "lost" });
    }
    const second = await farm.worker();
    const next = await farm.claimOrThrow(second);
    const late = [
      () => write(worker, runId),
      () => reportStep(worker, { runId, ...step }),
      () => farm.finish(worker, runId, "success"),
    ];
    for (const refused of late) {
      await expect(refused()).rejects.toMatchObject({ code: "conflict", state: "lost" });
    }
    for (const refused of [() => write(worker, next.runId), () => reportStep(worker, { runId: next.runId, ...step })]) {
      await expect(refused()).rejects.toMatchObject({ code: "not_found" });
    }
    if (second.actor.kind !== "worker") throw new Error("not a worker");
    const earlier = test.as({ ...second.actor, bootId: randomUUID() });
    await expect(write(earlier, next.runId)).rejects.toMatchObject({ code: "conflict", state: "running" });
    await farm.finish(second, next.runId, "success");
    await expect(write(second, next.runId)).rejects.toMatchObject({ code: "conflict", state: "done" });
    await expect(write(farm.as(), next.runId)).rejects.toMatchObject({ code: "forbidden" });
  });
});

describe("reportStep", () => {
  it("notes the begin and the end of a step once each", async () => {
    const { worker, runId } = await started();
    const steps = () =>
      test.sql.rows(
        "SELECT index, name, result, exit_code, first_line, ended_at IS NOT NULL AS ended FROM steps WHERE run_id = $1",
        [runId],
      );
    await reportStep(worker, { runId, index: 0, name: "build" });
    await reportStep(worker, { runId, index: 0, name: "build", firstLine: 3 });
    await reportStep(worker, { runId, index: 0, name: "build" });
    expect(await steps()).toEqual([
      { index: 0, name: "build", result: null, exit_code: null, first_line: 3, ended: false },
    ]);
    const end = { runId, index: 0, name: "build", result: "failure" as const, exitCode: 2, elapsedMs: 10 };
    await reportStep(worker, end);
    await reportStep(worker, { ...end, result: "success", exitCode: 0 });
    await reportStep(worker, { runId, index: 0, name: "build" });
    expect(await steps()).toEqual([
      { index: 0, name: "build", result: "failure", exit_code: 2, first_line: 3, ended: true },
    ]);
    const events = await test.sql.rows("SELECT FROM events WHERE run_id = $1 AND type = 'run.step'", [runId]);
    expect(events).toHaveLength(3);
  });
});
