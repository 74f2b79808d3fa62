import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, renameSync, utimesSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { SourceError } from "../scheduler/source-control.ts";
import { GitRepository } from "../testing/git-repository.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { GitSource, type GitSourceOptions } from "./git-source.ts";

function open(repository: GitRepository | { url: string }, more: Partial<GitSourceOptions> = {}) {
  const folder = temporaryFolder("sources");
  const source = new GitSource({ folder, inherited: process.env, ...more });
  return { source, at: { id: 7, url: repository.url }, mirror: path.join(folder, "7.git"), folder };
}

describe("heads and fetch", () => {
  it("name the tips of the branches that are there", async () => {
    const repository = new GitRepository();
    const main = repository.add();
    repository.git("checkout", "--quiet", "-b", "side");
    const side = repository.add({ branch: "release/2.0" });
    const { source, at } = open(repository);
    const expected = new Map([
      ["main", main],
      ["release/2.0", side],
    ]);
    expect(await source.heads(at, ["main", "release/2.0", "none"])).toEqual(expected);
    expect(await source.fetch(at, ["main", "release/2.0", "none"])).toEqual(expected);
    expect(await source.fetch(at, ["none"])).toEqual(new Map());
    expect(await source.has(at, main)).toBe(true);
  });

  it("take a branch whose name is a folder of an earlier one", async () => {
    const repository = new GitRepository();
    const first = repository.add({ branch: "topic" });
    const { source, at } = open(repository);
    await source.fetch(at, ["topic"]);
    repository.git("push", "--quiet", "origin", ":refs/heads/topic");
    const second = repository.add({ branch: "topic/one" });
    expect(await source.fetch(at, ["topic/one"])).toEqual(new Map([["topic/one", second]]));
    expect(await source.has(at, first)).toBe(true);
  });

  it("keep what a force-push took away", async () => {
    const repository = new GitRepository();
    repository.add();
    const gone = repository.add();
    const { source, at } = open(repository);
    await source.fetch(at, ["main"]);
    repository.git("reset", "--quiet", "--hard", "HEAD^");
    const now = repository.add({ force: true });
    expect((await source.fetch(at, ["main"])).get("main")).toBe(now);
    expect(await source.has(at, gone)).toBe(true);
    expect(await source.isAncestor(at, gone, now)).toBe(false);
  });

  it("bring a single revision when asked to, where the server gives it", async () => {
    const repository = new GitRepository();
    const first = repository.add();
    repository.add();
    execFileSync("git", ["-C", repository.url, "config", "uploadpack.allowAnySHA1InWant", "true"]);
    const { source, at } = open(repository);
    expect(await source.has(at, first)).toBe(false);
    expect(await source.has(at, first, { bring: true })).toBe(true);
    expect(await source.has(at, "0123456789".repeat(4), { bring: true })).toBe(false);
  });

  it("say what is wrong with a repository that is not there", async () => {
    const { source, at } = open({ url: "/nowhere/app.git" });
    await expect(source.heads(at, ["main"])).rejects.toThrow(SourceError);
    await expect(source.heads(at, ["main"])).rejects.toThrow(
      /'\/nowhere\/app.git' does not appear to be a git repository/,
    );
  });

  it.each(["ext::sh -c 'touch /tmp/sources-owned'", "--upload-pack=touch /tmp/sources-owned", "ftp://127.0.0.1:1/x"])(
    "do not let the address %s run anything",
    async (url) => {
      const { source, at } = open({ url });
      await expect(source.heads(at, ["main"])).rejects.toThrow(SourceError);
      await expect(source.fetch(at, ["main"])).rejects.toThrow(SourceError);
      expect(existsSync("/tmp/sources-owned")).toBe(false);
    },
  );

  it("refuse a revision that is none before git sees it", async () => {
    const repository = new GitRepository();
    repository.add();
    const { source, at } = open(repository);
    await expect(source.commits(at, "--output=/tmp/sources-owned", [], 1)).rejects.toThrow("is no full revision");
    await expect(source.readFile(at, "HEAD", ".selfserve.yml", 10)).rejects.toThrow("is no full revision");
  });

  it("end a git that takes too long, and one that is called off", async () => {
    const server = createServer(() => {}).listen(0, "127.0.0.1"); // takes requests and never answers
    onTestFinished(() => void server.closeAllConnections());
    onTestFinished(() => void server.close());
    await once(server, "listening");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/app.git`;
    const { source, at } = open({ url }, { headsTimeoutMs: 300 });
    await expect(source.heads(at, ["main"])).rejects.toThrow("it took longer than 0.3 s");
    const abort = new AbortController();
    const heads = open({ url }).source.heads(at, ["main"], abort.signal);
    abort.abort();
    await expect(heads).rejects.toThrow("it was called off");
  });

  it("work over http", async () => {
    const repository = new GitRepository();
    const tip = repository.add();
    execFileSync("git", ["-C", repository.url, "update-server-info"]);
    const server = createServer((request, response) => {
      const backend = spawn("git", ["http-backend"], {
        env: {
          NODE_ENV: "test",
          PATH: process.env.PATH,
          GIT_PROJECT_ROOT: path.dirname(repository.url),
          GIT_HTTP_EXPORT_ALL: "1",
          PATH_INFO: new URL(request.url ?? "/", "http://x").pathname,
          QUERY_STRING: new URL(request.url ?? "/", "http://x").search.slice(1),
          REQUEST_METHOD: request.method,
          CONTENT_TYPE: request.headers["content-type"] ?? "",
          HTTP_CONTENT_ENCODING: request.headers["content-encoding"] ?? "",
        },
      });
      request.pipe(backend.stdin);
      const parts: Buffer[] = [];
      backend.stdout.on("data", (part: Buffer) => parts.push(part));
      backend.on("close", () => {
        const all = Buffer.concat(parts);
        const end = all.indexOf("\r\n\r\n");
        for (const line of all.subarray(0, end).toString().split("\r\n")) {
          const [name = "", value = ""] = line.split(": ");
          if (name === "Status") response.statusCode = Number.parseInt(value, 10);
          else response.setHeader(name, value);
        }
        response.end(all.subarray(end + 4));
      });
    }).listen(0, "127.0.0.1");
    onTestFinished(() => void server.close());
    await once(server, "listening");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/server.git`;
    const { source, at } = open({ url });
    expect(await source.fetch(at, ["main"])).toEqual(new Map([["main", tip]]));
  });
});

