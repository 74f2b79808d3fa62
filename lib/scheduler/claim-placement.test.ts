import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Placement, QueueClass } from "../contracts/placement.ts";
import type { Work } from "../contracts/work.ts";
import { type TestContext, testContext } from "../testing/context.ts";
import { type Farm, makeFarm } from "../testing/farm.ts";
import { expectSound } from "../testing/race.ts";
import { claimRun } from "./claim-run.ts";
import type { SchedulerContext } from "./context.ts";
import { offerJobs } from "./relay/offer-jobs.ts";
import { rowsOf } from "./relay/queue-rows.ts";

let test: TestContext;
beforeAll(async () => {
  test = await testContext();
});
afterAll(async () => {
  await expectSound(test.sql);
  await test.drop();
});

const workerIdOf = ({ actor }: SchedulerContext) => (actor.kind === "worker" ? actor.workerId : 0);
const setPool = (farm: Farm, what: string) => test.sql.count(`UPDATE pools SET ${what} WHERE id = $1`, [farm.poolId]);
const setWorker = (worker: SchedulerContext, what: string) =>
  test.sql.count(`UPDATE workers SET ${what} WHERE id = $1`, [workerIdOf(worker)]);
const placementOf = async (work: Work | null) =>
  (await test.sql.one<{ placement: Placement }>("SELECT placement FROM runs WHERE id = $1", [work?.runId])).placement;

async function waits(farm: Farm, worker: SchedulerContext, slot = 0, waitSeconds = 20): Promise<Work | null> {
  return (await claimRun(worker, { claimId: randomUUID(), slot, pools: [farm.pool], waitSeconds })).work;
}

async function untilWaiting(farm: Farm, count: number): Promise<void> {
  await expect
    .poll(async () => (await test.ctx.queues.waiting.free(farm.poolId, null)).all, { interval: 10 })
    .toBe(count);
}

/** Submits one job of a class, in Redis and in PostgreSQL. */
async function submitAs(farm: Farm, queueClass: QueueClass, part: Parameters<Farm["submit"]>[0] = {}): Promise<number> {
  const [jobId = 0] = await farm.submit(part);
  await test.sql.count("UPDATE jobs SET queue_class = $2::queue_class WHERE id = $1", [jobId, queueClass]);
  return jobId;
}

/** Has these workers wait one after the other, then a job arrive; the works in their order. */
async function arrive(farm: Farm, workers: SchedulerContext[], submit: () => Promise<unknown>) {
  const abort = new AbortController();
  const ask = (worker: SchedulerContext) =>
    claimRun(worker, { claimId: randomUUID(), slot: 0, pools: [farm.pool], waitSeconds: 20, abort: abort.signal });
  const waiting: ReturnType<typeof ask>[] = [];
  for (const worker of workers) {
    waiting.push(ask(worker));
    await untilWaiting(farm, waiting.length);
  }
  await submit();
  await farm.relay();
  const first = await Promise.any(waiting.map(async (reply, index) => ({ index, work: (await reply).work })));
  abort.abort();
  await Promise.all(waiting);
  return first;
}

