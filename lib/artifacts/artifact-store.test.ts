import { createHash, randomBytes } from "node:crypto";
import { readdirSync, utimesSync } from "node:fs";
import path from "node:path";
import { PassThrough, Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { ArtifactStore } from "./artifact-store.ts";

const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
const identityOf = (bytes: Buffer) => ({ sha256: sha256(bytes), size: bytes.length });

function openStore() {
  const folder = temporaryFolder("artifacts");
  return { store: new ArtifactStore(folder), root: path.join(folder, "artifacts") };
}

/** Every file below the folder. */
function filesOf(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)));
}

function age(file: string, hours: number): void {
  const then = Date.now() / 1000 - hours * 3600;
  utimesSync(file, then, then);
}

describe("put", () => {
  it("keeps the bytes under their digest, once, and gives any part of them", async () => {
    const { store, root } = openStore();
    const bytes = randomBytes(700_000);
    const identity = identityOf(bytes);
    await Promise.all([store.put(Readable.from([bytes]), identity), store.put(Readable.from([bytes]), identity)]);
    expect(filesOf(root)).toEqual([path.join(identity.sha256.slice(0, 2), identity.sha256)]);
    expect(await store.has(identity)).toBe(true);
    expect(await buffer(store.stream(identity.sha256, 0, bytes.length))).toEqual(bytes);
    expect(await buffer(store.stream(identity.sha256, 5, 300_000))).toEqual(bytes.subarray(5, 300_000));
  });

  it("takes an artifact of no bytes", async () => {
    const { store } = openStore();
    const identity = identityOf(Buffer.alloc(0));
    await store.put(Readable.from([]), identity);
    expect(await store.has(identity)).toBe(true);
    expect((await buffer(store.stream(identity.sha256, 0, 0))).length).toBe(0);
  });

  it.each([
    ["other bytes", Buffer.from("hellO"), "have the SHA-256"],
    ["too few bytes", Buffer.from("hell"), "4 bytes arrived, but 5 were announced"],
    ["too many bytes", Buffer.from("hello!"), "More than the announced 5 bytes"],
  ])("refuses %s and leaves nothing", async (_, bytes, sentence) => {
    const { store, root } = openStore();
    const put = store.put(Readable.from([bytes]), identityOf(Buffer.from("hello")));
    await expect(put).rejects.toMatchObject({ code: "invalid", message: expect.stringContaining(sentence) });
    expect(filesOf(root)).toEqual([]);
  });

  it("leaves nothing of a stream that breaks off", async () => {
    const { store, root } = openStore();
    const source = new PassThrough();
    const put = store.put(source, { sha256: "0".repeat(64), size: 1_000_000 });
    source.write(randomBytes(300_000));
    await expect.poll(() => filesOf(root).length).toBe(1);
    source.destroy(new Error("gone"));
    await expect(put).rejects.toThrow("gone");
    expect(filesOf(root)).toEqual([]);
  });

  it("takes a stream that has failed already, and one that fails at once, for broken off", async () => {
    const { store, root } = openStore();
    const identity = { sha256: "0".repeat(64), size: 1 };
    const failed = new PassThrough();
    failed.on("error", () => undefined);
    failed.destroy(new Error("gone before"));
    await expect(store.put(failed, identity)).rejects.toThrow("gone before");
    const failing = new PassThrough();
    const put = store.put(failing, identity);
    failing.destroy(new Error("gone at once"));
    await expect(put).rejects.toThrow("gone at once");
    expect(filesOf(root)).toEqual([]);
  });

  it("never takes a digest for a path", async () => {
    const { store } = openStore();
    expect(() => store.stream("../../../../etc/passwd", 0, 1)).toThrow("64 hexadecimal digits");
    await expect(store.put(Readable.from([]), { sha256: "../x", size: 0 })).rejects.toThrow();
  });
});

describe("removeOrphans", () => {
  it("removes what is old and unknown, and nothing else", async () => {
    const { store, root } = openStore();
    const [known, orphan, young] = [randomBytes(10), randomBytes(10), randomBytes(10)];
    const placeOf = (bytes: Buffer) => path.join(root, sha256(bytes).slice(0, 2), sha256(bytes));
    for (const bytes of [known, orphan, young]) await store.put(Readable.from([bytes]), identityOf(bytes));
    age(placeOf(known), 25);
    age(placeOf(orphan), 25);
    const knows = async () => new Set([sha256(known)]);
    expect(await store.removeOrphans(knows, 24 * 3_600_000)).toBe(1);
    expect(await store.has(identityOf(orphan))).toBe(false);
    expect(await store.has(identityOf(known))).toBe(true);
    expect(await store.has(identityOf(young))).toBe(true);
  });

  it("keeps what is uploaded again while it looks", async () => {
    const { store, root } = openStore();
    const bytes = randomBytes(10);
    await store.put(Readable.from([bytes]), identityOf(bytes));
    age(path.join(root, sha256(bytes).slice(0, 2), sha256(bytes)), 25);
    const uploadsMeanwhile = async () => {
      await store.put(Readable.from([bytes]), identityOf(bytes));
      return new Set<string>();
    };
    expect(await store.removeOrphans(uploadsMeanwhile, 24 * 3_600_000)).toBe(0);
    expect(await store.has(identityOf(bytes))).toBe(true);
  });
});
