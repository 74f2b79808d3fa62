import { afterEach, expect, it, vi } from "vitest";
import { ensureInstalled, findChromium, findProgram } from "./packages.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

it("finds programs on the PATH, and nothing that is not there", () => {
  expect(findProgram("sh")).toMatch(/\/sh$/);
  expect(findProgram("no-such-program")).toBeUndefined();
  vi.stubEnv("PATH", "/nowhere");
  expect(findProgram("git")).toBeUndefined();
  expect(findChromium()).toBeUndefined();
});

it("installs nothing when all is there", async () => {
  const told: string[] = [];
  await ensureInstalled(["redis", "openldap", "git"], (what) => told.push(what));
  expect(told).toEqual([]);
});

it("says in one sentence what to do where nothing can be installed", async () => {
  vi.stubEnv("PATH", "/nowhere"); // no apt-get, no brew, no git
  await expect(ensureInstalled(["git"], () => {})).rejects.toThrow("Git is missing on this machine: install git.");
  await expect(ensureInstalled(["git", "c compiler"], () => {})).rejects.toThrow(
    /^Git and a C compiler are missing on this machine: .*start with --no-demo\.$/,
  );
});
