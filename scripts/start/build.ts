import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";

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
/** What Next says when it finds its own lock. */
const ANOTHER_BUILDS = "Another next build process is already running";
const PATIENCE_MS = 300_000;

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

/** Makes the production build; waits for another one of the same. Throws an Error with the end of its output when it fails. */
export async function build(options: BuildOptions): Promise<void> {
  const { root, distDir, logFile, stopRequest } = options;
  mkdirSync(path.dirname(logFile), { recursive: true });
  for (const began = performance.now(); ; ) {
    const hash = hashSources(root);
    const { code, output } = await nextBuild(options);
    stopRequest?.throwIfAborted();
    writeFileSync(logFile, output);
    if (code === 0) return writeFileSync(path.join(root, distDir, STAMP), hash);
    if (!output.includes(ANOTHER_BUILDS) || performance.now() - began > PATIENCE_MS) {
      const end = output.trim().split("\n").slice(-30).join("\n");
      throw new Error(`The build failed. The end of ${logFile} says:\n${end}`);
    }
    await wait(1000);
    if (isBuilt(options)) return; // the other one has done it
  }
}

async function nextBuild({ root, distDir, stopRequest }: BuildOptions): Promise<{ code: unknown; output: string }> {
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
  return { code, output };
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
