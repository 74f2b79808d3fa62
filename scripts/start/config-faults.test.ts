import { writeFileSync } from "node:fs";
import path from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { temporaryFolder } from "../../lib/testing/temporary-folder.ts";
import { tellConfigFaults } from "./config-faults.ts";

it("says once what is wrong with the configuration, by line, and once that it is sound again", async () => {
  const file = path.join(temporaryFolder(), "selfserve.yml");
  writeFileSync(file, "version: 1\n");
  const said: string[] = [];
  onTestFinished(tellConfigFaults(file, {}, (text) => said.push(text), 20));
  writeFileSync(file, "version: 1\npols: []\n");
  await vi.waitFor(() => expect(said).toHaveLength(1), { timeout: 10_000 });
  expect(said[0]).toMatch(/ is broken; what it said last stays in force:\n {2}selfserve\.yml:2 .*did you mean pools\?/);
  writeFileSync(file, "version: 1\npools: []\n");
  await vi.waitFor(() => expect(said).toHaveLength(2), { timeout: 10_000 });
  expect(said[1]).toBe(`${file} is sound again.`);
});
