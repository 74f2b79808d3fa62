import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { processesWith } from "../testing/agent-harness.ts";
import { endOf, idleProcess, isLiving } from "../testing/bystander.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { newMark } from "./processes.ts";
import { Watchdog } from "./watchdog.ts";

const SCRIPT = path.join(import.meta.dirname, "watchdog.sh");

function start(...args: string[]) {
  const env: Record<string, string> = { PATH: "/usr/bin:/bin" };
  const child = spawn("/bin/sh", [SCRIPT, ...args], { cwd: "/", env: env as NodeJS.ProcessEnv });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

function marked(mark: string): Record<string, string> {
  return { SELFSERVE_RUN_MARK: mark.split("=")[1] ?? "" };
}

describe("watchdog.sh", () => {
  it.each([
    ["no arguments at all", []],
    ["an empty mark", ["", "/tmp/x", ""]],
    ["a mark without a value", ["SELFSERVE_RUN_MARK=", "/tmp/x", ""]],
    ["a mark that is a pattern", ["SELFSERVE_RUN_MARK=*", "/tmp/x", ""]],
    ["a mark with more behind it", [`${newMark()}\n`, "/tmp/x", ""]],
    ["an empty directory", [newMark(), "", ""]],
    ["the root", [newMark(), "/", ""]],
    ["a directory below the root", [newMark(), "/tmp", ""]],
    ["a relative directory", [newMark(), "some/where/else", ""]],
    ["a directory with dots", [newMark(), "/tmp/x/../..", ""]],
    ["a directory with a slash at its end", [newMark(), "/tmp/x/", ""]],
    ["a relative deadline file", [newMark(), "/tmp/x", "deadline"]],
  ])("refuses %s and ends nobody", async (_, args) => {
    const other = await idleProcess("/");
    const child = start(...args);
    child.stdin.on("error", () => undefined);
    child.stdin.end("group 1\n");
    const complaint = child.stderr.setEncoding("utf8").toArray();
    expect((await once(child, "exit"))[0]).toBe(2);
    expect((await complaint).join("")).toMatch(/^watchdog\.sh: the .* must be /s);
    expect(isLiving(other)).toBe(true);
  });

  it("takes no group that would be everybody, or its own, or nobody's any more", async () => {
    const dir = path.join(temporaryFolder("watchdog"), "run");
    mkdirSync(dir);
    const others = await Promise.all([idleProcess("/"), idleProcess(path.dirname(dir))]);
    const own = await idleProcess(dir);
    const child = start(newMark(), dir, "");
    const lines = ["group", "group 0", "group 1", "group -1", "group 1x", "group 99999999999", "nonsense 5"];
    child.stdin.end([...lines, `group ${others[0]?.pid}`, `ended ${others[0]?.pid}`, ""].join("\n"));
    expect((await once(child, "exit"))[1]).toBeNull();
    expect(await endOf(own)).toBe("SIGTERM");
    expect(others.map(isLiving)).toEqual([true, true]);
  });

  it("ends by mark, directory and group when the agent is gone, and nobody else", async () => {
    const dir = path.join(temporaryFolder("watchdog"), "run");
    mkdirSync(path.join(dir, "checkout"), { recursive: true });
    const mark = newMark();
    const own = await Promise.all([idleProcess("/", marked(mark)), idleProcess(dir), idleProcess(`${dir}/checkout`)]);
    const grouped = await idleProcess("/");
    const other = await idleProcess("/", marked(newMark()));
    const child = start(mark, dir, "");
    child.stdin.end(`group ${grouped.pid}\n`);
    await once(child, "exit");
    await Promise.all([...own, grouped].map(endOf));
    expect(isLiving(other)).toBe(true);
  });

  it("does nothing when the agent says that it is done", async () => {
    const dir = path.join(temporaryFolder("watchdog"), "run");
    mkdirSync(dir);
    const inside = await idleProcess(dir);
    const child = start(newMark(), dir, "");
    child.stdin.end("done\n");
    expect((await once(child, "exit"))[0]).toBe(0);
    expect(isLiving(inside)).toBe(true);
  });

  it("is not deceived by the name of a directory", async () => {
    const dir = path.join(temporaryFolder("watchdog"), "run");
    const other = await idleProcess("/");
    const deceits = [
      `x/proc/${other.pid}/cwd -> ${dir}/x`,
      `\nlrwx 1 0 0 0 Jan 1 00:00 /proc/${other.pid}/cwd -> ${dir}/x`,
    ];
    const inside = await Promise.all(
      deceits.map((deceit) => {
        const place = `${dir}/${deceit}`;
        mkdirSync(place, { recursive: true });
        return idleProcess(place);
      }),
    );
    const child = start(newMark(), dir, "");
    child.stdin.end();
    await once(child, "exit");
    await Promise.all(inside.map(endOf));
    expect(isLiving(other)).toBe(true);
  });

  it("ends the run at its deadline, and not by a deadline that it cannot read", async () => {
    const dir = path.join(temporaryFolder("watchdog"), "run");
    mkdirSync(dir);
    const deadline = `${dir}.deadline`;
    writeFileSync(deadline, "0\n");
    const unreadable = `${dir}.unreadable`;
    writeFileSync(unreadable, "garbage\n");
    const [mark, sparedMark] = [newMark(), newMark()];
    const own = await idleProcess("/", marked(mark));
    const spared = await idleProcess("/", marked(sparedMark));
    const doubtful = start(sparedMark, dir, unreadable);
    await once(doubtful.stdout, "data"); // its seconds began before those of the other
    const child = start(mark, dir, deadline);
    expect(await endOf(own)).toBe("SIGKILL");
    expect(isLiving(spared)).toBe(true);
    for (const watchdog of [child, doubtful]) {
      watchdog.stdin.end("done\n");
      await once(watchdog, "exit");
    }
    expect(processesWith(dir)).toEqual([]);
  });

  it("leaves nobody who watches a deadline that is gone, even when it was killed itself", async () => {
    const dir = path.join(temporaryFolder("watchdog"), "run");
    const deadline = `${dir}.deadline`;
    writeFileSync(deadline, "999999999\n");
    const child = start(newMark(), dir, deadline);
    await once(child.stdout, "data");
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(processesWith(deadline).length).toBe(1);
    rmSync(deadline);
    await expect.poll(() => processesWith(deadline)).toEqual([]);
  });
});

it("Watchdog.start says why when it does not watch", async () => {
  const starting = Watchdog.start({ mark: "", dir: "/tmp/x", deadlineFile: null }, 0);
  await expect(starting).rejects.toThrow(/cannot begin without its watchdog: watchdog\.sh: the mark is ''/);
});

it("a watchdog that a step has killed holds nobody up", async () => {
  const mark = newMark();
  const dir = path.join(temporaryFolder("watchdog"), "run");
  const deadlineFile = `${dir}.deadline`;
  const watchdog = await Watchdog.start({ mark, dir, deadlineFile }, 1_000);
  for (const pid of processesWith(mark)) process.kill(pid, "SIGKILL");
  await expect.poll(() => processesWith(mark)).toEqual([]);
  await watchdog.release();
  await watchdog.extend(1_000);
  expect(readdirSync(path.dirname(dir))).toEqual([]);
});