describe("our copy", () => {
  it("is fetched into by many at once", async () => {
    const repository = new GitRepository();
    const { source, at, folder } = open(repository);
    const other = new GitSource({ folder, inherited: process.env });
    for (let round = 0; round < 3; round++) {
      const tip = repository.add();
      const all = await Promise.all(Array.from({ length: 20 }, (_, i) => (i % 2 ? source : other).fetch(at, ["main"])));
      expect(new Set(all.map((tips) => tips.get("main")))).toEqual(new Set([tip]));
    }
  });

  it("recovers from a git that was killed while it held a lock", async () => {
    const repository = new GitRepository();
    repository.add();
    const { source, at, mirror } = open(repository, { staleLockMs: 1000 });
    await source.fetch(at, ["main"]);
    const tip = repository.add();
    const [name] = readdirSync(path.join(mirror, "refs", "tips"));
    const lock = path.join(mirror, "refs", "tips", `${name}.lock`);
    writeFileSync(lock, "");
    utimesSync(lock, 1, 1);
    expect((await source.fetch(at, ["main"])).get("main")).toBe(tip);
  });

  it("survives fetches that are killed at any moment", async () => {
    const repository = new GitRepository();
    repository.commit({ files: { large: Buffer.alloc(3_000_000, "0123456789abcdef\n") } });
    for (let i = 0; i < 20; i++) repository.commit();
    const tip = repository.push();
    const { source, at, folder } = open(repository, { staleLockMs: 0 });
    for (let afterMs = 0; afterMs < 60; afterMs += 6) {
      const abort = AbortSignal.timeout(afterMs); // kills git and all it started with SIGKILL
      const fresh = new GitSource({ folder, inherited: process.env, staleLockMs: 0 });
      await fresh.fetch(at, ["main"], abort).catch(() => {});
    }
    expect((await source.fetch(at, ["main"])).get("main")).toBe(tip);
    expect((await source.commits(at, tip, ["0".repeat(40)], 100)).count).toBe(21);
  });

  it("is made anew when it is damaged", async () => {
    const repository = new GitRepository();
    repository.add();
    const { source, at, mirror } = open(repository);
    await source.fetch(at, ["main"]);
    renameSync(path.join(mirror, "objects"), path.join(mirror, "not-objects"));
    mkdirSync(path.join(mirror, "objects"));
    const tip = repository.add();
    expect((await source.fetch(at, ["main"])).get("main")).toBe(tip);
    expect(await source.has(at, tip)).toBe(true);
  });

  it("can be of a repository with long hashes", async () => {
    const folder = temporaryFolder("sha256");
    const git = (...args: string[]) =>
      execFileSync("git", ["-C", folder, "-c", "user.name=a", "-c", "user.email=a@b", ...args], {
        encoding: "utf8",
      }).trim();
    git("init", "--quiet", "--object-format=sha256", "--initial-branch=main", ".");
    git("commit", "--quiet", "--allow-empty", "-m", "First");
    const tip = git("rev-parse", "HEAD");
    const { source, at } = open({ url: folder });
    expect(tip).toHaveLength(64);
    expect(await source.fetch(at, ["main"])).toEqual(new Map([["main", tip]]));
    expect((await source.commits(at, tip, [], 10)).commits[0]?.message).toBe("First");
  });
});
