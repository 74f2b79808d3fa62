import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { z } from "zod";
import { InTreeConfig } from "../contracts/in-tree-config.ts";
import { ServerConfig } from "../contracts/server-config.ts";
import { checkInTreeConfig } from "../pushes/in-tree-config.ts";
import { HELP } from "../worker/help.ts";

const PAGE = readFileSync(path.resolve(import.meta.dirname, "../../docs/configuration.md"), "utf8");

function keysOf(schema: unknown): string[] {
  if (typeof schema !== "object" || schema === null) return [];
  const own =
    "properties" in schema && typeof schema.properties === "object" ? Object.keys(schema.properties ?? {}) : [];
  return [...own, ...Object.values(schema).flatMap(keysOf)];
}

it.each([
  ["selfserve.yml", ServerConfig],
  [".selfserve.yml", InTreeConfig],
])("the page on configuration names every key of %s", (_file, schema) => {
  const keys = keysOf(z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }));
  expect(keys.length).toBeGreaterThan(12);
  expect(keys.filter((key) => key !== "version" && !PAGE.includes(`\`${key}\``))).toEqual([]);
});

it("names every option of a worker and its variable", () => {
  const words = HELP.match(/--[a-z-]+|SELFSERVE_[A-Z_]+/g) ?? [];
  expect(words.length).toBeGreaterThan(20);
  expect([...new Set(words)].filter((word) => word !== "--help" && !PAGE.includes(`\`${word}\``))).toEqual([]);
});

it("has an example of a suite in chunks that is sound", () => {
  const [, example = ""] = /```yaml\n([\s\S]*?)```/.exec(PAGE) ?? [];
  const facts = { branch: "main", trustLevel: 1, pools: [{ name: "linux", trustLevel: 1 }] };
  const result = checkInTreeConfig(Buffer.from(`version: 1\nbuilders:\n${example}`), facts);
  expect(result.ok && result.definitions.map(({ name }) => name)).toEqual(["tests-1", "tests-2", "tests-3"]);
});