describe("a job that arrives while several workers wait", () => {
  it("goes to the fastest of them, and the run says why", async () => {
    const farm = await makeFarm(test);
    const workers = [await farm.worker(1, 1), await farm.worker(1, 3), await farm.worker(1, 2)];
    const { index, work } = await arrive(farm, workers, () => farm.submit({}));
    expect(index).toBe(1);
    const { rule, speed, free, passedOver } = await placementOf(work);
    expect({ rule, speed, free }).toEqual({ rule: "fastest", speed: 3, free: 3 });
    expect(passedOver.map((other) => other.speed)).toEqual([2, 1]);
    expect(passedOver[0]).toMatchObject({
      workerId: workerIdOf(workers[2] as SchedulerContext),
      why: "Its speed is 2, not 3.",
    });
  });

  it("goes to the one that has waited longest when none is faster", async () => {
    const farm = await makeFarm(test);
    const workers = [await farm.worker(1), await farm.worker(1)];
    const { index, work } = await arrive(farm, workers, () => farm.submit({}));
    expect([index, (await placementOf(work)).rule]).toEqual([0, "longest-idle"]);
  });

  it("goes to the one that last built it with success when its builder says so, which its result has noted", async () => {
    const farm = await makeFarm(test);
    const build = { name: "build", affinity: "objdir" as const };
    const [slow, fast] = [await farm.worker(1, 1), await farm.worker(1, 5)];
    await farm.submit(build);
    await farm.finish(slow, (await farm.claimOrThrow(slow)).runId, "success");
    const affine = await arrive(farm, [fast, slow], () => farm.submit(build));
    expect([affine.index, (await placementOf(affine.work)).rule]).toEqual([1, "affinity"]);
    await farm.finish(slow, affine.work?.runId ?? 0, "failure");
    // a failure says nothing about the object directory, and other builders do not care
    const other = await arrive(farm, [fast, slow], () => farm.submit({ name: "other" }));
    expect([other.index, (await placementOf(other.work)).rule]).toEqual([0, "fastest"]);
    await farm.finish(fast, other.work?.runId ?? 0, "success");
    const noted = await test.sql.rows("SELECT worker_id FROM worker_builders WHERE worker_id = ANY ($1::bigint[])", [
      [workerIdOf(slow), workerIdOf(fast)],
    ]);
    expect(noted).toEqual([{ worker_id: workerIdOf(slow) }]);
  });

  it("avoids the worker that failed it", async () => {
    const farm = await makeFarm(test);
    const [bad, good] = [await farm.worker(1, 5), await farm.worker(1)];
    await farm.submit({});
    await farm.finish(bad, (await farm.claimOrThrow(bad)).runId, "retry");
    const { index, work } = await arrive(farm, [bad, good], async () => {});
    expect([index, (await placementOf(work)).rule]).toEqual([1, "only-one"]);
  });

  it("goes to whoever asks next when the rule throws, which is reported", async () => {
    const farm = await makeFarm(test);
    const slot = { workerId: workerIdOf(await farm.worker()), slot: 0, speed: 1, poolIds: [farm.poolId] };
    await test.ctx.queues.waiting.enter(slot);
    const ids = await farm.submit({});
    test.reports.length = 0;
    const broken = () => {
      throw new Error("A mistake in the rule.");
    };
    expect(await offerJobs(test.ctx, await rowsOf(test.sql, ids), broken)).toEqual([]);
    expect(test.reports).toEqual([new Error("A mistake in the rule.")]);
    expect(await offerJobs(test.ctx, await rowsOf(test.sql, ids))).toMatchObject([{ jobId: ids[0] }]);
  });

  it("is not taken from the slot that it is held for by one who asks meanwhile, from Redis or PostgreSQL", async () => {
    const farm = await makeFarm(test);
    const [offered, asks] = [await farm.worker(1, 2), await farm.worker(1)];
    const { waiting } = test.ctx.queues;
    await waiting.enter({ workerId: workerIdOf(offered), slot: 0, speed: 2, poolIds: [farm.poolId] });
    await waiting.enter({ workerId: workerIdOf(await farm.worker()), slot: 0, speed: 1, poolIds: [farm.poolId] });
    const [jobId] = await farm.submit({});
    await farm.relay();
    expect(await farm.claim(asks)).toBeNull();
    const offer = await waiting.takeOffer({ workerId: workerIdOf(offered), slot: 0, poolIds: [farm.poolId] });
    expect(offer).toMatchObject({ jobId, placement: { rule: "fastest" } });
    expect((await farm.claimOrThrow(asks)).jobIds).toEqual([jobId]); // the hold is over
  });
});

