import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openPushPorts } from "../pushes/push-ports.ts";
import { type TestContext, testContext } from "../testing/context.ts";
import { makeUser, uniqueName } from "../testing/rows.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { oneBuilder, type WatchedRepositoryFixture, watchRepository } from "../testing/watched-branch.ts";
import type { Actor } from "./context.ts";
import type { SchedulerError } from "./errors.ts";
import { pollRepository } from "./poll-repositories.ts";
import { receivePush } from "./receive-push.ts";

const NOTHING = "0".repeat(40);

let test: TestContext;

beforeAll(async () => {
  test = await testContext();
});
afterAll(() => test.drop());

interface PushRow {
  revision: string;
  parent: string | null;
  forced: boolean;
  source: string;
  pusher: string | null;
  owner: number | null;
  commits: number;
  state: string;
}

const pushesOf = (branchId: number) =>
  test.sql.rows<PushRow>(
    `SELECT revision, parent_revision AS parent, forced, pusher_source AS source, pusher_name AS pusher, owner_id AS owner,
            commit_count AS commits, config_state AS state
     FROM pushes WHERE branch_id = $1 ORDER BY id`,
    [branchId],
  );

/** Tells of a push to main. */
const tell = (at: WatchedRepositoryFixture, before: string, after: string, pusher = "dev", ref = "refs/heads/main") =>
  receivePush(at.hook, { repository: at.name, ref, before, after, pusher }, at.ports);

const poll = (at: WatchedRepositoryFixture) =>
  pollRepository(test.ctx, { id: at.id, name: at.name, url: at.git.url, pollSeconds: 10, pollError: null }, at.ports);

