import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type TestContext, testContext } from "../testing/context.ts";
import { type Farm, makeFarm } from "../testing/farm.ts";
import { expectSound, outcome, soon, tally } from "../testing/race.ts";
import { closeBranch } from "./close-branch.ts";
import type { SchedulerContext } from "./context.ts";
import { disableWorker } from "./disable-worker.ts";
import { drainWorker } from "./drain-worker.ts";
import { heartbeatRuns } from "./heartbeat-runs.ts";
import { loseRun } from "./lose-run.ts";
import { pausePool } from "./pause-pool.ts";
import { quarantineWorker } from "./quarantine-worker.ts";
import { releaseWorker } from "./release-worker.ts";
import { resumePool } from "./resume-pool.ts";

// What takes something out of service meets claims, results and runs that come back.

let test: TestContext;
beforeAll(async () => {
  test = await testContext();
});
afterAll(() => test.drop());

const nameOf = ({ actor }: SchedulerContext) => (actor.kind === "worker" ? actor.name : "");

/** The runs of a farm's pool in any state. */
const runsOf = async ({ poolId }: Farm) =>
  (await test.sql.one<{ count: number }>("SELECT count(*) AS count FROM runs WHERE pool_id = $1", [poolId])).count;

const liveRunsOf = async ({ actor }: SchedulerContext) =>
  (
    await test.sql.rows<{ id: number }>(
      "SELECT id FROM runs WHERE worker_id = $1 AND state IN ('running', 'cancelling')",
      [actor.kind === "worker" ? actor.workerId : 0],
    )
  ).map((row) => row.id);

/** What takes a farm, or the worker that claims there, out of service. */
const STOPS: Record<string, (farm: Farm, worker: SchedulerContext) => Promise<unknown>> = {
  "a pause": (farm) => pausePool(test.ctx, { pool: farm.pool, note: "x" }),
  "a closing": async (farm) => {
    const sql = "SELECT name AS branch FROM branches WHERE id = $1";
    return closeBranch(test.ctx, { ...(await test.sql.one<{ branch: string }>(sql, [farm.branchId])), reason: "x" });
  },
  "a quarantine": (_farm, worker) => quarantineWorker(test.ctx, { worker: nameOf(worker), reason: "x" }),
  "a draining": (_farm, worker) => drainWorker(test.ctx, { worker: nameOf(worker), reason: "x" }),
};

/** Begins two works: every fourth time one ends before the other begins, in either order; else they meet. */
async function meet<A, B>(index: number, first: () => Promise<A>, second: () => Promise<B>): Promise<[A, B]> {
  if (index % 4 === 0) return [await first(), await second()];
  if (index % 4 === 1) {
    const done = await second();
    return [await first(), done];
  }
  return Promise.all([soon(first), soon(second)]);
}

describe.each(Object.keys(STOPS))("%s", (what) => {
  it("has let start what starts, once it is answered (40 rounds of 4 claims)", async () => {
    const met = tally();
    for (let index = 0; index < 40; index++) {
      const farm = await makeFarm(test, { ready: index % 2 === 0 });
      await farm.submit(...["a", "b", "c", "d"].map((name) => ({ name })));
      if (index % 2 === 0) await farm.relay();
      const worker = await farm.worker();
      let started = -1;
      const stop = async () => {
        await STOPS[what]?.(farm, worker);
        started = await runsOf(farm);
      };
      const claim = () => Promise.all([0, 1, 2, 3].map((slot) => soon(() => farm.claim(worker, slot))));
      const [works] = await meet(index, claim, stop);
      expect(await runsOf(farm)).toBe(started);
      expect(works.filter((work) => work !== null)).toHaveLength(started);
      expect(await farm.claim(worker)).toBeNull();
      met.add(started < 4 ? "some held" : "all started");
    }
    met.expect("all started", "some held");
    await expectSound(test.sql);
  });
});

