import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, copyFileSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { beforeEach, expect, it, onTestFinished, vi } from "vitest";
import { GitRepository } from "../../lib/testing/git-repository.ts";

const NOTHING = "0".repeat(40);

let git: GitRepository;
let told: { authorization: string | undefined; path: string | undefined; body: unknown }[];
let answer: { status: number; body: string };
let port: number;

beforeEach(async () => {
  told = [];
  answer = { status: 200, body: '{"pushIds":[7,8],"note":null}' };
  const server = createServer(async (request, response) => {
    const body = await bodyOf(request);
    told.push({ authorization: request.headers.authorization, path: request.url, body });
    response.writeHead(answer.status).end(answer.body);
  }).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  port = (server.address() as AddressInfo).port;
  git = new GitRepository();
  const hook = path.join(git.url, "hooks/post-receive");
  copyFileSync(path.resolve("docs/hooks/post-receive"), hook);
  chmodSync(hook, 0o755);
  writeFileSync(path.join(git.url, "token"), "the-token\n");
  set("url", `http://127.0.0.1:${port}/`);
  set("repository", "app");
  set("tokenFile", path.join(git.url, "token"));
});

function set(name: string, value: string): void {
  execFileSync("git", ["-C", git.url, "config", `selfserve.${name}`, value]);
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return JSON.parse(Buffer.concat(parts).toString());
}

/** Pushes what is checked out, while this process goes on serving; answers what the person at the terminal reads. */
async function push(...refs: string[]): Promise<string> {
  const child = spawn("git", ["push", "origin", ...refs], {
    cwd: git.git("rev-parse", "--show-toplevel"),
    env: { ...process.env, SELFSERVE_PUSHER: "dana" },
  });
  let said = "";
  child.stderr.on("data", (part: Buffer) => {
    said += part.toString();
  });
  const [code] = (await once(child, "close")) as [number];
  expect(code).toBe(0);
  return said;
}

it("tells of each branch with its pusher, and says where the push can be seen", async () => {
  const tip = git.commit();
  const said = await push("HEAD:refs/heads/main", 'HEAD:refs/heads/a"b', "HEAD:refs/tags/v1");
  const body = { repository: "app", before: NOTHING, after: tip, pusher: "dana" };
  expect(told).toHaveLength(2);
  expect(told).toContainEqual({
    authorization: "Bearer the-token",
    path: "/api/v1/pushes",
    body: { ...body, ref: "refs/heads/main" },
  });
  expect(told).toContainEqual(expect.objectContaining({ body: { ...body, ref: 'refs/heads/a"b' } }));
  expect(said).toContain(`Self-Serve: http://127.0.0.1:${port}/pushes/8`);
});

it("says what the server notes", async () => {
  answer = { status: 200, body: '{"pushIds":[],"note":"The branch main of app is not watched."}' };
  git.commit();
  expect(await push("HEAD:refs/heads/main")).toContain("Self-Serve: The branch main of app is not watched.");
});

it("lets a push through while the server is ill, and tells of it later", async () => {
  answer = { status: 503, body: "{}" };
  const tip = git.commit();
  expect(await push("HEAD:refs/heads/main")).toContain("it will be told of main later");
  answer = { status: 200, body: '{"pushIds":[9],"note":null}' };
  await vi.waitFor(() => expect(told.length).toBeGreaterThan(1), { timeout: 45_000, interval: 50 });
  expect(told.at(-1)?.body).toMatchObject({ after: tip });
});

it.each(["url", "repository", "tokenFile"])("asks for selfserve.%s when it is missing", async (name) => {
  execFileSync("git", ["-C", git.url, "config", "--unset", `selfserve.${name}`]);
  git.commit();
  expect(await push("HEAD:refs/heads/main")).toContain(
    "set selfserve.url, selfserve.repository and selfserve.tokenFile",
  );
  expect(told).toEqual([]);
});

it("is plain sh", () => {
  expect(spawnSync("sh", ["-n", "docs/hooks/post-receive"]).status).toBe(0);
});
