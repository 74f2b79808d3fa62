import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";

/** What the pages are made of. Tests are not part of them. */
const SOURCES = [
  "app",
  "lib",
  "public",
  "proxy.ts",
  "next.config.mjs",
  "postcss.config.mjs",
  "tsconfig.json",
  "package-lock.json",
];
const STAMP = "built-from";

/** Where a production build goes. */
export interface BuildOptions {
  /** The project's folder. */
  root: string;
  /** Relative to it. */
  distDir: string;
  /** Takes the output of the build. */
  logFile: string;
  /** Gives up when aborted. */
  stopRequest?: AbortSignal | undefined;
}

/** Whether the last build was made from the sources of now. */
export function isBuilt(options: BuildOptions): boolean {
  try {
    return readFileSync(path.join(options.root, options.distDir, STAMP), "utf8") === hashSources(options.root);
  } catch {
    return false;
  }
}

/** Makes the production build. Throws an Error with the end of its output when it fails. */
export async function build({ root, distDir, logFile, stopRequest }: BuildOptions): Promise<void> {
  const hash = hashSources(root);
  const dist = path.join(root, distDir);
  rmSync(path.join(dist, STAMP), { force: true });
  mkdirSync(path.dirname(logFile), { recursive: true });

  const child = spawn(process.execPath, [path.join(root, "node_modules/next/dist/bin/next"), "build"], {
    cwd: root,
    env: { ...process.env, NODE_ENV: "production", NEXT_DIST_DIR: distDir, NEXT_TELEMETRY_DISABLED: "1" },
    stdio: ["ignore", "pipe", "pipe"],
    ...(stopRequest && { signal: stopRequest }),
  });
  let output = "";
  const collect = (data: Buffer) => {
    output += data.toString("utf8");
  };
  child.stdout.on("data", collect);
  child.stderr.on("data", collect);
  const code = await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  writeFileSync(logFile, output);
  if (code !== 0)
    throw new Error(
      `The build failed. The end of ${logFile} says:\n${output.trim().split("\n").slice(-30).join("\n")}`,
    );
  writeFileSync(path.join(dist, STAMP), hash);
}

function hashSources(root: string): string {
  const hash = createHash("sha256");
  for (const source of SOURCES) {
    for (const file of filesOf(path.join(root, source)))
      hash.update(path.relative(root, file)).update("\0").update(readFileSync(file));
  }
  return hash.digest("hex");
}

function filesOf(place: string): string[] {
  const info = statSync(place, { throwIfNoEntry: false });
  if (!info) return [];
  if (!info.isDirectory()) return [place];
  return readdirSync(place, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.test\.tsx?$/.test(entry.name) && entry.name !== ".written-for")
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
}
