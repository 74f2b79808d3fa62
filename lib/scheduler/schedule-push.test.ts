import { rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ConfigError } from "../contracts/push.ts";
import { openPushPorts } from "../pushes/push-ports.ts";
import { type TestContext, testContext } from "../testing/context.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { oneBuilder, type WatchedRepositoryFixture, watchRepository } from "../testing/watched-branch.ts";
import { recordPush } from "./record-push.ts";
import { PendingRetries, schedulePendingPushes, schedulePush } from "./schedule-push.ts";
import type { PushPorts } from "./source-control.ts";

let test: TestContext;

beforeAll(async () => {
  test = await testContext();
});
afterAll(() => test.drop());

/** Commits a configuration and records the push, as if the process had died before scheduling it. */
async function recorded(at: WatchedRepositoryFixture, config: string | null): Promise<number> {
  const before = (
    await test.sql.one<{ head: string | null }>("SELECT head_revision AS head FROM branches WHERE id = $1", [
      at.branchId,
    ])
  ).head;
  const after = at.git.add(config === null ? {} : { files: { ".selfserve.yml": config } });
  const repository = { id: at.id, url: at.git.url };
  await at.ports.source.fetch(repository, ["main"]);
  const branch = { id: at.branchId, name: "main", ref: "main", trustAuthors: false, headRevision: before, repository };
  const pushId = await recordPush(test.ctx, { branch, before, after, pusher: null }, at.ports);
  if (pushId === null) throw new Error("The push was not recorded.");
  return pushId;
}

const stateOf = (pushId: number) =>
  test.sql.one<{ state: string; errors: ConfigError[] | null; jobs: number }>(
    `SELECT config_state AS state, config_errors AS errors, (SELECT count(*) FROM jobs WHERE push_id = p.id) AS jobs
     FROM pushes p WHERE id = $1`,
    [pushId],
  );

describe("schedulePush", () => {
  it("makes a job of every builder but the nightly ones, blocked where it needs another", async () => {
    const at = await watchRepository(test);
    const builder = (name: string, more: string) =>
      `  - {name: ${name}, platform: p, pool: ${at.pool}, steps: [{name: s, run: make}], ${more}}\n`;
    const text = `version: 1\nbuilders:\n${builder("test", "kind: test, needs: [build]")}${builder("night", "kind: nightly")}${builder("build", "")}`;
    const pushId = await recorded(at, text);
    expect(await schedulePush(test.ctx, { pushId }, at.ports)).toBe("scheduled");
    const jobs = await test.sql.rows(
      "SELECT b.name, j.state FROM jobs j JOIN builders b ON b.id = j.builder_id WHERE push_id = $1 ORDER BY b.name",
      [pushId],
    );
    expect(jobs).toEqual([
      { name: "build", state: "queued" },
      { name: "test", state: "blocked" },
    ]);
  });

  it("makes a job of every chunk of a suite, and lets who needs the suite wait for all of them", async () => {
    const at = await watchRepository(test);
    const builder = (name: string, more: string) =>
      `  - {name: ${name}, platform: p, pool: ${at.pool}, steps: [{name: s, run: make}], ${more}}\n`;
    const text = `version: 1\nbuilders:\n${builder("tests", "kind: test, chunks: 2")}${builder("sum", "needs: [tests]")}`;
    const pushId = await recorded(at, text);
    expect(await schedulePush(test.ctx, { pushId }, at.ports)).toBe("scheduled");
    const jobs = await test.sql.rows(
      `SELECT b.name, j.state, j.definition -> 'chunk' AS chunk,
              (SELECT count(*) FROM job_dependencies d WHERE d.job_id = j.id) AS needs
       FROM jobs j JOIN builders b ON b.id = j.builder_id WHERE push_id = $1 ORDER BY j.id`,
      [pushId],
    );
    expect(jobs).toEqual([
      { name: "tests-1", state: "queued", chunk: { suite: "tests", index: 1, of: 2 }, needs: 0 },
      { name: "tests-2", state: "queued", chunk: { suite: "tests", index: 2, of: 2 }, needs: 0 },
      { name: "sum", state: "blocked", chunk: null, needs: 2 },
    ]);
  });

  it("is done once, by however many", async () => {
    const at = await watchRepository(test);
    const pushId = await recorded(at, oneBuilder(at.pool));
    await Promise.all(Array.from({ length: 20 }, () => schedulePush(test.ctx, { pushId }, at.ports)));
    expect(await stateOf(pushId)).toEqual({ state: "scheduled", errors: null, jobs: 1 });
    const events = await test.sql.rows("SELECT 1 FROM events WHERE push_id = $1 AND type = 'push.scheduled'", [pushId]);
    expect(events).toHaveLength(1);
  });

  it("keeps a broken file's errors and schedules nothing", async () => {
    const at = await watchRepository(test);
    const pushId = await recorded(at, oneBuilder("nowhere"));
    expect(await schedulePush(test.ctx, { pushId }, at.ports)).toBe("broken");
    const { state, errors, jobs } = await stateOf(pushId);
    expect([state, jobs]).toEqual(["broken", 0]);
    expect(errors).toMatchObject([
      {
        file: ".selfserve.yml",
        line: 3,
        column: 44,
        key: "builders[0].pool",
        message: expect.stringContaining("nowhere"),
      },
    ]);
  });

  it("schedules nothing where there is no file", async () => {
    const at = await watchRepository(test);
    const pushId = await recorded(at, null);
    expect(await schedulePush(test.ctx, { pushId }, at.ports)).toBe("missing");
    expect(await stateOf(pushId)).toEqual({ state: "missing", errors: null, jobs: 0 });
  });

  it("brings the revision again where the copy of it is another machine's", async () => {
    const at = await watchRepository(test);
    const pushId = await recorded(at, oneBuilder(at.pool));
    const elsewhere = openPushPorts({ dataDir: temporaryFolder("data"), inherited: process.env });
    expect(await schedulePush(test.ctx, { pushId }, elsewhere)).toBe("scheduled");
  });

  it("does not know a push that is not there", async () => {
    const at = await watchRepository(test);
    await expect(schedulePush(test.ctx, { pushId: 999_999_999 }, at.ports)).rejects.toMatchObject({
      code: "not_found",
    });
    const worker = { kind: "worker", workerId: 1, bootId: "b", name: "w", via: "w", ip: null } as const;
    await expect(schedulePush(test.as(worker), { pushId: 1 }, at.ports)).rejects.toMatchObject({ code: "forbidden" });
  });
});

