import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ClaimReply } from "../contracts/work.ts";
import type { Database } from "../db/sql.ts";
import { type TestContext, testContext } from "../testing/context.ts";
import { type Farm, makeFarm } from "../testing/farm.ts";
import { claimRun } from "./claim-run.ts";
import type { SchedulerContext } from "./context.ts";
import { HOLD_MS } from "./queue/waiting-workers.ts";
import type { Guest } from "./room.ts";
import { LOOK_EVERY_MS, WaitingRoom } from "./waiting-room.ts";

let test: TestContext;
beforeAll(async () => {
  test = await testContext();
});
afterAll(() => test.drop());

const workerIdOf = ({ actor }: SchedulerContext) => (actor.kind === "worker" ? actor.workerId : 0);
const silent = { send: () => {}, next: async () => false, listen: () => () => {} };

/** Waits for work, in a room of its own unless it is told which. */
function waits(farm: Farm, worker: SchedulerContext, abort?: AbortSignal): Promise<ClaimReply> {
  const ask = { claimId: randomUUID(), slot: 0, pools: [farm.pool], waitSeconds: 20 };
  return claimRun(worker, { ...ask, ...(abort && { abort }) });
}

/** Resolves once so many slots stand in the registry. */
async function untilWaiting(farm: Farm, count: number): Promise<void> {
  await expect
    .poll(async () => (await test.ctx.queues.waiting.free(farm.poolId, null)).all, { interval: 10 })
    .toBe(count);
}

it("looks often enough that a lost wake-up costs two seconds, also for a job that is held for whoever did not hear", () => {
  expect(HOLD_MS + LOOK_EVERY_MS).toBeLessThanOrEqual(2_000);
});

describe("a job that arrives", () => {
  it("is taken by the slot that it is offered to, out of many that wait; each of several jobs goes to one", async () => {
    const farm = await makeFarm(test);
    const workers = await Promise.all(Array.from({ length: 12 }, () => farm.worker(1)));
    const waiting = workers.map((worker) => waits(farm, worker));
    await untilWaiting(farm, 12);
    const jobs = await farm.submit(...Array.from({ length: 12 }, (_, index) => ({ name: `job ${index}` })));
    await farm.relay();
    const works = (await Promise.all(waiting)).flatMap(({ work }) => work?.jobIds ?? []);
    expect(works.toSorted((a, b) => a - b)).toEqual(jobs);
    await untilWaiting(farm, 0);
  });

  it("finds a waiting worker although every signal was lost, and although the relay carried nothing", async () => {
    const farm = await makeFarm(test);
    const room = new WaitingRoom({ ...test.ctx, signals: silent, lookEveryMs: 50 });
    const [one, two] = [await farm.worker(1), await farm.worker(1)];
    const first = waits(farm, { ...one, room });
    await untilWaiting(farm, 1);
    const [jobId] = await farm.submit({});
    await farm.relay(); // offered, but the slot does not hear of it
    expect((await first).work?.jobIds).toEqual([jobId]);

    const second = waits(farm, { ...two, room });
    await untilWaiting(farm, 1);
    const [late] = await farm.submit({ name: "late" });
    expect((await second).work?.jobIds).toEqual([late]);
  });

  it("finds a waiting worker while Redis is emptied and has no queue", async () => {
    const farm = await makeFarm(test, { ready: false });
    const room = new WaitingRoom({ ...test.ctx, lookEveryMs: 50 });
    const waiting = waits(farm, { ...(await farm.worker(1)), room });
    await untilWaiting(farm, 1);
    const [jobId] = await farm.submit({});
    expect((await waiting).work?.jobIds).toEqual([jobId]);
  });

  it("finds the one that it does not avoid, although a faster one of the same kind looks first", async () => {
    const farm = await makeFarm(test, { ready: false });
    const room = new WaitingRoom({ ...test.ctx, signals: silent, lookEveryMs: 50 });
    const [failed, other] = [await farm.worker(1, 9), await farm.worker(1)];
    const [jobId = 0] = await farm.submit({});
    await farm.finish(failed, (await farm.claimOrThrow(failed)).runId, "retry");
    const leaving = new AbortController();
    const first = waits(farm, { ...failed, room }, leaving.signal);
    await untilWaiting(farm, 1);
    expect((await waits(farm, { ...other, room })).work?.jobIds).toEqual([jobId]);
    leaving.abort();
    expect(await first).toEqual({ work: null });
  });

  it("goes to another one when the slot that it was offered to has gone", async () => {
    const farm = await makeFarm(test);
    const [gone, stays] = [await farm.worker(1, 9), await farm.worker(1)];
    const room = new WaitingRoom({ ...test.ctx, lookEveryMs: 50 });
    // the fast one waits in a process that has died since: nobody takes its offer
    await test.ctx.queues.waiting.enter({ workerId: workerIdOf(gone), slot: 0, speed: 9, poolIds: [farm.poolId] });
    const waiting = waits(farm, { ...stays, room });
    await untilWaiting(farm, 2);
    const [jobId] = await farm.submit({});
    await farm.relay();
    expect((await waiting).work?.jobIds).toEqual([jobId]);
  });
});

