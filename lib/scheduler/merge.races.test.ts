import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type TestContext, testContext } from "../testing/context.ts";
import { type Farm, makeFarm } from "../testing/farm.ts";
import { expectSound, outcome, PAIRS, soon, tally } from "../testing/race.ts";
import { makePush } from "../testing/rows.ts";
import { cancelJobs } from "./cancel-jobs.ts";
import type { SchedulerContext } from "./context.ts";
import { type Claim, decideClaim } from "./decide-claim.ts";
import { askedPlacement } from "./placement/choose-worker.ts";
import { splitJob } from "./split-job.ts";

// Claims, cancels, splits and results meet on the members of one run. Merging is no part of the protocol's model, so it is tried here.

let test: TestContext;
beforeAll(async () => {
  test = await testContext();
});
afterAll(async () => {
  await expectSound(test.sql);
  await test.drop();
});

const merging = () => makeFarm(test, { ready: false, mergeWhen: "always" });

/** A run that three jobs of one builder share. */
async function sharedRun(): Promise<{ farm: Farm; ids: number[]; worker: SchedulerContext; runId: number }> {
  const farm = await merging();
  const ids: number[] = [];
  for (let push = 0; push < 3; push++) ids.push(...(await farm.submit({})));
  const worker = await farm.worker();
  const { runId, jobIds } = await farm.claimOrThrow(worker);
  expect(jobIds).toEqual(ids);
  return { farm, ids, worker, runId };
}

describe("two claims that want the same members", () => {
  const GROUPS = 100;
  const EACH = 5;

  /** Groups of jobs, each of a builder of its own, over five pushes: whoever claims one of a group wants the three newest others as well. */
  async function makeGroups(farm: Farm): Promise<number[][]> {
    const [original = 0] = await farm.submit({ mergeLimit: 4 });
    const pushes = Array.from({ length: EACH }, () => makePush(farm.sql, { branchId: farm.branchId }));
    const rows = await farm.sql.rows<{ id: number; builder: number }>(
      `WITH sets AS (
         INSERT INTO buildsets (branch_id, push_id, revision, kind, reason, properties, submitted_at)
         SELECT p.branch_id, p.id, p.revision, 'push', 'A push.', s.properties, s.submitted_at + p.id * interval '1 ms'
         FROM pushes p, jobs j JOIN buildsets s ON s.id = j.buildset_id
         WHERE p.id = ANY ($2::bigint[]) AND j.id = $1 RETURNING id, push_id, submitted_at
       ), own AS (
         INSERT INTO builders (repository_id, name, platform, kind)
         SELECT b.repository_id, 'builder ' || $1::bigint || ' ' || n, b.platform, b.kind
         FROM jobs j JOIN builders b ON b.id = j.builder_id, generate_series(1, $3::int) AS n
         WHERE j.id = $1 RETURNING id
       )
       INSERT INTO jobs (buildset_id, builder_id, branch_id, push_id, pool_id, trust_level, definition, definition_hash, state,
                         score, submitted_at, queued_at)
       SELECT sets.id, own.id, j.branch_id, sets.push_id, j.pool_id, j.trust_level, j.definition, j.definition_hash, 'queued',
              j.score + sets.push_id, sets.submitted_at, clock_timestamp()
       FROM sets, own, jobs j WHERE j.id = $1 ORDER BY sets.push_id RETURNING id, builder_id AS builder`,
      [original, await Promise.all(pushes), GROUPS],
    );
    const groups = Map.groupBy(rows, (row) => row.builder);
    return [...groups.values()].map((group) => group.map((row) => row.id).toSorted((a, b) => a - b));
  }

  /** A claim of a free slot, which is to decide about one job. */
  function claimOf(farm: Farm, { actor }: SchedulerContext, slot: number): Claim {
    if (actor.kind !== "worker") throw new Error("not a worker");
    const { workerId, bootId } = actor;
    const classes = { fastSpeed: null, fastOnline: 0, reserveWorkers: 0, idleAbove: 0 };
    const pool = {
      id: farm.poolId,
      name: farm.pool,
      removed: false,
      paused: false,
      mergeWhen: "always" as const,
      ...classes,
    };
    const claimId = `claim ${slot}`;
    return { workerId, bootId, slot, claimId, pools: [pool], poolIds: [farm.poolId], leaseSeconds: 60 };
  }

  it(`have each job in one run or leave it waiting, and never lock each other out, ${PAIRS} times`, {
    timeout: 240_000,
  }, async () => {
    const met = tally();
    let pairs = 0;
    while (pairs < PAIRS) {
      const farm = await merging();
      const workers = [await farm.worker(), await farm.worker()];
      const groups = await makeGroups(farm);
      const wanted = { free: { all: 1, fast: 0 }, placement: askedPlacement({ speed: 1 }, 1) };
      const lanes = Array.from({ length: 8 }, async (_, lane) => {
        for (let index = lane; index < groups.length; index += 8) {
          const [oldest = 0, second = 0] = groups[index] ?? [];
          // Both were told of the oldest, or one of a job that the other one wants as a member; from Redis, or from PostgreSQL.
          const bases = [oldest, index % 2 === 0 ? oldest : second];
          const decisions = await Promise.all(
            workers.map((worker, side) => {
              const jobId = bases[side] ?? 0;
              const job = index % 3 === 0 ? { oneOf: [jobId] } : { hinted: jobId };
              return decideClaim(worker, claimOf(farm, worker, index), { ...wanted, job });
            }),
          );
          met.add(
            decisions
              .map(({ kind }) => kind)
              .toSorted()
              .join(" and "),
          );
          pairs++;
        }
      });
      await Promise.all(lanes);
      const wrong = await test.sql.rows(
        `SELECT j.id, j.state, count(m.run_id) AS runs FROM jobs j LEFT JOIN run_members m ON m.job_id = j.id
         WHERE j.id = ANY ($1::bigint[]) GROUP BY j.id
         HAVING count(m.run_id) <> CASE j.state WHEN 'running' THEN 1 WHEN 'queued' THEN 0 END`,
        [groups.flat()],
      );
      expect(wrong).toEqual([]);
      await expectSound(test.sql, farm.poolId);
    }
    met.expect("run and run", "run and stale");
    expect(await deadlocks()).toBe(0);
  });

  async function deadlocks(): Promise<number> {
    await test.sql.rows("SELECT pg_stat_force_next_flush()");
    const text = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
    return (await test.sql.one<{ deadlocks: number }>(text)).deadlocks;
  }
});

