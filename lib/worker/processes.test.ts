import { mkdirSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { endOf, idleProcess, isLiving } from "../testing/bystander.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { type Family, findFamily, forgetEmptyGroups, killFamily, newMark } from "./processes.ts";

function folder(name: string): string {
  const dir = path.join(temporaryFolder("family"), name);
  mkdirSync(dir);
  return dir;
}

const sound = { mark: null, dir: "/nowhere/at-all", groups: new Set<number>() };

describe("a family that could match others", () => {
  it.each<[string, Partial<Family>]>([
    ["an empty mark", { mark: "" }],
    ["a mark without a value", { mark: "SELFSERVE_RUN_MARK=" }],
    ["a mark that is not ours", { mark: "HOME=/root" }],
    ["no directory", { dir: "" }],
    ["the root", { dir: "/" }],
    ["a directory below the root", { dir: "/tmp" }],
    ["a relative directory", { dir: "some/where" }],
    ["a directory with dots", { dir: "/tmp/x/.." }],
    ["a directory with a slash at its end", { dir: "/nowhere/at-all/" }],
    ["group 0", { groups: new Set([0]) }],
    ["group 1", { groups: new Set([1]) }],
    ["a negative group", { groups: new Set([-5]) }],
    ["a group that is no number", { groups: new Set([Number.NaN]) }],
  ])("is refused: %s", async (_, part) => {
    await expect(findFamily({ ...sound, ...part })).rejects.toThrow(/ of a run is /);
    await expect(killFamily({ ...sound, ...part })).rejects.toThrow(/ of a run is /);
  });
});

describe("killFamily", () => {
  it("lets unrelated processes of the same user live when the mark is not known", async () => {
    const dir = folder("run");
    const own = await idleProcess(dir);
    const others = await Promise.all([
      idleProcess(path.dirname(dir)),
      idleProcess(folder("run")),
      idleProcess("/"),
      idleProcess("/", { EMPTY: "" }),
    ]);
    expect(await killFamily({ mark: null, dir, groups: new Set() })).toBe(true);
    expect(await endOf(own)).toBe("SIGKILL");
    expect(others.map(isLiving)).toEqual([true, true, true, true]);
  });

  it("finds its own by mark, by directory and by group, and nobody with another mark", async () => {
    const dir = folder("run");
    const mark = newMark();
    const variable = (text: string) => ({ SELFSERVE_RUN_MARK: text.split("=")[1] ?? "" });
    const marked = await idleProcess("/", variable(mark));
    const inside = await idleProcess(dir);
    const grouped = await idleProcess("/");
    const other = await idleProcess("/", variable(newMark()));
    const family = { mark, dir, groups: new Set([grouped.pid ?? 0]) };
    expect((await findFamily(family)).sort()).toEqual([marked.pid, inside.pid, grouped.pid].sort());
    expect(await killFamily(family)).toBe(true);
    await Promise.all([marked, inside, grouped].map(endOf));
    expect(isLiving(other)).toBe(true);
  });
});

it("forgetEmptyGroups keeps the groups that have processes", async () => {
  const living = await idleProcess("/");
  const dead = await idleProcess("/");
  const groups = new Set([living.pid ?? 0, dead.pid ?? 0]);
  dead.kill("SIGKILL");
  await endOf(dead);
  expect(forgetEmptyGroups({ ...sound, groups })).toEqual([dead.pid]);
  expect([...groups]).toEqual([living.pid]);
});