describe("pauses and resumes at the same time", () => {
  it("leave the pool as the last one wanted it, and every change is told once", async () => {
    const farm = await makeFarm(test);
    await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        soon(() =>
          index % 2 === 0
            ? pausePool(test.ctx, { pool: farm.pool, note: "x" })
            : resumePool(test.ctx, { pool: farm.pool }),
        ),
      ),
    );
    const told = await test.sql.rows<{ paused: boolean }>(
      "SELECT (body->>'paused')::bool AS paused FROM events WHERE type = 'pool.changed' AND body->>'pool' = $1 ORDER BY id",
      [farm.pool],
    );
    const { paused } = await test.sql.one<{ paused: boolean }>(
      "SELECT paused_at IS NOT NULL AS paused FROM pools WHERE id = $1",
      [farm.poolId],
    );
    expect(told.map((event) => event.paused)).toEqual(told.map((_, index) => index % 2 === 0)); // in turn
    expect(told.at(-1)?.paused ?? false).toBe(paused);
  });
});

describe("disabling a worker", () => {
  const disableAndLook = async (worker: SchedulerContext) => {
    await disableWorker(test.ctx, { worker: nameOf(worker), reason: "x" });
    expect(await liveRunsOf(worker)).toEqual([]); // already when it answers
  };

  it("leaves it nothing of what it claims meanwhile (60 rounds)", async () => {
    const met = tally();
    for (let index = 0; index < 60; index++) {
      const farm = await makeFarm(test, { ready: false });
      const [jobId = 0] = await farm.submit();
      const worker = await farm.worker();
      const claim = () => farm.claim(worker).catch(() => null);
      const [work] = await meet(index, claim, () => disableAndLook(worker));
      expect(await liveRunsOf(worker)).toEqual([]);
      met.add(work === null ? "held" : "lost again");
      expect((await farm.job(jobId)).state).toBe("queued");
    }
    met.expect("held", "lost again");
    await expectSound(test.sql);
  });

  it("lets a result count, or the job go to others, never both (60 rounds)", async () => {
    const met = tally();
    for (let index = 0; index < 60; index++) {
      const farm = await makeFarm(test, { ready: false });
      const [jobId = 0] = await farm.submit();
      const worker = await farm.worker();
      const { runId } = await farm.claimOrThrow(worker);
      const finish = () => outcome(farm.finish(worker, runId, "success"));
      const [answer] = await meet(index, finish, () => disableAndLook(worker));
      const { state } = await farm.job(jobId);
      const counted = typeof answer === "object";
      expect([state, await farm.runState(runId)]).toEqual(counted ? ["done", "done"] : ["queued", "lost"]);
      expect((await farm.claim(await farm.worker())) === null).toBe(counted);
      met.add(counted ? "result first" : "disabled first");
    }
    met.expect("disabled first", "result first");
    await expectSound(test.sql);
  });

  it("leaves it nothing that it takes back meanwhile, and a release lets it (60 rounds)", async () => {
    const met = tally();
    for (let index = 0; index < 60; index++) {
      const farm = await makeFarm(test, { ready: false });
      await farm.submit();
      const worker = await farm.worker();
      const { runId } = await farm.claimOrThrow(worker);
      await farm.endLease(runId);
      await loseRun(test.ctx, runId, "expired");
      const beat = () => heartbeatRuns(worker, { runIds: [runId], waitSeconds: 0 });
      const [back] = await meet(index, beat, () => disableAndLook(worker));
      expect(await liveRunsOf(worker)).toEqual([]);
      met.add(back.runs[0]?.order ?? "");
      expect((await beat()).runs).toEqual([{ runId, order: "stop" }]);
      await releaseWorker(test.ctx, { worker: nameOf(worker) });
      expect((await beat()).runs).toEqual([{ runId, order: "continue" }]);
    }
    met.expect("continue", "stop");
    await expectSound(test.sql);
  });
});
