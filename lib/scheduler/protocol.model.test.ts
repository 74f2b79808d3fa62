import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Result } from "../contracts/job.ts";
import { type TestContext, testContext } from "../testing/context.ts";
import { type Farm, type JobNow, makeFarm } from "../testing/farm.ts";
import { expectSound, outcome } from "../testing/race.ts";
import { cancelJobs } from "./cancel-jobs.ts";
import type { SchedulerContext } from "./context.ts";
import { heartbeatRuns } from "./heartbeat-runs.ts";
import { loseRun } from "./lose-run.ts";
import { rebuildQueue } from "./relay/rebuild-queue.ts";
import { relayQueue } from "./relay/relay-queue.ts";
import { sweepQueue } from "./relay/sweep-queue.ts";
import { reprioritizeJobs } from "./reprioritize-jobs.ts";
import { retriggerJobs } from "./retrigger-jobs.ts";

// Random histories of the protocol's transitions on a small set of jobs, on real stores; several transitions of one step run at once.
// After every step the rows must be sound; at the end, without faults, every job comes to an end and Redis agrees with PostgreSQL.

let test: TestContext;
beforeAll(async () => {
  test = await testContext();
});
afterAll(() => test.drop());

const WORKERS = 3;
const RESULTS: Result[] = ["success", "success", "warnings", "failure", "exception", "retry"];

type Action =
  | { do: "claim"; worker: number }
  | { do: "finish" | "beat" | "lose" | "late"; run: number; result: Result }
  | { do: "cancel" | "raise" | "retrigger"; job: number; priority: number }
  | { do: "relay" | "sweep" | "wipe" | "rebuild" };