describe("a hook", () => {
  it("makes a push with its commits, files, pusher and jobs", async () => {
    const at = await watchRepository(test);
    const dev = await makeUser(test.sql, { login: uniqueName("dev") });
    const { login } = await test.sql.one<{ login: string }>("SELECT login FROM users WHERE id = $1", [dev]);
    const first = at.git.add({ files: { ".selfserve.yml": oneBuilder(at.pool) } });
    await tell(at, NOTHING, first, login);
    at.git.commit({ files: { one: "1" } });
    const second = at.git.add({ files: { two: "2" }, message: "Second\n\nWith a body" });
    const reply = await tell(at, first, second, login.toUpperCase());
    expect(reply).toEqual({ pushIds: [expect.any(Number)], note: null });
    const push = await test.sql.one("SELECT * FROM pushes WHERE id = $1", [reply.pushIds[0]]);
    expect(push).toMatchObject({
      revision: second,
      parent_revision: first,
      forced: false,
      pusher_source: "hook",
      owner_id: dev,
      author_email: "ada@example.org",
      message: "Second\n\nWith a body",
      commit_count: 2,
      files: ["one", "two"],
      file_count: 2,
      config_state: "scheduled",
    });
    const jobs = await test.sql.rows("SELECT owner_id, state FROM jobs WHERE push_id = $1", [reply.pushIds[0]]);
    expect(jobs).toEqual([{ owner_id: dev, state: "queued" }]);
    const events = await test.sql.rows("SELECT type FROM events WHERE push_id = $1 ORDER BY id", [reply.pushIds[0]]);
    expect(events).toEqual([{ type: "push.received" }, { type: "job.created" }, { type: "push.scheduled" }]);
  });

  it("gets the same answer for the same message", async () => {
    const at = await watchRepository(test);
    const tip = at.git.add();
    const reply = await tell(at, NOTHING, tip);
    expect(await tell(at, NOTHING, tip)).toEqual(reply);
    expect(await pushesOf(at.branchId)).toHaveLength(1);
  });

  it("tells it twenty times at once and makes one push", async () => {
    const at = await watchRepository(test);
    const tip = at.git.add({ files: { ".selfserve.yml": oneBuilder(at.pool) } });
    const replies = await Promise.all(Array.from({ length: 20 }, () => tell(at, NOTHING, tip)));
    expect(new Set(replies.map(({ pushIds }) => pushIds.join()))).toHaveProperty("size", 1);
    expect(await pushesOf(at.branchId)).toMatchObject([{ revision: tip, state: "scheduled" }]);
    const { jobs } = await test.sql.one<{ jobs: number }>("SELECT count(*) AS jobs FROM jobs WHERE branch_id = $1", [
      at.branchId,
    ]);
    expect(jobs).toBe(1);
  });

  it("may come out of order: each push keeps its own commits and pusher", async () => {
    const at = await watchRepository(test);
    const first = at.git.add();
    await tell(at, NOTHING, first);
    const [second, third, fourth] = [at.git.add(), at.git.add(), at.git.add()];
    await tell(at, third, fourth, "dana");
    await tell(at, first, second, "dev");
    await tell(at, second, third, "dev");
    const pushes = await pushesOf(at.branchId);
    expect(pushes.map(({ revision, commits, pusher }) => [revision, commits, pusher])).toEqual([
      [first, 1, "dev"],
      [third, 2, "dev"],
      [fourth, 1, "dana"],
    ]);
  });

  it("tells of twenty pushes at once: no commit is lost or counted twice", async () => {
    const at = await watchRepository(test);
    const first = at.git.add();
    await tell(at, NOTHING, first);
    const tips = [first, ...Array.from({ length: 20 }, () => at.git.add())];
    const untilRecorded = (before: string, after: string): Promise<unknown> =>
      tell(at, before, after).catch((error: SchedulerError) => {
        if (!/send it again/.test(error.message)) throw error;
        return untilRecorded(before, after); // so many at once are told to
      });
    await Promise.all(tips.slice(1).map((tip, index) => untilRecorded(tips[index] ?? "", tip)));
    const pushes = await pushesOf(at.branchId);
    expect(pushes.at(-1)?.revision).toBe(tips.at(-1));
    expect(pushes.reduce((sum, { commits }) => sum + commits, 0)).toBe(21);
    for (const [index, push] of pushes.entries()) expect(push.parent).toBe(pushes[index - 1]?.revision ?? null);
  });

  it("tells of a force-push, also back to an earlier revision", async () => {
    const at = await watchRepository(test);
    const first = at.git.add();
    await tell(at, NOTHING, first);
    const second = at.git.add();
    await tell(at, first, second);
    at.git.git("reset", "--quiet", "--hard", first);
    const other = at.git.add({ force: true });
    await tell(at, second, other);
    at.git.git("reset", "--quiet", "--hard", first);
    at.git.push("main", { force: true });
    await tell(at, other, first);
    expect((await pushesOf(at.branchId)).map(({ revision, forced, commits }) => [revision, forced, commits])).toEqual([
      [first, false, 1],
      [second, false, 1],
      [other, true, 1],
      [first, true, 1],
    ]);
  });

  it("may be about a revision that was forced away before anybody saw it: it is built all the same", async () => {
    const at = await watchRepository(test);
    const first = at.git.add();
    await tell(at, NOTHING, first);
    const gone = at.git.add();
    at.git.git("reset", "--quiet", "--hard", first);
    const now = at.git.add({ force: true });
    expect(await tell(at, gone, now)).toEqual({
      pushIds: [expect.any(Number)],
      note: "No user dev is known here, so nobody owns the jobs of this push until they sign in.",
    });
    const late = await Promise.all([tell(at, first, gone), tell(at, first, gone)]);
    expect(late[0]).toEqual(late[1]);
    expect(await pushesOf(at.branchId)).toMatchObject([
      { revision: first },
      { revision: now, parent: first, forced: false },
      { revision: gone, parent: first, forced: false, commits: 1 },
    ]);
    await poll(at); // the head is where the repository has it
    expect(await tell(at, now, "1".repeat(40))).toMatchObject({ note: expect.stringContaining("no longer to be had") });
    expect(await pushesOf(at.branchId)).toHaveLength(3);
  });

  it("lists the commits of a new branch that are new", async () => {
    const at = await watchRepository(test);
    at.git.commit();
    const main = at.git.push();
    await tell(at, NOTHING, main);
    at.git.commit();
    const tip = at.git.add({ branch: "try" });
    await tell(at, NOTHING, tip, "dev", "refs/heads/try");
    expect(await pushesOf(at.tryId)).toMatchObject([{ revision: tip, commits: 2, parent: null, forced: false }]);
  });
});

