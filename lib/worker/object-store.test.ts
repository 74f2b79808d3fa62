import { execFileSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync, writeSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { hangingRepository, smallRepository } from "../testing/agent-harness.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { checkOut } from "./checkout.ts";
import { MissingRevision, ObjectStores } from "./object-store.ts";

const env = { PATH: process.env.PATH ?? "/usr/bin:/bin", HOME: "/nonexistent" };
const signal = new AbortController().signal;

function git(cwd: string, ...args: string[]): string {
  const identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"];
  return execFileSync("git", [...identity, ...args], { cwd, encoding: "utf8", stdio: "pipe" }).trim();
}

function commit(repository: string, file: string, text: string): string {
  writeFileSync(path.join(repository, file), text);
  git(repository, "add", "-A");
  git(repository, "commit", "-q", "-m", `Write ${file}`);
  return git(repository, "rev-parse", "HEAD");
}

/** Stores, a repository of one commit, and a door to check its revisions out. */
async function setUp(gitEnv: Record<string, string> = {}) {
  const workDir = temporaryFolder("stores");
  const stores = new ObjectStores(workDir, { ...env, ...gitEnv });
  await stores.prepare();
  const { url, revision } = smallRepository({ "a.txt": "a\n" });
  const source = { repository: "app", vcs: "git", url, ref: "main", revision } as const;
  let count = 0;
  const take = async (part: Partial<typeof source> | { revision: string } = {}, trustLevel = 1) => {
    const dir = path.join(workDir, "runs", `${count++}`, "checkout");
    const work = { source: { ...source, ...part }, trustLevel };
    await checkOut(stores, work, { dir, env, user: null, mark: null, signal });
    return dir;
  };
  return { workDir, stores, url, revision, source, take, store: path.join(workDir, "stores", "1", "app.git") };
}

describe("checkOut", () => {
  it("makes a fresh checkout that borrows its objects", async () => {
    const { take, store, revision } = await setUp();
    const dir = await take();
    expect(readFileSync(path.join(dir, "a.txt"), "utf8")).toBe("a\n");
    expect(git(dir, "rev-parse", "HEAD")).toBe(revision);
    expect(git(dir, "status", "--porcelain")).toBe("");
    expect(readFileSync(path.join(dir, ".git", "objects", "info", "alternates"), "utf8")).toBe(`${store}/objects\n`);
    expect(git(dir, "count-objects")).toMatch(/^0 objects/);
  });

  it("needs the repository no more for a revision that it has", async () => {
    const { take, url } = await setUp();
    await take();
    rmSync(url, { recursive: true });
    await expect(take()).resolves.toMatch(/checkout$/);
  });

  it("fetches only what is new", async () => {
    const { take, url, store } = await setUp();
    await take();
    const revision = commit(url, "b.txt", "b\n");
    const packs = () => readdirSync(path.join(store, "objects", "pack")).filter((name) => name.endsWith(".pack"));
    const before = packs();
    expect(readFileSync(path.join(await take({ revision }), "b.txt"), "utf8")).toBe("b\n");
    const [added = ""] = packs().filter((name) => !before.includes(name));
    const objects = git(store, "verify-pack", "-v", path.join("objects", "pack", added)).match(/^[0-9a-f]{40} /gm);
    expect(objects?.length).toBe(3); // the commit, its tree and the new file
  });

  it("finds a revision that a forced push took off every branch, while the repository still gives it", async () => {
    const { take, url, revision } = await setUp();
    const lost = commit(url, "b.txt", "b\n");
    git(url, "reset", "-q", "--hard", revision);
    git(url, "config", "uploadpack.allowAnySHA1InWant", "true");
    expect(git(await take({ revision: lost }), "rev-parse", "HEAD")).toBe(lost);
  });

  it("takes a revision that came with its branch from a server that gives none by its hash", async () => {
    // By the old protocol a server gives only the tips of its branches.
    const old = { GIT_CONFIG_COUNT: "1", GIT_CONFIG_KEY_0: "protocol.version", GIT_CONFIG_VALUE_0: "0" };
    const { take, url, store, revision } = await setUp(old);
    const behind = commit(url, "b.txt", "b\n");
    commit(url, "c.txt", "c\n");
    for (const wanted of [behind, revision]) {
      expect(git(await take({ revision: wanted }), "rev-parse", "HEAD")).toBe(wanted);
    }
    expect(readdirSync(path.join(store, "refs", "kept"))).toContain("tip");
  });

  it("knows a revision whose name was packed away", async () => {
    const { take, url, store } = await setUp();
    await take();
    git(store, "pack-refs", "--all");
    rmSync(url, { recursive: true });
    await expect(take()).resolves.toMatch(/checkout$/);
  });

  it("says when a revision is nowhere", async () => {
    const { take } = await setUp();
    await expect(take({ revision: `${"0".repeat(39)}1` })).rejects.toBeInstanceOf(MissingRevision);
  });

  it("keeps one store per trust level", async () => {
    const { take, url, workDir } = await setUp();
    await take({}, 1);
    rmSync(url, { recursive: true });
    await expect(take({}, 3)).rejects.toThrow("git fetch failed");
    expect(readdirSync(path.join(workDir, "stores"))).toEqual(["1", "3"]);
  });

  it("serves many at once", async () => {
    const { take, url } = await setUp();
    const revisions = ["b", "c", "d"].map((name) => commit(url, `${name}.txt`, name));
    const dirs = await Promise.all([...revisions, ...revisions].map((revision) => take({ revision })));
    expect(dirs.map((dir) => git(dir, "rev-parse", "HEAD"))).toEqual([...revisions, ...revisions]);
  });
});

describe("a store that something happened to", () => {
  it("is used again after a fetch that was killed left its locks and half a pack", async () => {
    const { take, url, store } = await setUp();
    await take();
    const revision = commit(url, "b.txt", "b\n");
    const leftovers = ["packed-refs.lock", "shallow.lock", `refs/kept/${revision}.lock`, "objects/pack/tmp_pack_x"];
    for (const name of leftovers) writeFileSync(path.join(store, name), "");
    await expect(take({ revision })).resolves.toMatch(/checkout$/);
    for (const name of leftovers)
      expect(readdirSync(path.dirname(path.join(store, name)))).not.toContain(path.basename(name));
  });

  it("is made anew when its objects are gone", async () => {
    const { take, store } = await setUp();
    await take();
    rmSync(path.join(store, "objects"), { recursive: true });
    await expect(take()).resolves.toMatch(/checkout$/);
  });

  it("is made anew when its packs are gone", async () => {
    const { take, store } = await setUp();
    await take();
    rmSync(path.join(store, "objects", "pack"), { recursive: true });
    await expect(take()).resolves.toMatch(/checkout$/);
  });

  it("is made anew when a file in a pack is damaged, which only the checkout notices", async () => {
    const { take, store, url } = await setUp();
    const revision = commit(url, "large.bin", Array.from({ length: 20_000 }, (_, index) => index * 7_919).join(" "));
    await take({ revision });
    const packs = path.join(store, "objects", "pack");
    const pack = readdirSync(packs).find((name) => name.endsWith(".pack")) ?? "";
    execFileSync("chmod", ["+w", path.join(packs, pack)]);
    const file = openSync(path.join(packs, pack), "r+");
    writeSync(file, Buffer.alloc(200, 0xff), 0, 200, Math.floor(readFileSync(path.join(packs, pack)).length / 2));
    closeSync(file);
    const dir = await take({ revision });
    expect(readFileSync(path.join(dir, "large.bin"), "utf8")).toMatch(/^0 7919 .* 158372081$/);
    expect(readdirSync(path.dirname(store))).toEqual(["app.git"]);
  });

  it("is made anew when it is an empty directory or half of one", async () => {
    const { take, store } = await setUp();
    mkdirSync(path.join(store, "refs"), { recursive: true });
    await expect(take()).resolves.toMatch(/checkout$/);
  });

  it("is not thrown away because the other side is damaged", async () => {
    const { take, url, store } = await setUp();
    await take();
    const revision = commit(url, "b.txt", "b\n");
    writeFileSync(path.join(store, "witness"), "");
    rmSync(path.join(url, ".git", "objects", revision.slice(0, 2), revision.slice(2)));
    await expect(take({ revision })).rejects.toThrow();
    expect(readdirSync(store)).toContain("witness");
  });
});

it("a wait for the fetch of another ends when told", async () => {
  const { stores, source } = await setUp();
  const [first, second] = [new AbortController(), new AbortController()];
  const hanging = { ...source, url: await hangingRepository() };
  const waits = [first, second].map((by) => stores.ensure(hanging, 1, { signal: by.signal, mark: null }));
  const refused = waits.map((wait) => expect(wait).rejects.toThrow("the run was ended first"));
  second.abort();
  await refused[1];
  first.abort();
  await refused[0];
});
