import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { afterAll, afterEach, beforeAll, expect, it, onTestFinished, vi } from "vitest";
import { checkServerConfig } from "../../lib/config/server-config.ts";
import type { ReceivePushInput } from "../../lib/contracts/push.ts";
import { openPushPorts } from "../../lib/pushes/push-ports.ts";
import { applyServerConfig } from "../../lib/scheduler/apply-config.ts";
import { receivePush } from "../../lib/scheduler/receive-push.ts";
import { type TestContext, testContext } from "../../lib/testing/context.ts";
import { temporaryFolder } from "../../lib/testing/temporary-folder.ts";
import { HOOK } from "../../lib/testing/watched-branch.ts";
import { seedDemo } from "./seed-demo.ts";

const TOKEN = "a token for the demo's hook";
const CONFIG = "version: 1\nrepositories: []\npools:\n  - name: linux\n";

let test: TestContext;

beforeAll(async () => {
  test = await testContext();
});
afterEach(() => {
  vi.unstubAllEnvs();
});
afterAll(() => test.drop());

/** A server that takes pushes as the product does, in a folder of its own. npm cannot be run. */
async function product() {
  const dataDir = temporaryFolder("demo");
  const configFile = path.join(dataDir, "selfserve.yml");
  writeFileSync(configFile, CONFIG);
  vi.stubEnv("npm_execpath", path.join(dataDir, "no-npm.js"));
  const ports = openPushPorts({ dataDir, inherited: process.env });
  const said: string[] = [];
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const input = JSON.parse(Buffer.concat(parts).toString()) as ReceivePushInput;
    const checked = checkServerConfig(readFileSync(configFile), { file: configFile, environment: {} });
    if (checked.ok) await applyServerConfig(test.ctx, checked.config);
    expect(request.headers.authorization).toBe(`Bearer ${TOKEN}`);
    response.end(JSON.stringify(await receivePush(test.as(HOOK), input, ports)));
  }).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const hookTokenFile = path.join(dataDir, "token");
  writeFileSync(hookTokenFile, TOKEN);
  const options = {
    dataDir,
    configFile,
    baseUrl,
    hookToken: TOKEN,
    hookTokenFile,
    log: (text: string) => said.push(text),
  };
  return { options, said };
}

const pushes = () =>
  test.sql.rows<{ branch: string; pusher: string; state: string; jobs: number }>(
    `SELECT b.name AS branch, p.pusher_name AS pusher, p.config_state AS state, (SELECT count(*) FROM jobs WHERE push_id = p.id) AS jobs
     FROM pushes p JOIN branches b ON b.id = p.branch_id ORDER BY p.id`,
  );

it("works on a project of our own without npm, says so, and goes on after an interruption", async () => {
  const { options, said } = await product();
  const abort = new AbortController();
  const first = seedDemo({ ...options, abort: abort.signal });
  await vi.waitFor(async () => expect((await pushes()).length).toBeGreaterThan(0), { timeout: 45_000, interval: 50 });
  abort.abort();
  await expect(first).rejects.toThrow();
  await seedDemo(options);
  expect(said).toContainEqual(expect.stringMatching(/^The demo goes on without it: The package sax cannot be fetched/));
  expect(await pushes()).toEqual([
    { branch: "words-main", pusher: "dev", state: "scheduled", jobs: 3 },
    { branch: "words-main", pusher: "dana", state: "scheduled", jobs: 3 },
    { branch: "try", pusher: "dana", state: "scheduled", jobs: 3 },
    { branch: "words-main", pusher: "dev", state: "scheduled", jobs: 3 },
  ]);
  const hook = path.join(options.dataDir, "demo/repositories/words.git/hooks/post-receive");
  expect(existsSync(hook)).toBe(true);
  await seedDemo(options);
  expect(await pushes()).toHaveLength(4);
});

it("leaves a configuration alone that is not its own", async () => {
  const { options, said } = await product();
  const own = "{version: 1, repositories: [], pools: [{name: linux}]}\n";
  writeFileSync(options.configFile, own);
  await seedDemo(options);
  expect(readFileSync(options.configFile, "utf8")).toBe(own);
  expect(said).toContainEqual(expect.stringContaining("is not added, because"));
});