describe("schedulePendingPushes", () => {
  it("schedules what was recorded before the process died", async () => {
    const at = await watchRepository(test);
    const pushId = await recorded(at, oneBuilder(at.pool));
    const retries = new PendingRetries();
    expect(await schedulePendingPushes(test.ctx, retries, at.ports, 3600)).toBe(0);
    expect(await schedulePendingPushes(test.ctx, retries, at.ports, 0)).toBe(1);
    expect((await stateOf(pushId)).state).toBe("scheduled");
  });

  it("is not held up by a push whose repository is away, and comes back to it", async () => {
    const at = await watchRepository(test);
    const away = await recorded(at, oneBuilder(at.pool));
    await test.sql.count("UPDATE repositories SET url = '/nowhere/x.git' WHERE id = $1", [at.id]);
    const other = await watchRepository(test);
    const here = await recorded(other, oneBuilder(other.pool));
    let now = 0;
    const retries = new PendingRetries(() => now);
    const ports = openPushPorts({ dataDir: temporaryFolder("data"), inherited: process.env });
    expect(await schedulePendingPushes(test.ctx, retries, ports, 0)).toBe(1);
    expect([(await stateOf(away)).state, (await stateOf(here)).state]).toEqual(["pending", "scheduled"]);
    await test.sql.count("UPDATE repositories SET url = $2 WHERE id = $1", [at.id, at.git.url]);
    expect(await schedulePendingPushes(test.ctx, retries, ports, 0)).toBe(0);
    now = 5_000;
    expect(await schedulePendingPushes(test.ctx, retries, ports, 0)).toBe(1);
    expect((await stateOf(away)).state).toBe("scheduled");
  });

  it("gives the others their turn when one fails in a way that nobody foresaw, and then says so", async () => {
    const at = await watchRepository(test);
    const poison = await recorded(at, oneBuilder(at.pool));
    const other = await watchRepository(test);
    const here = await recorded(other, oneBuilder(other.pool));
    const readConfiguration: PushPorts["readConfiguration"] = async (repository, ...rest) => {
      if (repository.id === at.id) throw new TypeError("unforeseen");
      return at.ports.readConfiguration(repository, ...rest);
    };
    const retries = new PendingRetries(() => 0);
    const ports = { ...at.ports, readConfiguration };
    await expect(schedulePendingPushes(test.ctx, retries, ports, 0)).rejects.toMatchObject({
      message: "Pushes that could not be scheduled: 1.",
      errors: [new TypeError("unforeseen")],
    });
    expect([(await stateOf(poison)).state, (await stateOf(here)).state]).toEqual(["pending", "scheduled"]);
    expect(await schedulePendingPushes(test.ctx, retries, ports, 0)).toBe(0);
    expect(await schedulePendingPushes(test.ctx, new PendingRetries(), at.ports, 0)).toBe(1);
  });

  it("is for hooks and the product itself", async () => {
    const at = await watchRepository(test);
    const worker = { kind: "worker", workerId: 1, bootId: "b", name: "w", via: "w", ip: null } as const;
    await expect(schedulePendingPushes(test.as(worker), new PendingRetries(), at.ports)).rejects.toMatchObject({
      code: "forbidden",
    });
  });

  it("settles a push whose revision is gone for good", async () => {
    const at = await watchRepository(test);
    const pushId = await recorded(at, oneBuilder(at.pool));
    at.git.git("checkout", "--quiet", "--orphan", "fresh");
    rmSync(at.git.url, { recursive: true });
    at.git.git("init", "--quiet", "--bare", at.git.url);
    at.git.add({ force: true });
    const elsewhere = openPushPorts({ dataDir: temporaryFolder("data"), inherited: process.env });
    expect(await schedulePush(test.ctx, { pushId }, elsewhere)).toBe("broken");
    expect((await stateOf(pushId)).errors?.[0]?.message).toMatch(
      /^The repository no longer has the revision [0-9a-f]{40}\.$/,
    );
  });
});