const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("claim" as const), worker: fc.nat(WORKERS - 1) }) },
  {
    weight: 9,
    arbitrary: fc.record({
      do: fc.constantFrom("finish" as const, "finish" as const, "beat" as const, "lose" as const, "late" as const),
      run: fc.nat(30),
      result: fc.constantFrom(...RESULTS),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom("cancel" as const, "raise" as const, "raise" as const, "retrigger" as const),
      job: fc.nat(30),
      priority: fc.integer({ min: -100, max: 100 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom("relay" as const, "relay" as const, "sweep" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("wipe" as const, "rebuild" as const) }) },
);
const history = fc.array(fc.array(action, { minLength: 1, maxLength: 3 }), { minLength: 5, maxLength: 25 });

/** One run as the witness knows it: who got it, and what the product has accepted for it. */
interface Witnessed {
  runId: number;
  worker: SchedulerContext;
  jobIds: number[];
  accepted: Result | null;
}

class History {
  readonly farm: Farm;
  readonly workers: SchedulerContext[];
  readonly runs: Witnessed[] = [];
  jobs: number[];
  /** Final results as first seen; they must never change. */
  readonly ends = new Map<number, string>();

  constructor(farm: Farm, workers: SchedulerContext[], jobs: number[]) {
    this.farm = farm;
    this.workers = workers;
    this.jobs = jobs;
  }

  async act(step: Action): Promise<void> {
    switch (step.do) {
      case "claim":
        return this.claim(step.worker);
      case "finish":
      case "beat":
      case "lose":
      case "late":
        return this.onRun(step.do, step.run, step.result);
      case "cancel":
      case "raise":
      case "retrigger":
        return this.onJob(step.do, step.job, step.priority);
      default:
        return this.onQueue(step.do);
    }
  }

  async claim(index: number): Promise<void> {
    const worker = this.workers[index];
    const work = worker && (await this.farm.claim(worker, 0, randomUUID()));
    if (work) this.runs.push({ runId: work.runId, worker, jobIds: work.jobIds, accepted: null });
  }

  private async onRun(what: "finish" | "beat" | "lose" | "late", index: number, result: Result): Promise<void> {
    // `late` takes the oldest runs, which have mostly been replaced.
    const run = what === "late" ? this.runs[index % 5] : this.runs.at(-1 - (index % 4));
    if (!run) return;
    if (what === "lose") await loseRun(test.ctx, run.runId, "slot");
    else if (what === "beat") await heartbeatRuns(run.worker, { runIds: [run.runId], waitSeconds: 0 });
    else await this.finish(run, result);
  }

  async finish(run: Witnessed, result: Result): Promise<void> {
    const reply = await outcome(this.farm.finish(run.worker, run.runId, result));
    if (typeof reply === "string") return;
    if (run.accepted !== null) expect(reply.result).toBe(run.accepted); // a repeat is answered as before
    run.accepted = reply.result;
  }

  private async onJob(what: "cancel" | "raise" | "retrigger", index: number, priority: number): Promise<void> {
    const jobId = this.jobs[index % this.jobs.length] ?? 0;
    const ctx = this.farm.as();
    if (what === "cancel") await cancelJobs(ctx, { jobIds: [jobId] });
    else if (what === "raise") await reprioritizeJobs(ctx, { jobIds: [jobId], priority });
    else if (this.jobs.length < 12) {
      const { items } = await retriggerJobs(ctx, { jobIds: [jobId], count: 1, dependents: false });
      this.jobs.push(...(items[0]?.created ?? []));
    }
  }

  private async onQueue(what: "relay" | "sweep" | "wipe" | "rebuild"): Promise<void> {
    if (what === "relay") await relayQueue(test.ctx);
    else if (what === "sweep") await sweepQueue(test.ctx);
    else if (what === "wipe") await test.redis.flushdb();
    else await rebuildQueue(test.ctx, { poolIds: [this.farm.poolId] });
  }

  /** Rows are sound, ends are final, and what a run's accepted success says is what its job shows. */
  async check(): Promise<void> {
    await expectSound(test.sql, this.farm.poolId);
    for (const { id: jobId, state, result } of await this.readJobs()) {
      const known = this.ends.get(jobId);
      if (known !== undefined) expect([jobId, result]).toEqual([jobId, known]);
      if (state === "done" && result) this.ends.set(jobId, result);
    }
    for (const { accepted, jobIds } of this.runs) {
      if (accepted !== "success" && accepted !== "warnings" && accepted !== "failure") continue;
      for (const jobId of jobIds) expect([jobId, this.ends.get(jobId)]).toEqual([jobId, accepted]);
    }
  }

  private readJobs(): Promise<Pick<JobNow, "id" | "state" | "result" | "dirty">[]> {
    return test.sql.rows("SELECT id, state, result, dirty FROM jobs WHERE id = ANY ($1::bigint[])", [this.jobs]);
  }

  /** No more faults: every job comes to an end, and Redis has exactly what waits. */
  async drain(): Promise<void> {
    await rebuildQueue(test.ctx, { poolIds: [this.farm.poolId] });
    await this.farm.relay();
    const waiting = await test.sql.rows<{ id: number }>(
      "SELECT id FROM jobs WHERE pool_id = $1 AND state = 'queued' ORDER BY score, id",
      [this.farm.poolId],
    );
    expect(await test.ctx.queues.page(this.farm.poolId, 0, 100)).toEqual(waiting.map((row) => row.id));

    for (let round = 0; round < 60; round++) {
      const before = this.runs.length;
      for (let worker = 0; worker < WORKERS; worker++) await this.claim(worker);
      for (const run of this.runs.slice(before)) await this.finish(run, "success");
      await this.farm.relay();
      if (this.runs.length === before) break;
    }
    await this.check();
    const jobs = await this.readJobs();
    expect(jobs).toHaveLength(new Set(this.jobs).size);
    for (const job of jobs) expect(job).toMatchObject({ state: "done", dirty: false });
    expect(await test.ctx.queues.size(this.farm.poolId)).toBe(0);
  }
}

it("keeps the invariants through random histories with faults, and then finishes every job", {
  timeout: 240_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(history, async (steps) => {
      const farm = await makeFarm(test);
      const workers = await Promise.all(Array.from({ length: WORKERS }, () => farm.worker(1)));
      const jobs = await farm.submit({ name: "a" }, { name: "b", exclusive: true }, { name: "after", needs: ["a"] });
      const run = new History(farm, workers, jobs);
      for (const step of steps) {
        await Promise.all(step.map((one) => run.act(one)));
        await run.check();
      }
      await run.drain();
    }),
    { numRuns: 120, seed: 20261121, endOnFailure: true },
  );
});