it("leaves a large configuration to the timer", async () => {
  const at = await watchRepository(test);
  const ports = openPushPorts({ dataDir: temporaryFolder("data"), inherited: process.env, largestConfigBytes: 100 });
  const after = at.git.add({ files: { ".selfserve.yml": `${oneBuilder(at.pool)}${"#".repeat(100)}\n` } });
  const input = { repository: at.name, ref: "main", before: NOTHING, after, pusher: "dev" };
  const reply = await receivePush(at.hook, input, ports);
  expect(reply.note).toMatch(/^The push is recorded\. Its jobs follow shortly: \.selfserve\.yml has \d+ bytes/);
  expect(await pushesOf(at.branchId)).toMatchObject([{ revision: after, state: "pending" }]);
});

describe("a hook and the poller", () => {
  it("make one push, whichever is first", async () => {
    const at = await watchRepository(test);
    const first = at.git.add();
    await Promise.all([tell(at, NOTHING, first), poll(at)]);
    const second = at.git.add();
    await tell(at, first, second);
    await poll(at);
    const third = at.git.add();
    await poll(at);
    await tell(at, second, third);
    expect(await pushesOf(at.branchId)).toMatchObject([
      { revision: first, source: "hook" },
      { revision: second, source: "hook" },
      { revision: third, source: "hook" },
    ]);
  });

  it("agree on the pusher that the hook names, with the jobs that nobody else has", async () => {
    const at = await watchRepository(test);
    const author = await makeUser(test.sql, { mail: "zed@example.org" });
    const dana = await makeUser(test.sql, { login: "dana-of-hook" });
    const tip = at.git.add({
      branch: "try",
      author: "Zed <zed@example.org>",
      files: { ".selfserve.yml": oneBuilder(at.pool) },
    });
    await poll(at);
    const jobs = () => test.sql.rows("SELECT owner_id AS owner FROM jobs WHERE branch_id = $1", [at.tryId]);
    expect(await pushesOf(at.tryId)).toMatchObject([{ source: "author", pusher: "zed@example.org", owner: author }]);
    expect(await jobs()).toEqual([{ owner: author }]);
    await tell(at, NOTHING, tip, "dana-of-hook", "try");
    expect(await pushesOf(at.tryId)).toMatchObject([{ source: "hook", pusher: "dana-of-hook", owner: dana }]);
    expect(await jobs()).toEqual([{ owner: dana }]);
    await tell(at, NOTHING, tip, "mallory", "try"); // what a hook has said once stays
    expect(await pushesOf(at.tryId)).toMatchObject([{ pusher: "dana-of-hook" }]);
  });
});

describe("what makes no push", () => {
  it("is answered with a note", async () => {
    const at = await watchRepository(test);
    const tip = at.git.add();
    expect(await tell(at, NOTHING, tip, "dev", "refs/tags/v1")).toMatchObject({
      pushIds: [],
      note: "Only branches make pushes, and refs/tags/v1 is none.",
    });
    expect(await tell(at, NOTHING, tip, "dev", "refs/heads/other")).toMatchObject({
      note: `The branch other of ${at.name} is not watched.`,
    });
    await tell(at, NOTHING, tip);
    expect(await tell(at, tip, NOTHING)).toMatchObject({ note: "The branch main was deleted; its pushes stay." });
    expect(await pushesOf(at.branchId)).toHaveLength(1);
  });

  it("is refused for an unknown repository, and for who may not tell", async () => {
    const at = await watchRepository(test);
    const input = { repository: "nobody", ref: "main", before: NOTHING, after: "1".repeat(40), pusher: "dev" };
    await expect(receivePush(at.hook, input, at.ports)).rejects.toMatchObject({
      code: "not_found",
      message: "There is no repository nobody here.",
    });
    const user: Actor = { kind: "user", userId: 1, login: "a", roles: ["admin"], scopes: ["read"], via: "s", ip: null };
    const scopeless: Actor = { kind: "hook", name: "hook", scopes: ["read"], via: "t", ip: null };
    for (const actor of [user, scopeless]) {
      await expect(receivePush(test.as(actor), input, at.ports)).rejects.toMatchObject({ code: "forbidden" });
    }
  });

  it("is unavailable while the repository is away", async () => {
    const at = await watchRepository(test);
    await test.sql.count("UPDATE repositories SET url = '/nowhere/x.git' WHERE id = $1", [at.id]);
    await expect(tell(at, NOTHING, "1".repeat(40))).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("The repository does not answer"),
    });
  });
});
