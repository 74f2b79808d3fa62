import { spawnSync } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";

/**
 * Runs the npm that started us, on the given Node, quietly. Its error output is given back.
 * @param {string} node
 * @param {string[]} args
 * @param {string} cwd
 */
export function npm(node, args, cwd) {
  const quiet = ["--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"];
  const own = process.env.npm_execpath;
  const [command, first] = own?.endsWith(".js") ? [node, [own]] : ["npm", []];
  return spawnSync(command, [...first, ...args, ...quiet], {
    cwd,
    encoding: "utf8",
    stdio: ["ignore", "ignore", "pipe"],
    env: {
      ...process.env,
      PATH: `${path.dirname(node)}${path.delimiter}${process.env.PATH}`,
      // npm 10 runs every package's install script: this one would download an engine that we replace.
      PRISMA_SCHEMA_ENGINE_BINARY: fileURLToPath(new URL("../prisma/schema-engine.ts", import.meta.url)),
    },
  });
}
