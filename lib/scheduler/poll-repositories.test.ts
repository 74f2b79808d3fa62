import { renameSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openPushPorts } from "../pushes/push-ports.ts";
import { type TestContext, testContext } from "../testing/context.ts";
import { makeUser } from "../testing/rows.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { HOOK, oneBuilder, type WatchedRepositoryFixture, watchRepository } from "../testing/watched-branch.ts";
import { adoptPushes } from "./adopt-pushes.ts";
import { PollTimes, pollRepositories, pollRepository } from "./poll-repositories.ts";

let test: TestContext;

beforeAll(async () => {
  test = await testContext();
});
afterAll(() => test.drop());

interface PushRow {
  id: number;
  revision: string;
  forced: boolean;
  source: string;
  pusher: string | null;
  owner: number | null;
  commits: number;
  files: string[];
  state: string;
}

const pushesOf = (branchId: number) =>
  test.sql.rows<PushRow>(
    `SELECT id, revision, forced, pusher_source AS source, pusher_name AS pusher, owner_id AS owner, commit_count AS commits,
            files, config_state AS state
     FROM pushes WHERE branch_id = $1 ORDER BY id`,
    [branchId],
  );

const rowOf = (at: WatchedRepositoryFixture) =>
  test.sql.one<{
    id: number;
    name: string;
    url: string;
    pollSeconds: number;
    pollError: string | null;
    polledAt: Date;
  }>(
    `SELECT id, name, url, poll_seconds AS "pollSeconds", poll_error AS "pollError", polled_at AS "polledAt"
     FROM repositories WHERE id = $1`,
    [at.id],
  );

/** Looks now; `ports` may be those of another process. */
const poll = async (at: WatchedRepositoryFixture, ports = at.ports) => pollRepository(test.ctx, await rowOf(at), ports);

describe("a look at a repository", () => {
  it("takes the tip of a branch at first sight, and then every range", async () => {
    const at = await watchRepository(test);
    at.git.add();
    const first = at.git.add({ files: { ".selfserve.yml": oneBuilder(at.pool) } });
    expect(await poll(at)).toBe(true);
    at.git.commit({ files: { a: "1" } });
    at.git.commit({ files: { b: "1" } });
    const second = at.git.push();
    await poll(at);
    await poll(at);
    expect(await pushesOf(at.branchId)).toMatchObject([
      { revision: first, commits: 1, files: [".selfserve.yml"], source: "unknown", owner: null, state: "scheduled" },
      { revision: second, commits: 2, files: ["a", "b"], state: "scheduled" },
    ]);
    expect((await rowOf(at)).polledAt).toBeInstanceOf(Date);
  });

  it("sees merges, force-pushes, deletions and what comes back", async () => {
    const at = await watchRepository(test);
    const first = at.git.add();
    await poll(at);
    at.git.git("checkout", "--quiet", "-b", "side");
    at.git.commit();
    at.git.git("checkout", "--quiet", "main");
    at.git.git("merge", "--quiet", "--no-ff", "-m", "Merge side", "side");
    const merge = at.git.push();
    await poll(at);
    at.git.git("reset", "--quiet", "--hard", first);
    const forced = at.git.add({ force: true });
    await poll(at);
    at.git.git("push", "--quiet", "origin", ":refs/heads/main");
    expect(await poll(at)).toBe(true);
    const back = at.git.add();
    await poll(at);
    expect((await pushesOf(at.branchId)).map(({ revision, commits, forced: is }) => [revision, commits, is])).toEqual([
      [first, 1, false],
      [merge, 2, false],
      [forced, 1, true],
      [back, 1, false],
    ]);
  });

  it("takes ten thousand commits at once", async () => {
    const at = await watchRepository(test);
    const first = at.git.add();
    await poll(at);
    const stream = Array.from({ length: 10_000 }, (_, i) => {
      const from = i === 0 ? `from ${first}\n` : "";
      return `commit refs/heads/main\ncommitter A <a@example.org> ${1_700_000_000 + i} +0000\ndata 4\nC ${`${i}`.padStart(2, "0").slice(-2)}\n${from}\n`;
    });
    at.git.import(stream.join(""));
    await poll(at);
    expect((await pushesOf(at.branchId)).at(-1)).toMatchObject({ commits: 10_000, forced: false });
    const { n } = await test.sql.one<{ n: number }>(
      "SELECT max(jsonb_array_length(commits)) AS n FROM pushes WHERE branch_id = $1",
      [at.branchId],
    );
    expect(n).toBe(500);
  });

  it("goes on where another process stopped, without loss or duplicates", async () => {
    const at = await watchRepository(test);
    const tips: string[] = [];
    for (let restart = 0; restart < 3; restart++) {
      const ports = openPushPorts({ dataDir: temporaryFolder("data"), inherited: process.env });
      tips.push(at.git.add());
      await poll(at, ports);
      tips.push(at.git.add());
      await Promise.all(Array.from({ length: 20 }, () => poll(at, ports)));
    }
    const pushes = await pushesOf(at.branchId);
    expect(pushes.map(({ revision }) => revision)).toEqual(tips);
    expect(pushes.every(({ commits }) => commits === 1)).toBe(true);
  });

  it("keeps the reason while the repository is away, and misses nothing", async () => {
    const at = await watchRepository(test);
    at.git.add();
    await poll(at);
    renameSync(at.git.url, `${at.git.url}.away`);
    expect(await poll(at)).toBe(false);
    expect(await poll(at)).toBe(false);
    expect((await rowOf(at)).pollError).toContain("does not appear to be a git repository");
    renameSync(`${at.git.url}.away`, at.git.url);
    at.git.add();
    const tip = at.git.add();
    expect(await poll(at)).toBe(true);
    expect((await rowOf(at)).pollError).toBeNull();
    expect((await pushesOf(at.branchId)).at(-1)).toMatchObject({ revision: tip, commits: 2 });
    const events = await test.sql.rows<{ body: { pollError: string | null } }>(
      "SELECT body FROM events WHERE type = 'config.changed' AND (body->>'repositoryId')::bigint = $1 ORDER BY id",
      [at.id],
    );
    expect(events.map(({ body }) => body.pollError === null)).toEqual([false, true]);
  });

  it("tells of an error that nobody foresaw, in the row and to whoever polls", async () => {
    const at = await watchRepository(test);
    await test.sql.count("UPDATE repositories SET removed_at = now() WHERE id <> $1", [at.id]);
    const heads = async () => {
      throw new TypeError("unforeseen");
    };
    const ports = { ...at.ports, source: Object.assign(Object.create(at.ports.source), { heads }) };
    await expect(poll(at, ports)).rejects.toThrow("unforeseen");
    expect((await rowOf(at)).pollError).toBe("An error that nobody foresaw; the timer's log has it.");

    const times = new PollTimes(() => 0);
    await pollRepositories(test.ctx, times, ports);
    await times.idle();
    await expect(pollRepositories(test.ctx, times, ports)).rejects.toMatchObject({
      message: "Looks at repositories that failed: 1.",
      errors: [new TypeError("unforeseen")],
    });
    await pollRepositories(test.ctx, times, ports);
    expect(await poll(at)).toBe(true);
    expect((await rowOf(at)).pollError).toBeNull();
  });

  it("is for the product itself", async () => {
    const at = await watchRepository(test);
    await expect(pollRepository(test.as(HOOK), await rowOf(at), at.ports)).rejects.toMatchObject({ code: "forbidden" });
    await expect(pollRepositories(test.as(HOOK), new PollTimes(), at.ports)).rejects.toMatchObject({
      code: "forbidden",
    });
    await expect(adoptPushes(test.as(HOOK), { id: 1, login: "a", mail: null })).rejects.toMatchObject({
      code: "forbidden",
    });
  });
});

