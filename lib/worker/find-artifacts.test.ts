import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { findArtifacts, openArtifact } from "./find-artifacts.ts";

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
    const dir = checkout(...Array.from({ length: 2_001 }, (_, index) => `many/${index}`));
    await expect(findArtifacts(dir, ["many/*"])).rejects.toThrow("match more than 2000 files");
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

  it("does not follow a link that took the file's place", async () => {
    const dir = checkout("real");
    symlinkSync("/etc/passwd", path.join(dir, "swapped"));
    await expect(openArtifact({ name: "swapped", file: path.join(dir, "swapped") })).rejects.toThrow("ELOOP");
  });
});
