import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { EventStream } from "../events/event-stream.ts";
import { lastNumber } from "../events/publish-events.ts";
import { type TestContext, testContext } from "../testing/context.ts";
import { makeJob, makePool } from "../testing/rows.ts";
import { openTcpProxy, type TcpProxy } from "../testing/tcp-proxy.ts";
import { makeTemporaryFolder } from "../testing/temporary-folder.ts";
import { makeRun } from "../testing/worker-rows.ts";

const SOON = { timeout: 15_000, interval: 50 };

let test: TestContext;
let folder: string;
let database: TcpProxy;
let redis: TcpProxy;
let poolId: number;
const timers: Timer[] = [];

beforeAll(async () => {
  test = await testContext();
  folder = makeTemporaryFolder("timer");
  [database, redis] = [await openTcpProxy(test.databaseUrl), await openTcpProxy(test.redisUrl)];
});
afterAll(async () => {
  await Promise.all([database.close(), redis.close()]);
  await test.drop();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  database.mode("pass");
  redis.mode("pass");
  poolId = await makePool(test.sql);
});
afterEach(async () => {
  for (const timer of timers.splice(0)) await timer.kill();
});

/** A timer process. */
class Timer {
  readonly child: ChildProcess;
  output = "";

  constructor(environment: Record<string, string> = {}) {
    this.child = spawn(process.execPath, [path.resolve("lib/timer/main.ts")], {
      env: {
        NODE_ENV: "test",
        PATH: process.env.PATH,
        DATABASE_URL: database.url,
        REDIS_URL: redis.url,
        LDAP_URL: "ldap://127.0.0.1:1",
        LDAP_BIND_DN: "cn=nobody,dc=example,dc=org",
        LDAP_BIND_PASSWORD: "nothing",
        LDAP_USER_BASE: "ou=people,dc=example,dc=org",
        LDAP_GROUP_BASE: "ou=groups,dc=example,dc=org",
        NEXTAUTH_SECRET: "a secret that nobody needs to keep, only long",
        DATA_DIR: folder,
        CONFIG_FILE: path.join(folder, "selfserve.yml"),
        LEASE_SECONDS: "5",
        SWEEP_SECONDS: "1",
        ...environment,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.on("data", (data) => {
        this.output += data;
      });
    timers.push(this);
  }

  get alive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  async leads(): Promise<void> {
    await expect.poll(() => this.output, SOON).toContain('"leads"');
  }

  /** Asks it to end; answers its exit code. */
  async end(): Promise<number | null> {
    this.child.kill("SIGTERM");
    if (this.alive) await once(this.child, "exit");
    return this.child.exitCode;
  }

  async kill(): Promise<void> {
    if (!this.alive) return;
    this.child.kill("SIGKILL");
    await once(this.child, "exit");
  }
}

const order = () => test.ctx.queues.page(poolId, 0, 100).catch(() => "not ready");
const state = async (table: "jobs" | "runs", id: number) =>
  (await test.sql.one<{ state: string }>(`SELECT state FROM ${table} WHERE id = $1`, [id])).state;

describe("the timer", () => {
  it("carries jobs, numbers and publishes events, chains the audit, and ends when asked", async () => {
    const timer = new Timer();
    const jobs = [await makeJob(test.sql, { poolId, score: 2 }), await makeJob(test.sql, { poolId, score: 1 })];
    await test.sql.count("INSERT INTO events (type, job_id) VALUES ('job.queued', $1)", [jobs[0]]);
    await test.sql.count(
      "INSERT INTO audit_entries (actor, via, action, object, outcome) VALUES ('dev', 'session:1', 'job.cancel', 'job:1', 'done')",
    );
    await expect.poll(order, SOON).toEqual(jobs.toReversed());
    await expect.poll(() => new EventStream(test.redis).last(), SOON).toBe(1);
    await expect.poll(() => readFileSync(path.join(folder, "audit-heads.jsonl"), "utf8"), SOON).toContain('"seq":1');
    expect(await timer.end()).toBe(0);
    expect(timer.output).toContain("no longer leads");
  });

  it("carries a job within a moment of the signal that a commit sends", async () => {
    const timer = new Timer();
    await timer.leads();
    await expect.poll(order, SOON).toEqual([]);
    const woken = test.ctx.signals.next([`pool:${poolId}`], 5000);
    await test.signals.pubSub.ready();
    const jobId = await makeJob(test.sql, { poolId });
    const started = performance.now();
    test.ctx.signals.send("relay");
    expect(await woken).toBe(true);
    expect(performance.now() - started).toBeLessThan(500);
    expect(await order()).toEqual([jobId]);
  });

  it("is followed by another when it is killed", async () => {
    const first = new Timer();
    await first.leads();
    const second = new Timer();
    await first.kill();
    await second.leads();
    const jobId = await makeJob(test.sql, { poolId });
    await expect.poll(order, SOON).toEqual([jobId]);
  });

  it.each(["refuse", "hold"] as const)(
    "survives stores that %s, and goes on when they are back",
    async (mode) => {
      const timer = new Timer();
      await timer.leads();
      await expect.poll(order, SOON).toEqual([]);

      redis.mode(mode);
      const whileRedisIsAway = await makeJob(test.sql, { poolId, score: 1 });
      await test.sql.count("INSERT INTO events (type) VALUES ('job.queued')");
      const number = () => test.sql.maybe("SELECT 1 FROM events WHERE seq IS NULL");
      await expect.poll(number, SOON).toBeUndefined(); // events are numbered all the same
      await test.redis.flushdb();
      redis.mode("pass");
      await expect.poll(order, SOON).toEqual([whileRedisIsAway]);
      await expect.poll(() => new EventStream(test.redis).last(), SOON).toBe(await lastNumber(test.sql));

      database.mode(mode);
      const whileDatabaseIsAway = await makeJob(test.sql, { poolId, score: 2 });
      await expect.poll(() => timer.output, SOON).toContain("no longer leads");
      database.mode("pass");
      await expect.poll(order, SOON).toEqual([whileRedisIsAway, whileDatabaseIsAway]);
      expect(timer.alive).toBe(true);
    },
    60_000,
  );

  it("heals an emptied Redis by itself", async () => {
    const timer = new Timer();
    const jobId = await makeJob(test.sql, { poolId });
    await expect.poll(order, SOON).toEqual([jobId]);
    await test.redis.flushdb();
    await expect.poll(order, SOON).toEqual([jobId]);
    expect(timer.alive).toBe(true);
  });

  it("gives workers one whole lease before it ends any, from its own start", async () => {
    const jobId = await makeJob(test.sql, { poolId, state: "running", everRan: true });
    const runId = await makeRun(test.sql, { jobIds: [jobId], poolId, leaseUntil: new Date(Date.now() - 60_000) });
    const timer = new Timer();
    await timer.leads();
    const led = performance.now();
    await expect.poll(() => state("runs", runId), SOON).toBe("lost");
    expect(performance.now() - led).toBeGreaterThan(4500);
    expect(await state("jobs", jobId)).toBe("queued");
    await expect.poll(order, SOON).toEqual([jobId]);
  });

  it("says what is wrong with its environment, and does not start", async () => {
    const timer = new Timer({ SWEEP_SECONDS: "soon" });
    await once(timer.child, "exit");
    expect(timer.child.exitCode).toBe(78);
    expect(timer.output).toContain("SWEEP_SECONDS is malformed");
  });

  it("ends when asked also while both stores are away", async () => {
    const timer = new Timer();
    await timer.leads();
    database.mode("hold");
    redis.mode("hold");
    expect(await timer.end()).toBe(0);
  });
});
