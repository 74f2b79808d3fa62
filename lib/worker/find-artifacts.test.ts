import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { type FoundArtifact, findArtifacts, openArtifact } from "./find-artifacts.ts";

function checkout(...files: string[]): string {
  const dir = mkdtempSync(path.join(temporaryFolder("artifacts"), "checkout-"));
  for (const file of files) {
    mkdirSync(path.dirname(path.join(dir, file)), { recursive: true });
    writeFileSync(path.join(dir, file), file);
  }
  return dir;
}

async function namesOf(dir: string, ...patterns: string[]): Promise<string[]> {
  return (await findArtifacts(dir, patterns)).map(({ name }) => name).sort();
}

describe("findArtifacts", () => {
  it.each([
    [["dist/app.tgz"], ["dist/app.tgz"]],
    [["dist/*.tgz"], ["dist/app.tgz", "dist/lib.tgz"]],
    [["dist"], ["dist/app.tgz", "dist/deep/er/x", "dist/lib.tgz"]],
    [["**/x"], ["dist/deep/er/x"]],
    [["dist/{app,lib}.tgz"], ["dist/app.tgz", "dist/lib.tgz"]],
    [
      ["dist/*.tgz", "dist/app.tgz"],
      ["dist/app.tgz", "dist/lib.tgz"],
    ],
    [["odd*"], ["odd [name]/file"]],
  ])("%j finds %j", async (patterns, names) => {
    const dir = checkout("dist/app.tgz", "dist/lib.tgz", "dist/deep/er/x", "odd [name]/file", ".git/config");
    expect(await namesOf(dir, ...patterns)).toEqual(names);
  });

  it("never takes what git keeps", async () => {
    const dir = checkout(".git/config", "a");
    expect(await namesOf(dir, "**")).toEqual(["a"]);
    await expect(findArtifacts(dir, [".git/config"])).rejects.toThrow("matches no file");
    await expect(findArtifacts(dir, [".git"])).rejects.toThrow("matches no file");
  });

  it.each([
    ["/etc/passwd", "leads out of the checkout"],
    ["../other/*", "leads out of the checkout"],
    ["a/../../b", "leads out of the checkout"],
    ["nothing/*", "The artifact pattern nothing/* matches no file."],
  ])("refuses %s", async (pattern, message) => {
    await expect(findArtifacts(checkout("a"), [pattern])).rejects.toThrow(message);
  });

  it("follows a link inside the checkout, and none that leads out of it or to nothing", async () => {
    const dir = checkout("real/a");
    symlinkSync("real/a", path.join(dir, "inside"));
    symlinkSync("/etc/passwd", path.join(dir, "outside"));
    symlinkSync("/etc", path.join(dir, "etc"));
    symlinkSync("gone", path.join(dir, "dangling"));
    expect(await namesOf(dir, "inside")).toEqual(["inside"]);
    await expect(findArtifacts(dir, ["outside"])).rejects.toThrow("is a link that leads out of the checkout");
    await expect(findArtifacts(dir, ["etc/passwd"])).rejects.toThrow("is a link that leads out of the checkout");
    await expect(findArtifacts(dir, ["dangling"])).rejects.toThrow("is a link to nothing");
  });

  it("refuses what is not a file", async () => {
    await expect(findArtifacts("/dev", ["null"])).rejects.toThrow("The artifact null is not an ordinary file.");
  });

  it("refuses thousands", async () => {
    const dir = checkout(...Array.from({ length: 1_001 }, (_, index) => `many/${index % 2}/${index}`));
    await expect(findArtifacts(dir, ["many"])).rejects.toThrow("match more than 1000 files");
    await expect(findArtifacts(dir, ["many/0/*", "many/1/*"])).rejects.toThrow("match more than 1000 files");
  });
});

describe("openArtifact", () => {
  it("hashes what it opened, also when it is empty", async () => {
    const dir = checkout("a");
    writeFileSync(path.join(dir, "empty"), "");
    for (const artifact of await findArtifacts(dir, ["*"])) {
      const text = artifact.name === "a" ? "a" : "";
      const { handle, size, sha256 } = await openArtifact(artifact);
      await handle.close();
      expect([size, sha256]).toEqual([text.length, createHash("sha256").update(text).digest("hex")]);
    }
  });
});

describe("openArtifact after its place was changed", () => {
  async function found(): Promise<{ dir: string; artifact: FoundArtifact }> {
    const dir = checkout("out/key", "outside/key");
    const [artifact] = await findArtifacts(path.join(dir), ["out/key"]);
    if (!artifact) throw new Error("The artifact was not found.");
    return { dir, artifact };
  }

  it.each<[string, (dir: string) => void]>([
    [
      "its directory became a link",
      (dir) => {
        renameSync(path.join(dir, "out"), path.join(dir, "before"));
        symlinkSync(path.join(dir, "outside"), path.join(dir, "out"));
      },
    ],
    [
      "it became a link",
      (dir) => {
        rmSync(path.join(dir, "out/key"));
        symlinkSync(path.join(dir, "outside/key"), path.join(dir, "out/key"));
      },
    ],
    [
      "it became a pipe that nobody writes to",
      (dir) => {
        rmSync(path.join(dir, "out/key"));
        execFileSync("mkfifo", [path.join(dir, "out/key")]);
      },
    ],
    ["it is gone", (dir) => rmSync(path.join(dir, "out/key"))],
  ])("refuses when %s", async (_, change) => {
    const { dir, artifact } = await found();
    change(dir);
    await expect(openArtifact(artifact)).rejects.toThrow("The artifact out/key changed while it was taken.");
  });
});