describe("the waiting room", () => {
  const guestOf = (workerId: number, poolId: number, part: Partial<Guest<string>> = {}): Guest<string> => ({
    workerId,
    slot: 0,
    speed: 1,
    poolIds: [poolId],
    kind: "ordinary",
    look: async () => "nothing",
    take: async () => "nothing",
    ...part,
  });

  it("forgets who is gone, and lets others have what was offered to them", async () => {
    const farm = await makeFarm(test);
    const listener = new AbortController();
    const worker = await farm.worker(1);
    const waiting = waits(farm, { ...worker, signals: silent }, listener.signal);
    await untilWaiting(farm, 1);
    const other = await farm.worker(1);
    listener.abort();
    expect(await waiting).toEqual({ work: null });
    await untilWaiting(farm, 0);

    // an offer that meets a guest who leaves: the pool is told, and nothing is held back
    const room = new WaitingRoom({ ...test.ctx, signals: { ...test.ctx.signals, listen: () => () => {} } });
    const leaving = new AbortController();
    const wait = room.wait(guestOf(workerIdOf(worker), farm.poolId), { waitSeconds: 20, abort: leaving.signal });
    await untilWaiting(farm, 1);
    const [jobId] = await farm.submit({});
    await farm.relay();
    await untilWaiting(farm, 0);
    const told = test.ctx.signals.next([`pool:${farm.poolId}`], 5_000);
    leaving.abort();
    await Promise.all([wait, told]);
    expect((await farm.claimOrThrow(other)).jobIds).toEqual([jobId]);
  });

  it("costs a thousand waiting claims two statements per look, whatever their number", async () => {
    const farm = await makeFarm(test);
    let statements = 0;
    const looks = { entered: 0, woken: 0, timed: 0, probed: 0 };
    const sql: Database = {
      ...test.sql,
      rows: (...args) => {
        statements++;
        return test.sql.rows(...args);
      },
    };
    const room = new WaitingRoom({ ...test.ctx, sql, lookEveryMs: 20 });
    const leaving = new AbortController();
    const look: Guest<string>["look"] = async (occasion) => {
      looks[occasion]++;
      return "nothing";
    };
    const stay = { waitSeconds: 20, abort: leaving.signal };
    const waiting = Array.from({ length: 1_000 }, (_, index) =>
      room.wait(guestOf(1_000_000 + index, farm.poolId, { look }), stay),
    );
    await untilWaiting(farm, 1_000);
    await expect.poll(() => looks.entered).toBe(1_000);
    statements = 0;
    looks.woken = 0;
    await expect.poll(() => statements, { interval: 5, timeout: 10_000 }).toBeGreaterThanOrEqual(10);
    expect(looks).toMatchObject({ entered: 1_000, woken: 0, timed: 0 }); // nothing is queued, so nobody looks
    expect(room.free(farm.poolId, 1)).toEqual({ all: 1_000, fast: 1_000 });
    test.ctx.signals.send(`pool:${farm.poolId}`);
    await expect.poll(() => looks.woken).toBe(3); // one finds nothing, then two at once
    leaving.abort();
    expect(new Set(await Promise.all(waiting))).toEqual(new Set([undefined]));
    await untilWaiting(farm, 0);
  });

  it("wakes more of a kind as long as they find something, and the other kinds as well", async () => {
    const farm = await makeFarm(test);
    const room = new WaitingRoom({ ...test.ctx, lookEveryMs: 60_000 });
    let left = 5;
    const look: Guest<string>["look"] = async (occasion) => {
      if (occasion !== "woken" || left === 0) return "nothing";
      left--;
      return { found: "work" };
    };
    const leaving = new AbortController();
    const stay = { waitSeconds: 20, abort: leaving.signal };
    const finding = Array.from({ length: 8 }, (_, index) =>
      room.wait(guestOf(2_000_000 + index, farm.poolId, { look }), stay),
    );
    const kinds: string[] = [];
    const others = ["slow", "picky"].map((kind, index) => {
      const note: Guest<string>["look"] = async (occasion) => {
        if (occasion === "woken") kinds.push(kind);
        return "nothing";
      };
      return room.wait(guestOf(3_000_000 + index, farm.poolId, { kind, look: note }), stay);
    });
    await untilWaiting(farm, 10);
    test.ctx.signals.send(`pool:${farm.poolId}`);
    await expect.poll(() => left).toBe(0);
    await expect.poll(() => kinds.toSorted()).toEqual(["picky", "slow"]);
    leaving.abort();
    const found = await Promise.all([...finding, ...others]);
    expect(found.filter((one) => one === "work")).toHaveLength(5);
  });

  it("ends the wait with what goes wrong in a look, and does not lose what was found when the wait is over", async () => {
    const farm = await makeFarm(test);
    const room = new WaitingRoom(test.ctx);
    const broken = guestOf(4_000_000, farm.poolId, { look: () => Promise.reject(new Error("The database is away.")) });
    await expect(room.wait(broken, { waitSeconds: 20, abort: undefined })).rejects.toThrow("away");

    const leaving = new AbortController();
    const { promise: asked, resolve: finish } = Promise.withResolvers<{ found: string }>();
    const slow = guestOf(4_000_001, farm.poolId, { look: () => asked });
    const wait = room.wait(slow, { waitSeconds: 20, abort: leaving.signal });
    await untilWaiting(farm, 1);
    leaving.abort();
    finish({ found: "work" });
    expect(await wait).toBe("work");
    const none = room.wait(guestOf(4_000_002, farm.poolId), { waitSeconds: 0, abort: undefined });
    expect(await none).toBeUndefined();
    expect(await room.wait(slow, { waitSeconds: 20, abort: AbortSignal.abort() })).toBeUndefined();
  });

  it("lets the newer of two claims of one slot wait", async () => {
    const farm = await makeFarm(test);
    const room = new WaitingRoom(test.ctx);
    const leaving = new AbortController();
    const older = room.wait(guestOf(5_000_000, farm.poolId), { waitSeconds: 20, abort: undefined });
    const newer = room.wait(guestOf(5_000_000, farm.poolId), { waitSeconds: 20, abort: leaving.signal });
    expect(await older).toBeUndefined();
    expect(room.free(farm.poolId, null)).toEqual({ all: 1, fast: 0 });
    await untilWaiting(farm, 1);
    leaving.abort();
    expect(await newer).toBeUndefined();
  });
});
