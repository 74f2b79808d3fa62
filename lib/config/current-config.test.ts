import { writeFileSync } from "node:fs";
import path from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { CurrentConfig } from "./current-config.ts";

const SOUND = "version: 1\nroles: { developer: [d], sheriff: [], admin: [] }\n";
const BROKEN = [
  { file: "selfserve.yml", line: 2, key: "pols", message: expect.stringContaining("did you mean pools?") },
];

function configOf(text: string) {
  const file = path.join(temporaryFolder(), "selfserve.yml");
  writeFileSync(file, text);
  const config = new CurrentConfig(file, {}, () => {});
  onTestFinished(() => config.close());
  return { file, config };
}

it("tells what is wrong with the file as it is now, and keeps the roles of the last sound one", async () => {
  const { file, config } = configOf(SOUND);
  expect(await config.errors()).toEqual([]);
  writeFileSync(file, "version: 1\npols: []\n");
  expect(await config.errors()).toMatchObject(BROKEN);
  await expect(config.check()).rejects.toThrow("is not sound");
  expect(await config.roles()).toMatchObject({ developer: ["d"] });
  writeFileSync(file, `${SOUND}pools: []\n`);
  expect(await config.errors()).toEqual([]);
  await config.check();
});

it("tells what is wrong with a file that was never sound, and gives nobody a role", async () => {
  const { config } = configOf("version: 1\npols: []\n");
  expect(await config.errors()).toMatchObject(BROKEN);
  expect(await config.roles()).toEqual({ developer: [], sheriff: [], admin: [] });
});
