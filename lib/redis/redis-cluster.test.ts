import { afterAll, beforeAll, expect, it } from "vitest";
import { LoginLimits } from "../auth/login-limits.ts";
import type { Event } from "../contracts/event.ts";
import { EventStream } from "../events/event-stream.ts";
import { PoolQueues } from "../scheduler/queue/pool-queues.ts";
import { type FreshRedisCluster, freshRedisCluster } from "../testing/redis-cluster.ts";
import { checkRedis } from "./check-redis.ts";
import { onReconnect, openRedis, type RedisClient, redisReady } from "./open-redis.ts";
import { openSignals } from "./signals.ts";

const POOLS = Array.from({ length: 12 }, (_, index) => index + 1);

let cluster: FreshRedisCluster;
let redis: RedisClient;
let queues: PoolQueues;
beforeAll(async () => {
  cluster = await freshRedisCluster();
  redis = openRedis(cluster.url, "background");
  await redisReady(redis);
  queues = new PoolQueues(redis, 5000);
});
afterAll(async () => {
  redis.disconnect();
  await cluster.drop();
});

/** Opens the queue of a pool with three jobs, 10 × the pool and on. */
async function fill(poolId: number): Promise<void> {
  const rebuild = queues.rebuild(poolId);
  await rebuild.begin();
  const jobIds = [0, 1, 2].map((n) => 10 * poolId + n);
  await rebuild.fill(jobIds.map((jobId) => ({ jobId, version: 1, score: jobId, queueClass: "any" })));
  expect(await rebuild.swap()).toBe(true);
}
const wants = POOLS.map((poolId) => ({ poolId, classes: ["any"] as const }));

it("spreads the pools over all nodes and serves one order over them", async () => {
  await Promise.all(POOLS.map(fill));
  const nodes = await Promise.all(POOLS.map((poolId) => cluster.nodeOf(`{p:${poolId}}:epoch`)));
  expect(new Set(nodes).size).toBe(3);
  expect((await queues.pop(wants, 5)).map((hint) => hint.jobId)).toEqual([10, 11, 12, 20, 21]);
});

it("follows a pool whose slot moves to another node while claims go on, and hands no job out twice", async () => {
  await Promise.all(POOLS.map(fill));
  const before = await cluster.nodeOf("{p:1}:epoch");
  const taken: number[] = [];
  let moving = true;
  const popping = (async () => {
    while (moving || taken.length < 3 * POOLS.length) {
      taken.push(...(await queues.pop(wants, 1)).map((hint) => hint.jobId));
    }
  })();
  for (const poolId of POOLS) await cluster.moveSlotOf(`{p:${poolId}}:epoch`);
  moving = false;
  await popping;
  expect(await cluster.nodeOf("{p:1}:epoch")).toBe((before + 1) % 3);
  expect(new Set(taken).size).toBe(taken.length);
  expect(taken).toHaveLength(3 * POOLS.length);
});

it("goes on when a node comes back with nothing, and tells that it is there again", async () => {
  let again = 0;
  onReconnect(redis, () => {
    again += 1;
  });
  const first = again;
  await cluster.restartNode(0);
  for (const poolId of POOLS) await expect.poll(() => fill(poolId).then(() => "made", String)).toBe("made");
  for (const poolId of POOLS) expect(await queues.size(poolId)).toBe(3);
  expect(again).toBeGreaterThan(first);
  await checkRedis(redis);
});

it("carries signals between processes, whichever nodes they listen to, also after one of the nodes ends", async () => {
  const [here, there] = [openSignals(cluster.url), openSignals(cluster.url)];
  await Promise.all([here.pubSub.ready(), there.pubSub.ready()]);
  const arrives = () => {
    const waiting = there.next(["pool:1"], 500);
    here.send("pool:1");
    return waiting;
  };
  expect(await arrives()).toBe(true);
  await cluster.restartNode(0); // the first that a process listens to
  await expect.poll(arrives).toBe(true);
  here.close();
  there.close();
});

it("keeps the copy of the events", async () => {
  const stream = new EventStream(redis);
  const about = { branchId: null, pushId: null, jobId: null, runId: null, body: {} };
  const events = [1, 2, 3].map((seq): Event => ({ seq, type: "job.queued", at: new Date(0).toISOString(), ...about }));
  await stream.append(events);
  await stream.append(events); // those that are there already are passed over
  expect(await stream.last()).toBe(3);
  expect((await stream.after(1, 9)).map(({ seq }) => seq)).toEqual([2, 3]);
});

it("counts failed logins, each name on the node where it belongs", async () => {
  const limits = new LoginLimits(redis, { perUser: 2, perAddress: 50, windowSeconds: 60, prefix: "cluster-test" });
  for (const login of ["ada", "grace", "barbara", "frances"]) {
    expect(await limits.take(login, "10.0.0.1")).toBeNull();
    expect(await limits.take(login, "10.0.0.1")).toBeNull();
    expect(await limits.take(login, "10.0.0.1")).toBeGreaterThan(0);
    await limits.giveBack(login, "10.0.0.1", true);
    expect(await limits.take(login, "10.0.0.1")).toBeNull();
  }
  const other = new LoginLimits(redis, { perUser: 2, perAddress: 50, windowSeconds: 60, prefix: "cluster-test" });
  expect(await other.take("ada", "10.0.0.1")).toBeNull();
  expect(await other.take("ada", "10.0.0.1")).toBeGreaterThan(0); // counted in Redis, not in one process
});

it("refuses an address that is none", () => {
  expect(() => openRedis("redis+cluster://a:7000,/1", "request")).toThrow(
    "An address of Redis is malformed: it must be such as redis://:password@host:6379, or of a cluster such as",
  );
});
