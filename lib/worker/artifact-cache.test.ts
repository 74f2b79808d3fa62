import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import type { NeededArtifact } from "../contracts/work.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { ArtifactCache, DigestMismatch, type Download } from "./artifact-cache.ts";

const open = new AbortController().signal;

function artifact(text: string): NeededArtifact {
  const sha256 = createHash("sha256").update(text).digest("hex");
  return { builder: "b", name: text, sha256, size: text.length, url: "/x" };
}

/** A cache, and a download that counts; it brings the artifact's name as its bytes. */
function setUp(maxBytes = 1_000) {
  const workDir = temporaryFolder("cache");
  const fetched: string[] = [];
  const download: Download = async ({ name }, file) => {
    fetched.push(name);
    await writeFile(file, name);
  };
  const cache = new ArtifactCache(workDir, maxBytes);
  let places = 0;
  const place = async (needed: NeededArtifact, trustLevel = 1, by = download) => {
    const file = path.join(workDir, "runs", String(places++), "a");
    await cache.place(needed, trustLevel, file, by, open);
    return readFileSync(file, "utf8");
  };
  const kept = (level = 1) => readdirSync(path.join(workDir, "cache", String(level))).sort();
  return { workDir, fetched, cache, place, kept };
}

describe("ArtifactCache", () => {
  it("fetches once, also for two that ask at the same time", async () => {
    const { place, fetched } = setUp();
    expect(await Promise.all([place(artifact("one")), place(artifact("one"))])).toEqual(["one", "one"]);
    expect(await place(artifact("one"))).toBe("one");
    expect(fetched).toEqual(["one"]);
  });

  it("shares nothing between trust levels", async () => {
    const { place, fetched } = setUp();
    await place(artifact("one"), 1);
    await place(artifact("one"), 3);
    expect(fetched).toEqual(["one", "one"]);
  });

  it("fetches again what was damaged on its disk", async () => {
    const { place, fetched, workDir } = setUp();
    const needed = artifact("one");
    await place(needed);
    writeFileSync(path.join(workDir, "cache", "1", needed.sha256), "damaged");
    expect(await place(needed)).toBe("one");
    expect(fetched.length).toBe(2);
  });

  it("takes and keeps nothing that is not what was promised, and no half of it", async () => {
    const { place, kept } = setUp();
    const wrong: Download = async (_, file) => await writeFile(file, "wrong");
    await expect(place(artifact("one"), 1, wrong)).rejects.toBeInstanceOf(DigestMismatch);
    const cut: Download = async (_, file) => {
      await writeFile(file, "on");
      throw new Error("The connection broke.");
    };
    await expect(place(artifact("one"), 1, cut)).rejects.toThrow("The connection broke.");
    expect(kept()).toEqual([]);
  });

  it("removes the least recently used when it is full", async () => {
    const { workDir, cache, kept } = setUp(10);
    mkdirSync(path.join(workDir, "cache", "1"), { recursive: true });
    for (const [index, name] of ["oldest", "older", "newest"].entries()) {
      const file = path.join(workDir, "cache", "1", name);
      writeFileSync(file, "12345");
      utimesSync(file, 1_000 + index, 1_000 + index);
    }
    await cache.trim();
    expect(kept()).toEqual(["newest", "older"]);
  });

  it("has nothing to remove before it keeps anything", async () => {
    await expect(setUp().cache.trim()).resolves.toBeUndefined();
  });
});