describe("who owns a polled push", () => {
  it("is nobody on a branch that does not trust authors, whatever name the author took", async () => {
    const at = await watchRepository(test);
    await makeUser(test.sql, { mail: "victim@example.org" });
    at.git.add({ author: "Victim <victim@example.org>" });
    await poll(at);
    expect(await pushesOf(at.branchId)).toMatchObject([{ source: "unknown", pusher: null, owner: null }]);
  });

  it("is the one user of the tip author's mail on a branch that does", async () => {
    const at = await watchRepository(test);
    const user = await makeUser(test.sql, { mail: "tip@example.org" });
    await makeUser(test.sql, { mail: "shared@example.org" });
    await makeUser(test.sql, { mail: "shared@example.org" });
    for (const mail of ["Tip@Example.org", "shared@example.org", "nobody@example.org"]) {
      at.git.add({ branch: "try", author: `Somebody <${mail}>` });
      await poll(at);
    }
    expect(await pushesOf(at.tryId)).toMatchObject([
      { source: "author", pusher: "Tip@Example.org", owner: user },
      { source: "author", pusher: "shared@example.org", owner: null },
      { source: "author", pusher: "nobody@example.org", owner: null },
    ]);
  });

  it("may log in later, and then has the pushes and jobs that wait", async () => {
    const at = await watchRepository(test);
    at.git.add({
      branch: "try",
      author: "Late <late@example.org>",
      files: { ".selfserve.yml": oneBuilder(at.pool) },
    });
    await poll(at);
    const id = await makeUser(test.sql, { login: "late", mail: "late@example.org" });
    expect(await adoptPushes(test.ctx, { id, login: "late", mail: "late@example.org" })).toBe(1);
    expect(await adoptPushes(test.ctx, { id, login: "late", mail: "late@example.org" })).toBe(0);
    expect(await pushesOf(at.tryId)).toMatchObject([{ owner: id }]);
    expect(await test.sql.rows("SELECT owner_id AS owner FROM jobs WHERE branch_id = $1", [at.tryId])).toEqual([
      { owner: id },
    ]);
  });
});

describe("the times of looks", () => {
  it("follow the interval, double after failures up to five minutes, and start again", async () => {
    const at = await watchRepository(test, 20);
    await test.sql.count("UPDATE repositories SET removed_at = now() WHERE id <> $1", [at.id]);
    let now = 0;
    const times = new PollTimes(() => now);
    const due = async () => {
      await pollRepositories(test.ctx, times, at.ports);
      const started = times.busy;
      await times.idle();
      return started === 1;
    };
    expect(await due()).toBe(true);
    now = 19_999;
    expect(await due()).toBe(false);
    now = 20_000;
    expect(await due()).toBe(true);
    renameSync(at.git.url, `${at.git.url}.away`);
    const pauses: number[] = [];
    for (let failure = 0; failure < 7; failure++) {
      const from = now;
      while (!(await due())) now += 5_000;
      pauses.push(now - from);
    }
    expect(pauses).toEqual([20_000, 40_000, 80_000, 160_000, 300_000, 300_000, 300_000]);
    renameSync(`${at.git.url}.away`, at.git.url);
    now += 300_000;
    expect(await due()).toBe(true);
    now += 20_000;
    expect(await due()).toBe(true);
  });
});
