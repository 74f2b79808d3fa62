import { execFileSync } from "node:child_process";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { GitRepository } from "../testing/git-repository.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { GitSource } from "./git-source.ts";

function open(repository: GitRepository) {
  const source = new GitSource({ folder: temporaryFolder("sources"), inherited: process.env });
  return { source, at: { id: 7, url: repository.url } };
}

describe("commits and files", () => {
  it("tell a range newest first, with merges and everything they brought", async () => {
    const repository = new GitRepository();
    const base = repository.commit();
    repository.git("checkout", "--quiet", "-b", "side");
    const side = repository.commit({ files: { side: "1" } });
    repository.git("checkout", "--quiet", "main");
    const main = repository.commit({ files: { main: "1" } });
    repository.git("merge", "--quiet", "--no-ff", "-m", "Merge side", "side");
    const tip = repository.push();
    const { source, at } = open(repository);
    await source.fetch(at, ["main"]);
    const range = await source.commits(at, tip, [base], 10);
    expect(range.count).toBe(3);
    expect(range.commits[0]).toMatchObject({ revision: tip, message: "Merge side" });
    expect(new Set(range.commits.map(({ revision }) => revision))).toEqual(new Set([tip, side, main]));
    expect(await source.changedFiles(at, base, tip, 10)).toEqual({ paths: ["main", "side"], count: 2 });
  });

  it("keep names, dates and messages, with bytes that are no UTF-8 replaced", async () => {
    const repository = new GitRepository();
    const message = Buffer.concat([Buffer.from("Caf"), Buffer.from([0xe9]), Buffer.from(" & \u2603\n\nBody\n")]);
    repository.commit({ author: "Zo\u00eb <zoe@example.org>", at: 1_600_000_000 });
    repository.commitBytes(message);
    const tip = repository.push();
    const { source, at } = open(repository);
    await source.fetch(at, ["main"]);
    expect((await source.commits(at, tip, [], 1)).commits).toEqual([
      {
        revision: tip,
        authorName: "Zo\u00eb",
        authorEmail: "zoe@example.org",
        authoredAt: new Date(1_600_000_000_000),
        message: "Caf\ufffd & \u2603\n\nBody",
      },
    ]);
  });

  it("count what they do not show", async () => {
    const repository = new GitRepository();
    const base = repository.commit();
    const files = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`many/${i}`, "x"]));
    repository.commit({ files });
    for (let i = 0; i < 8; i++) repository.commit({ files: {} });
    const tip = repository.push();
    const { source, at } = open(repository);
    await source.fetch(at, ["main"]);
    const range = await source.commits(at, tip, [base], 5);
    expect([range.commits.length, range.count]).toEqual([5, 9]);
    const changed = await source.changedFiles(at, base, tip, 10);
    expect([changed.paths.length, changed.count]).toEqual([10, 30]);
  });

  it("show the tip alone when there is no range, also the first commit of all and a merge", async () => {
    const repository = new GitRepository();
    const first = repository.commit({ files: { "a b": "1", "\u2603": "2" } });
    repository.git("checkout", "--quiet", "-b", "side");
    repository.commit({ files: { side: "1" } });
    repository.git("checkout", "--quiet", "main");
    repository.commit({ files: { main: "1" } });
    repository.git("merge", "--quiet", "--no-ff", "-m", "Merge", "side");
    const tip = repository.push();
    const { source, at } = open(repository);
    await source.fetch(at, ["main"]);
    expect(await source.changedFiles(at, null, first, 10)).toEqual({ paths: ["a b", "\u2603"], count: 2 });
    expect(await source.changedFiles(at, null, tip, 10)).toEqual({ paths: ["side"], count: 1 });
    expect(await source.commits(at, tip, [tip], 10)).toMatchObject({ count: 1, commits: [{ revision: tip }] });
  });

  it("compare histories that have nothing in common", async () => {
    const repository = new GitRepository();
    const first = repository.add();
    repository.git("checkout", "--quiet", "--orphan", "other");
    const other = repository.add({ files: { other: "1" }, force: true });
    const { source, at } = open(repository);
    await source.fetch(at, ["main"]);
    expect(await source.isAncestor(at, first, other)).toBe(false);
    expect((await source.changedFiles(at, first, other, 10)).paths).toContain("other");
    expect(await source.commits(at, other, ["1".repeat(40)], 10)).toMatchObject({ count: 1 });
  });
});

describe("a file at a revision", () => {
  it("is read, missing, or refused with the reason", async () => {
    const repository = new GitRepository();
    const missing = repository.commit();
    const old = repository.commit({ files: { ".selfserve.yml": "version: 1\n" } });
    const now = repository.commit({ files: { ".selfserve.yml": "version: 2, longer\n" } });
    repository.git("rm", "--quiet", ".selfserve.yml");
    repository.git("config", "core.symlinks", "true");
    execFileSync("ln", [
      "-s",
      "/etc/passwd",
      path.join(repository.git("rev-parse", "--show-toplevel"), ".selfserve.yml"),
    ]);
    const link = repository.commit({ files: {} });
    repository.git("rm", "--quiet", ".selfserve.yml");
    const folder = repository.add({ files: { ".selfserve.yml/x": "1" } });
    const { source, at } = open(repository);
    await source.fetch(at, ["main"]);
    const read = (revision: string, max = 100) => source.readFile(at, revision, ".selfserve.yml", max);
    expect(await read(missing)).toEqual({ missing: true });
    expect(await read(old)).toEqual({ bytes: Buffer.from("version: 1\n") });
    expect(await read(now, 12)).toEqual({ refused: ".selfserve.yml has 19 bytes; at most 12 are read." });
    expect(await read(link)).toEqual({ refused: ".selfserve.yml is a symbolic link; it must be a file of its own." });
    expect(await read(folder)).toEqual({ refused: ".selfserve.yml is a folder or a submodule; it must be a file." });
  });
});