describe("a worker that asks", () => {
  it("gets nothing that needs a fast worker while a fast one is online, whichever store tells the order", async () => {
    for (const ready of [true, false]) {
      const farm = await makeFarm(test, { ready });
      await setPool(farm, "fast_speed = 2");
      const [slow, fast] = [await farm.worker(1, 1), await farm.worker(1, 2)];
      const jobId = await submitAs(farm, "fast");
      if (ready) await farm.relay();
      expect(await farm.claim(slow)).toBeNull();
      await setWorker(fast, "last_seen_at = now() - interval '1 hour'");
      expect((await farm.claimOrThrow(slow)).jobIds).toEqual([jobId]);
    }
  });

  it("gets reserved work only, as one of the last free fast workers, whichever store tells the order", async () => {
    for (const ready of [true, false]) {
      const farm = await makeFarm(test, { ready });
      await setPool(farm, "fast_speed = 2, reserve_workers = 1");
      const [slow, fast] = [await farm.worker(1, 1), await farm.worker(1, 2)];
      const ordinary = await submitAs(farm, "any", { name: "ordinary" });
      const release = await submitAs(farm, "reserved", { name: "release" });
      if (ready) await farm.relay();
      expect((await farm.claimOrThrow(fast)).jobIds).toEqual([release]);
      expect((await farm.claimOrThrow(slow)).jobIds).toEqual([ordinary]);
    }
  });

  it("gets idle work after all other, and only while enough are free, whichever store tells the order", async () => {
    for (const ready of [true, false]) {
      const farm = await makeFarm(test, { ready });
      const worker = await farm.worker();
      const idle = await submitAs(farm, "idle", { name: "idle" });
      const ordinary = await submitAs(farm, "any", { name: "ordinary" });
      if (ready) await farm.relay();
      expect((await farm.claimOrThrow(worker, 0)).jobIds).toEqual([ordinary]);
      await setPool(farm, "idle_above = 1");
      expect(await farm.claim(worker, 1)).toBeNull();
      await setPool(farm, "idle_above = 0");
      expect((await farm.claimOrThrow(worker, 1)).jobIds).toEqual([idle]);
    }
  });

  it("gets its probes before all else, and nobody else gets them; in quarantine it gets nothing but them", async () => {
    const farm = await makeFarm(test);
    const [worker, other] = [await farm.worker(), await farm.worker()];
    const probe = async () => {
      const [jobId = 0] = await farm.submit({ name: "probe" });
      await test.sql.count("UPDATE jobs SET only_worker_id = $2, alone = true WHERE id = $1", [
        jobId,
        workerIdOf(worker),
      ]);
      return jobId;
    };
    const ordinary = await farm.submit({ name: "ordinary" });
    const first = await probe();
    await farm.relay();
    const work = await farm.claimOrThrow(worker, 0);
    expect(work.jobIds).toEqual([first]);
    expect(await placementOf(work)).toMatchObject({ rule: "probe" });

    await setWorker(worker, "quarantined_at = now(), control_reason = 'It fails too often.'");
    expect(await farm.claim(worker, 1)).toBeNull();
    const waiting = waits(farm, worker, 1);
    const second = await probe();
    test.ctx.signals.send(`worker:${workerIdOf(worker)}`);
    expect((await waiting)?.jobIds).toEqual([second]);
    expect((await farm.claimOrThrow(other)).jobIds).toEqual(ordinary);
    expect(await farm.claim(other, 1)).toBeNull();
  });

  it("gets a probe that comes while it waits, and work again at its release", async () => {
    const farm = await makeFarm(test);
    const worker = await farm.worker();
    const waiting = waits(farm, worker, 0);
    await untilWaiting(farm, 1);
    const [jobId = 0] = await farm.submit({ name: "probe" });
    await test.sql.count("UPDATE jobs SET only_worker_id = $2 WHERE id = $1", [jobId, workerIdOf(worker)]);
    expect((await waiting)?.jobIds).toEqual([jobId]);

    await setWorker(worker, "quarantined_at = now()");
    const released = waits(farm, worker, 1);
    const [next] = await farm.submit({ name: "next" });
    await setWorker(worker, "quarantined_at = NULL");
    test.ctx.signals.send(`worker:${workerIdOf(worker)}`);
    expect((await released)?.jobIds).toEqual([next]);
  });

  it("gets nothing when it was taken out of service while it waited; others do", async () => {
    const farm = await makeFarm(test);
    const [sick, well] = [await farm.worker(1, 9), await farm.worker(1)];
    const abort = new AbortController();
    const ask = { claimId: randomUUID(), slot: 0, pools: [farm.pool], waitSeconds: 20, abort: abort.signal };
    const waiting = claimRun(sick, ask);
    await untilWaiting(farm, 1);
    await setWorker(sick, "quarantined_at = now()");
    const healthy = waits(farm, well);
    await untilWaiting(farm, 2);
    const [jobId] = await farm.submit({});
    await farm.relay(); // offered to the sick one, which may not start it and gives it back
    await expect.poll(async () => (await farm.job(jobId ?? 0)).version, { interval: 10 }).toBeGreaterThan(1);
    await farm.relay();
    expect((await healthy)?.jobIds).toEqual([jobId]);
    abort.abort();
    expect(await waiting).toEqual({ work: null });
  });

  it("gets nothing while it is drained, not even a probe, and is refused when it is disabled", async () => {
    const farm = await makeFarm(test);
    const worker = await farm.worker();
    const [jobId = 0] = await farm.submit({});
    await test.sql.count("UPDATE jobs SET only_worker_id = $2 WHERE id = $1", [jobId, workerIdOf(worker)]);
    await setWorker(worker, "draining_at = now()");
    expect(await farm.claim(worker)).toBeNull();
    await setWorker(worker, "draining_at = NULL, disabled_at = now(), control_reason = 'It burns.'");
    const refused = { code: "forbidden", message: expect.stringMatching(/is disabled and gets no work: It burns\.$/) };
    await expect(farm.claim(worker)).rejects.toMatchObject(refused);
    await setWorker(worker, "disabled_at = NULL");
    expect((await farm.claimOrThrow(worker)).jobIds).toEqual([jobId]);
  });
});
