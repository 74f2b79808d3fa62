// Runs scripts/<command>.ts on a machine that has nothing but Node (20 or newer) and npm: brings a recent Node when this one is too
// old, installs the packages when they are not those of the lock file, and writes the database client when the schema changed.
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { bringNode } from "./bootstrap/bring-node.mjs";
import { generateClient } from "./bootstrap/generate-client.mjs";
import { installPackages } from "./bootstrap/install-packages.mjs";
import { withLock } from "./bootstrap/lock.mjs";
import { runCommand } from "./bootstrap/run-command.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const [command = "", ...args] = process.argv.slice(2);
const script = path.join(root, "scripts", `${command}.ts`);
const help = path.join(root, "scripts", command, "help.txt");

if (!existsSync(script)) {
  console.error(`There is no command "${command}". See "scripts" in package.json for those that exist.`);
  process.exit(2);
}
if (existsSync(help) && (args.includes("--help") || args.includes("-h"))) {
  process.stdout.write(readFileSync(help, "utf8"));
  process.exit(0);
}

try {
  const data = path.join(root, ".data");
  mkdirSync(data, { recursive: true });
  const node = await withLock(path.join(data, "bootstrap.lock"), () => {
    const found = bringNode(path.join(data, "node"));
    installPackages(root, found);
    generateClient(root, found);
    return found;
  });
  process.exitCode = await runCommand(node, script, args, root);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
