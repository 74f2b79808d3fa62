import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { statSync, writeSync } from "node:fs";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { RunOutput } from "./run-output.ts";

const left: ChildProcess[] = [];
afterEach(() => {
  for (const child of left.splice(0)) child.kill("SIGKILL");
});

describe("RunOutput", () => {
  it("has everything that was written before, once it is drained", async () => {
    const got: Buffer[] = [];
    const output = await RunOutput.open(path.join(temporaryFolder("output"), "pipe"), null, (data) => got.push(data));
    const writer = spawn("sh", ["-c", "seq 1 20000"], { stdio: ["ignore", output.writeFd, output.writeFd] });
    await once(writer, "exit");
    await output.drain();
    output.close();
    expect(Buffer.concat(got).toString().trim().split("\n")).toHaveLength(20_000);
  });

  it("does not wait for ever when a process of the run takes the bytes away", async () => {
    const file = path.join(temporaryFolder("output"), "pipe");
    const output = await RunOutput.open(file, null, () => undefined);
    const thief = spawn("cat", [file], { stdio: ["ignore", "pipe", "inherit"] });
    left.push(thief);
    const reads = once(thief.stdout, "data");
    const lines = setInterval(() => writeSync(output.writeFd, "a line\n"), 1);
    await reads;
    await Promise.all(Array.from({ length: 100 }, () => output.drain()));
    clearInterval(lines);
    output.close();
  }, 30_000);

  it.runIf(process.getuid?.() === 0)("cannot be read by steps that run as somebody else", async () => {
    const file = path.join(temporaryFolder("output"), "pipe");
    const owner = { uid: 65_534, gid: 65_534 };
    const output = await RunOutput.open(file, owner, () => undefined);
    const { mode, uid, gid } = statSync(file);
    output.close();
    expect([(mode & 0o777).toString(8), uid, gid]).toEqual(["620", 0, owner.gid]);
  });
});
