import { createHash } from "node:crypto";
import { appendFileSync, mkdirSync, rmSync, symlinkSync, truncateSync } from "node:fs";
import path from "node:path";
import { buffer } from "node:stream/consumers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import type { LogSize } from "./line-index.ts";
import { LogStore } from "./log-store.ts";
import { MAX_LINE_BYTES } from "./read-lines.ts";

const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
const fileOf = (folder: string, runId: number) => path.join(folder, "logs", "runs", "0", `${runId}.log`);

/** Appends as the gateway does; answers the new size. */
async function append(store: LogStore, runId: number, size: LogSize, bytes: Buffer): Promise<LogSize> {
  const { lines } = await store.append(runId, size, bytes);
  store.noteAccepted(runId, size.bytes, bytes);
  return { bytes: size.bytes + bytes.length, lines: size.lines + lines };
}

async function written(text: string | Buffer, runId = 7) {
  const folder = temporaryFolder("logs");
  const store = new LogStore(folder);
  const bytes = Buffer.from(text);
  const size = await append(store, runId, { bytes: 0, lines: 0 }, bytes);
  return { folder, store, size, bytes, runId };
}

const numbered = (count: number) => Array.from({ length: count }, (_, index) => `line ${index + 1}\n`).join("");

describe("LogStore", () => {
  it("gives back what was appended, whatever the pieces, and whatever a crash left behind them", async () => {
    const piece = fc.record({
      text: fc.array(fc.string({ maxLength: 40 }), { maxLength: 30 }).map((lines) => `${lines.join("\n")}\n`),
      crashed: fc.option(fc.string({ minLength: 1, maxLength: 50 }), { nil: undefined }),
      restart: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 12 }), async (pieces) => {
        const folder = temporaryFolder("logs");
        let store = new LogStore(folder);
        let size: LogSize = { bytes: 0, lines: 0 };
        let whole = Buffer.alloc(0);
        for (const { text, crashed, restart } of pieces) {
          if (restart) {
            await store.close();
            store = new LogStore(folder);
          }
          if (crashed !== undefined) await store.append(7, size, Buffer.from(crashed)); // and the commit never came
          size = await append(store, 7, size, Buffer.from(text));
          whole = Buffer.concat([whole, Buffer.from(text)]);
        }
        const lines = whole.toString("utf8").split("\n").slice(0, -1);
        expect(size).toEqual({ bytes: whole.length, lines: lines.length });
        expect((await store.readLines(7, size, 1, 10_000)).lines).toEqual(lines);
        expect(await buffer(store.stream(7, 0, size.bytes))).toEqual(whole);
        expect(await store.digest(7, size.bytes)).toBe(sha256(whole));
        await store.close();
        expect(await new LogStore(folder).digest(7, size.bytes)).toBe(sha256(whole));
      }),
      { numRuns: 60 },
    );
  });

  it("reads from any line on, with the index, without it, and with a part of it", async () => {
    const { folder, store, size } = await written(numbered(5_500));
    const check = async () => {
      for (const from of [1, 999, 1_000, 1_001, 3_777, 5_000, 5_500]) {
        const part = await store.readLines(7, size, from, 2);
        const right = [`line ${from}`, `line ${from + 1}`].slice(0, 5_501 - from);
        expect(part).toEqual({ from, lines: right, next: from + right.length });
      }
    };
    await check();
    rmSync(`${fileOf(folder, 7)}.index`);
    await check();
    truncateSync(`${fileOf(folder, 7)}.index`, 20);
    await check();
  });

  it("has no lines beyond the end and the last ones as its tail", async () => {
    const { store, size } = await written(numbered(1_200));
    expect(await store.readLines(7, size, 1_201, 10)).toEqual({ from: 1_201, lines: [], next: 1_201 });
    expect(await store.tail(7, size, 2)).toEqual({ from: 1_199, lines: ["line 1199", "line 1200"], next: 1_201 });
    expect((await store.tail(7, size, 5_000)).lines.length).toBe(1_200);
    expect(await store.readLines(8, { bytes: 0, lines: 0 }, 1, 10)).toEqual({ from: 1, lines: [], next: 1 });
  });

  it("shows nothing that is not recorded, and cuts it off at the next write", async () => {
    const { folder, store, size } = await written("one\n");
    appendFileSync(fileOf(folder, 7), "never accepted\nnor this\n");
    expect((await store.readLines(7, size, 1, 10)).lines).toEqual(["one"]);
    expect((await buffer(store.stream(7, 0, size.bytes))).toString()).toBe("one\n");
    const next = await append(store, 7, size, Buffer.from("two\n"));
    expect((await store.readLines(7, next, 1, 10)).lines).toEqual(["one", "two"]);
    expect((await buffer(store.stream(7, 0, next.bytes))).toString()).toBe("one\ntwo\n");
  });

  it("cuts lines that are too long and answers that would be", async () => {
    const long = `${"x".repeat(MAX_LINE_BYTES + 5)}\n`;
    const { store, size } = await written(`a\n${long.repeat(100)}`);
    const part = await store.readLines(7, size, 1, 1_000);
    expect(part.lines[1]).toBe(`${"x".repeat(MAX_LINE_BYTES)}… [5 more bytes]`);
    expect(part.lines.length).toBe(65); // 4 MiB
    expect((await store.readLines(7, size, part.next, 1_000)).lines.length).toBe(36);
  });

  it("shows invalid UTF-8 as replacement characters", async () => {
    const { store, size } = await written(Buffer.from([0x61, 0xff, 0x0a]));
    expect((await store.readLines(7, size, 1, 1)).lines).toEqual(["a\ufffd"]);
  });

  it("knows the digest of a log that several processes took", async () => {
    const { folder, store, size } = await written("one\n");
    const other = new LogStore(folder);
    const second = await append(other, 7, size, Buffer.from("two\n"));
    const third = await append(store, 7, second, Buffer.from("three\n"));
    const right = sha256(Buffer.from("one\ntwo\nthree\n"));
    expect(await store.digest(7, third.bytes)).toBe(right);
    expect(await other.digest(7, third.bytes)).toBe(right);
    await Promise.all([store.close(), other.close()]);
  });

  it("says that a disk which takes nothing is unavailable, and goes on when it does", async () => {
    const folder = temporaryFolder("logs");
    const file = fileOf(folder, 9);
    mkdirSync(path.dirname(file), { recursive: true });
    symlinkSync("/dev/full", file);
    const store = new LogStore(folder);
    const nothing = { bytes: 0, lines: 0 };
    await expect(store.append(9, nothing, Buffer.from("x\n"))).rejects.toMatchObject({ code: "unavailable" });
    expect(await append(store, 10, nothing, Buffer.from("x\n"))).toEqual({ bytes: 2, lines: 1 });
    await store.close().catch(() => undefined);
  });

  it("fails to stream what a file has lost, instead of ending early", async () => {
    const { folder, store, size } = await written("one\ntwo\n");
    truncateSync(fileOf(folder, 7), 4);
    await expect(buffer(store.stream(7, 0, size.bytes))).rejects.toThrow("ends at byte 4, not 8");
  });

  it("writes more logs at once than it keeps open", async () => {
    const folder = temporaryFolder("logs");
    const store = new LogStore(folder);
    await Promise.all(
      Array.from({ length: 400 }, (_, runId) =>
        append(store, runId, { bytes: 0, lines: 0 }, Buffer.from(`${runId}\n`)),
      ),
    );
    await store.close();
    const again = new LogStore(folder);
    expect((await again.readLines(399, { bytes: 4, lines: 1 }, 1, 1)).lines).toEqual(["399"]);
  });
});
