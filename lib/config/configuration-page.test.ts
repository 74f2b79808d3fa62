import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { z } from "zod";
import { InTreeConfig } from "../contracts/in-tree-config.ts";
import { ServerConfig } from "../contracts/server-config.ts";

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