describe("a cancel of a job that a claim would take as a member", () => {
  it("ends it, whoever comes first, and the others run (100 pairs)", { timeout: 120_000 }, async () => {
    const wins = tally();
    for (let round = 0; round < 100; round++) {
      const farm = await merging();
      const ids: number[] = [];
      for (let push = 0; push < 3; push++) ids.push(...(await farm.submit({})));
      const victim = ids[round % 3] ?? 0;
      const worker = await farm.worker();
      const [work] = await Promise.all([
        soon(() => farm.claim(worker)),
        soon(() => cancelJobs(farm.as(), { jobIds: [victim] })),
      ]);
      expect(await farm.job(victim)).toMatchObject({ state: "done", result: "cancelled" });
      wins.add(work?.jobIds.includes(victim) ? "claim first" : "cancel first");
      // one that was locked by the cancel at that moment is left for the next claim
      const rest = await farm.claim(worker, 1);
      const running = [...(work?.jobIds ?? []), ...(rest?.jobIds ?? [])].filter((id) => id !== victim);
      expect(running.toSorted((a, b) => a - b)).toEqual(ids.filter((id) => id !== victim));
      await expectSound(test.sql, farm.poolId);
    }
    wins.expect("claim first", "cancel first");
  });
});

describe("a split", () => {
  it("meets the result: the job has it, or waits for a run of its own (100 pairs)", { timeout: 120_000 }, async () => {
    const wins = tally();
    for (let round = 0; round < 100; round++) {
      const { farm, ids, worker, runId } = await sharedRun();
      const jobId = ids[round % 3] ?? 0;
      const [, split] = await Promise.all([
        soon(() => farm.finish(worker, runId, "success")),
        soon(() => outcome(splitJob(farm.as(), { jobId }))),
      ]);
      const first = typeof split === "object";
      wins.add(first ? "split first" : "result first");
      if (!first) expect(split).toBe("done");
      const now = first ? { state: "queued", result: null } : { state: "done", result: "success" };
      expect(await farm.job(jobId)).toMatchObject(now);
      for (const id of ids.filter((other) => other !== jobId)) {
        expect(await farm.job(id)).toMatchObject({ state: "done", result: "success" });
      }
      await expectSound(test.sql, farm.poolId);
    }
    wins.expect("split first", "result first");
  });

  it("meets the cancel of the same job, and of the last other member (100 pairs)", { timeout: 120_000 }, async () => {
    for (let round = 0; round < 100; round++) {
      const { farm, ids, runId } = await sharedRun();
      const [one = 0, two = 0, three = 0] = ids;
      await cancelJobs(farm.as(), { jobIds: [three] });
      const cancelled = round % 2 === 0 ? one : two;
      const [split] = await Promise.all([
        soon(() => outcome(splitJob(farm.as(), { jobId: one }))),
        soon(() => cancelJobs(farm.as(), { jobIds: [cancelled] })),
      ]);
      expect(await farm.job(cancelled)).toMatchObject({ state: "done", result: "cancelled" });
      if (cancelled === one) expect(await farm.job(two)).toMatchObject({ state: "running" });
      // when the other one left first, the run was the job's own already; else it serves nobody and is stopped
      else if (typeof split === "object") expect(await farm.runState(runId)).toBe("cancelling");
      else expect([split, (await farm.job(one)).state]).toEqual(["running", "running"]);
      await expectSound(test.sql, farm.poolId);
    }
  });

  it("of two members at once leaves the run its last one (60 pairs)", { timeout: 60_000 }, async () => {
    for (let round = 0; round < 60; round++) {
      const { farm, ids, worker, runId } = await sharedRun();
      const splits = await Promise.all(ids.map((jobId) => soon(() => outcome(splitJob(farm.as(), { jobId })))));
      expect(splits.filter((split) => typeof split === "string")).toHaveLength(1);
      await farm.finish(worker, runId, "success");
      const states = await Promise.all(ids.map(async (id) => (await farm.job(id)).state));
      expect(states.toSorted()).toEqual(["done", "queued", "queued"]);
    }
  });
});
