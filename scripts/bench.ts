// npm run bench -- NAME: one benchmark of bench/, which prints one JSON line per figure.
import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { runTool } from "./test/run-tool.ts";

const root = path.resolve(import.meta.dirname, "..");
const folder = path.join(root, "bench");
const [name = "", ...args] = process.argv.slice(2);
const script = path.join(folder, `${name}.ts`);

if (/^[a-z-]+$/.test(name) && existsSync(script)) {
  process.exitCode = await runTool(script, args, root, process.env);
} else {
  const names = existsSync(folder)
    ? readdirSync(folder).filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
    : [];
  const known = names.map((file) => file.slice(0, -3)).join(", ");
  console.error(
    `Name a benchmark: ${known ? `npm run bench -- NAME, where NAME is one of ${known}.` : "there is none yet."}`,
  );
  process.exitCode = 2;
}
