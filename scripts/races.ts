// npm run races [-- --pairs N]: every race of two verbs on one job, 5,000 times each unless told otherwise.
import path from "node:path";
import { parseArgs } from "node:util";
import { runTool } from "./test/run-tool.ts";

const root = path.resolve(import.meta.dirname, "..");
const { values } = parseArgs({ options: { pairs: { type: "string", default: "5000" } } });
if (!/^[1-9]\d{0,6}$/.test(values.pairs)) {
  console.error(`--pairs is ${values.pairs}; it must be a whole number from 1.`);
  process.exit(2);
}
process.exitCode = await runTool(
  path.join(root, "node_modules/vitest/vitest.mjs"),
  ["run", "--testTimeout=3600000", ".races.test.ts"],
  root,
  { ...process.env, RACE_PAIRS: values.pairs },
);
