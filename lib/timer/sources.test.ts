import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { openTimers, type Timers } from "../testing/timers.ts";

const SOON = { timeout: 45_000, interval: 50 };

let timers: Timers;
let file: string;

beforeAll(async () => {
  timers = await openTimers();
  file = path.join(timers.folder, "selfserve.yml");
  writeFileSync(path.join(timers.folder, "token"), "a registration token, long enough");
});
afterAll(() => timers.drop());
afterEach(async () => {
  await timers.reset();
  rmSync(file, { force: true });
});

/** Writes the configuration with these pools and repositories. */
function configure(pools: string[], repositories: object[] = []): void {
  const withTokens = pools.map((name) => ({ name, token: { file: "token" } }));
  writeFileSync(file, JSON.stringify({ version: 1, repositories, pools: withTokens }));
}

async function poolNames(): Promise<string[]> {
  const text = "SELECT name FROM pools WHERE removed_at IS NULL ORDER BY name";
  return (await timers.test.sql.rows<{ name: string }>(text)).map((pool) => pool.name);
}

async function countRejected(): Promise<number> {
  return (await timers.test.sql.rows("SELECT 1 FROM audit_entries WHERE action = 'config.reject'")).length;
}

async function lastTold(): Promise<unknown> {
  const text = "SELECT body FROM events WHERE type = 'config.changed' ORDER BY id DESC LIMIT 1";
  return (await timers.test.sql.one<{ body: unknown }>(text)).body;
}

/** A git repository to poll. */
function makeOrigin() {
  const origin = path.join(timers.folder, "origin");
  const identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"];
  const git = (...args: string[]) =>
    execFileSync("git", ["-C", origin, ...identity, ...args], { encoding: "utf8" }).trim();
  mkdirSync(origin);
  git("init", "-q", "-b", "main");
  const commit = (message: string) => {
    git("commit", "-q", "--allow-empty", "-m", message);
    return git("rev-parse", "HEAD");
  };
  return { url: origin, commit };
}

it("puts a sound configuration into effect, and tells of a broken one, which changes nothing", async () => {
  const timer = timers.start();
  await expect.poll(() => timer.output, SOON).toContain("the configuration is broken"); // there is none yet
  configure(["linux"]);
  await expect.poll(poolNames, SOON).toEqual(["linux"]);
  writeFileSync(file, "version: 1\npools: no list\n");
  await expect.poll(countRejected, SOON).toBe(2);
  expect(await poolNames()).toEqual(["linux"]);
  configure(["linux"]); // as it was before: whoever looks hears that it is sound again
  await expect.poll(lastTold, SOON).toMatchObject({ errors: [] });
  configure(["linux", "mac"]);
  await expect.poll(poolNames, SOON).toEqual(["linux", "mac"]);
});

it("polls a repository, and records and schedules what is pushed", async () => {
  const { url, commit } = makeOrigin();
  const first = commit("first");
  configure(["linux"], [{ name: "app", url, poll: 1, branches: [{ ref: "main", name: "app-main" }] }]);
  timers.start();
  const pushes = async () => {
    const text = "SELECT revision || ' ' || config_state AS push FROM pushes ORDER BY id";
    return (await timers.test.sql.rows<{ push: string }>(text)).map((row) => row.push);
  };
  await expect.poll(pushes, SOON).toEqual([`${first} missing`]);
  const second = commit("second");
  await expect.poll(pushes, SOON).toEqual([`${first} missing`, `${second} missing`]);
});
