import { createHash, randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type TestContext, testContext } from "../testing/context.ts";
import { makeFarm } from "../testing/farm.ts";
import { makePool, uniqueName } from "../testing/rows.ts";
import { registerWorker } from "./register-worker.ts";

let test: TestContext;
beforeAll(async () => {
  test = await testContext();
});
afterAll(() => test.drop());

const hash = (text: string) => createHash("sha256").update(text).digest("hex");

async function pool(token: string, trustLevel = 1) {
  const name = uniqueName("pool");
  const id = await makePool(test.sql, { name, tokenHash: hash(token) });
  await test.sql.count("UPDATE pools SET trust_level = $2 WHERE id = $1", [id, trustLevel]);
  return { id, name };
}

const ask = (worker: string, token: string, pools: string[], bootId: string = randomUUID()) =>
  registerWorker(test.ctx, { worker, bootId, slots: 2, pools, platform: "linux", version: "1", speed: 2, token });

const poolsOf = async (workerId: number) =>
  (
    await test.sql.rows<{ name: string }>(
      "SELECT p.name FROM worker_pools wp JOIN pools p ON p.id = wp.pool_id WHERE worker_id = $1 ORDER BY p.id",
      [workerId],
    )
  ).map((row) => row.name);

describe("registerWorker", () => {
  it("gives a session of an hour, of which only the digest is kept", async () => {
    const one = await pool("secret");
    const reply = await ask("reg-1", "secret", [one.name]);
    expect(reply.leaseSeconds).toBe(60);
    const row = await test.sql.one<{ session_hash: string; left: string; slots: number; speed: number }>(
      `SELECT session_hash, slots, speed, extract(epoch FROM session_expires_at - clock_timestamp()) AS left
       FROM workers WHERE id = $1`,
      [reply.workerId],
    );
    expect(row).toMatchObject({ session_hash: hash(reply.session), slots: 2, speed: 2 });
    expect(Math.round(Number(row.left) / 60)).toBe(60);
    expect(await poolsOf(reply.workerId)).toEqual([one.name]);
  });

  it("has its event told at once", async () => {
    const one = await pool("told");
    const told = test.signals.next(["relay"], 60_000);
    await ask("reg-told", "told", [one.name]);
    expect(await told).toBe(true);
  });

  it("adds pools within one start, and forgets them with the next", async () => {
    const [one, two] = [await pool("t1"), await pool("t2")];
    const bootId = randomUUID();
    const first = await ask("reg-2", "t1", [one.name], bootId);
    const second = await ask("reg-2", "t2", [two.name], bootId);
    expect(second.workerId).toBe(first.workerId);
    expect(second.session).not.toBe(first.session);
    expect(await poolsOf(first.workerId)).toEqual([one.name, two.name]);
    await ask("reg-2", "t2", [two.name]);
    expect(await poolsOf(first.workerId)).toEqual([two.name]);
  });

  it("gives up at once what an earlier start still ran, and lets the same start go on", async () => {
    const farm = await makeFarm(test);
    await test.sql.count("UPDATE pools SET token_hash = $2 WHERE id = $1", [farm.poolId, hash("farm")]);
    const [jobId = 0] = await farm.submit({});
    const bootId = randomUUID();
    const name = uniqueName("worker");
    const { workerId } = await ask(name, "farm", [farm.pool], bootId);
    const worker = test.as({ kind: "worker", workerId, bootId, name, via: "worker", ip: null });
    const { runId } = await farm.claimOrThrow(worker);
    await ask(name, "farm", [farm.pool], bootId);
    expect(await farm.runState(runId)).toBe("running");
    await ask(name, "farm", [farm.pool]);
    expect(await farm.runState(runId)).toBe("lost");
    expect(await farm.job(jobId)).toMatchObject({ state: "queued", lostCount: 1 });
  });

  it("refuses a wrong token and an unknown pool alike, and notes it", async () => {
    const [one, other] = [await pool("right"), await pool("other")];
    const bare = uniqueName("pool");
    await makePool(test.sql, { name: bare });
    for (const [token, names] of [
      ["wrong", [one.name]],
      ["", [bare]],
      ["right", ["no-such-pool"]],
      ["right", [one.name, other.name]],
    ] as const) {
      const refused = ask("reg-3", token, [...names]);
      await expect(refused).rejects.toMatchObject({
        code: "forbidden",
        message: expect.stringMatching(/^This token does not/),
      });
    }
    expect(await test.sql.rows("SELECT FROM workers WHERE name = 'reg-3'")).toEqual([]);
    const refusals = await test.sql.rows("SELECT outcome FROM audit_entries WHERE object = 'worker:reg-3'");
    expect(refusals).toHaveLength(4);
  });

  it("keeps a worker to one trust level, also over its starts", async () => {
    const [low, high] = [await pool("low", 1), await pool("high", 3)];
    const { workerId } = await ask("reg-4", "high", [high.name]);
    const refused = ask("reg-4", "low", [low.name]);
    await expect(refused).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringMatching(/cannot serve both pools/),
    });
    expect(await poolsOf(workerId)).toEqual([high.name]);
  });
});
