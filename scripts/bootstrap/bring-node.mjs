import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { npm } from "./npm.mjs";

/** The first version that runs TypeScript files without a build. */
const WANTED = [22, 18];
const BROUGHT = "24.21.0";

/**
 * The Node to run everything with: this one when it is recent enough, else one from the npm registry, kept in `folder`.
 * @param {string} folder
 * @returns {string} the path of the executable
 */
export function bringNode(folder) {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > WANTED[0] || (major === WANTED[0] && minor >= WANTED[1])) return process.execPath;

  // The packages that hold the executable alone, so that no install script has to run.
  const prefix = process.platform === "darwin" && process.arch === "arm64" ? "node-bin" : "node";
  const name = `${prefix}-${process.platform}-${process.arch}`;
  const executable = path.join(folder, "node_modules", name, "bin", "node");
  const complete = path.join(folder, "node_modules", ".package-lock.json"); // npm writes it last
  if (existsSync(executable) && existsSync(complete)) return executable;

  console.log(`· This is Node ${process.versions.node}; bringing Node ${BROUGHT} (40 MB) …`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, "package.json"), '{ "private": true }\n');
  const { status, stderr } = npm(process.execPath, ["install", "--prefix", folder, `${name}@${BROUGHT}`], folder);
  const works = status === 0 && spawnSync(executable, ["--version"]).status === 0;
  if (works) return executable;
  throw new Error(
    `${stderr.trim()}\nNode ${WANTED.join(".")} or newer is needed, and bringing it from the npm registry failed. ` +
      "Install it yourself (https://nodejs.org) and try again.",
  );
}
