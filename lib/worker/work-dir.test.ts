import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { endOf, idleProcess, isLiving } from "../testing/bystander.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { closeWorkDir, openWorkDir } from "./work-dir.ts";

it("ends only the processes in the directories that dead agents left, and removes those", async () => {
  const workDir = temporaryFolder("work");
  const leftovers = [path.join(workDir, "runs", randomUUID(), "5", "checkout"), path.join(workDir, "runs", "odd")];
  const fetching = path.join(workDir, "stores", "1", "app.git");
  const beside = path.join(workDir, "runs-of-others");
  for (const dir of [...leftovers, fetching, beside]) mkdirSync(dir, { recursive: true });
  const own = await Promise.all([...leftovers, fetching].map((dir) => idleProcess(dir)));
  const others = await Promise.all([workDir, beside, "/", path.dirname(workDir)].map((dir) => idleProcess(dir)));
  const boot = randomUUID();
  await openWorkDir(workDir, boot);
  expect(await Promise.all(own.map(endOf))).toEqual(["SIGKILL", "SIGKILL", "SIGKILL"]);
  expect(others.map(isLiving)).toEqual([true, true, true, true]);
  expect(readdirSync(path.join(workDir, "runs"))).toEqual([boot]);
  expect(existsSync(fetching)).toBe(true);
});

it("ends nobody when there is nothing left over", async () => {
  const other = await idleProcess("/");
  const workDir = temporaryFolder("work");
  const runs = await openWorkDir(workDir, randomUUID());
  await closeWorkDir(workDir, runs);
  await openWorkDir(workDir, randomUUID());
  expect(isLiving(other)).toBe(true);
});

it("answers the real place of a work directory that is a link, because processes are found by it", async () => {
  const workDir = temporaryFolder("work");
  const link = path.join(temporaryFolder("link"), "to-work");
  symlinkSync(workDir, link);
  const boot = randomUUID();
  expect(await openWorkDir(link, boot)).toBe(path.join(workDir, "runs", boot));
});

it("takes a lock over whose process number is somebody else's by now", async () => {
  const workDir = temporaryFolder("work");
  const other = await idleProcess("/");
  writeFileSync(path.join(workDir, "agent.lock"), `${other.pid} 1\n`);
  await openWorkDir(workDir, randomUUID());
  expect(isLiving(other)).toBe(true);
});
