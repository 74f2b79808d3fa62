import { spawn } from "node:child_process";
import path from "node:path";
import { checkArrows } from "./arrows.ts";
import { checkDocuments } from "./documents.ts";
import { checkSources } from "./sources.ts";

/** One thing that was checked. */
export interface CheckResult {
  name: string;
  seconds: number;
  /** What is wrong, for people; empty when all is well. */
  complaints: string;
}

/** Runs all checks that need no services, side by side. */
export async function runChecks(root: string): Promise<CheckResult[]> {
  const bin = (name: string) => path.join(root, "node_modules/.bin", name);
  const checks: [name: string, check: () => Promise<string>][] = [
    ["format and lint (biome)", () => run(bin("biome"), ["ci", "--colors=off"], root)],
    ["types (tsc)", () => run(bin("tsc"), ["--noEmit", "--project", "."], root)],
    ["arrows (dependency-cruiser)", async () => (await checkArrows(root)).join("\n")],
    ["dead code (knip)", () => run(bin("knip"), ["--no-progress"], root)],
    ["environment and agent imports", async () => checkSources(root).join("\n")],
    ["paths in the documents", async () => checkDocuments(root).join("\n")],
  ];
  return Promise.all(
    checks.map(async ([name, check]) => {
      const began = performance.now();
      const complaints = await check();
      return { name, complaints, seconds: (performance.now() - began) / 1000 };
    }),
  );
}

/** Prints one line for each check, and the complaints. */
export function printChecks(results: CheckResult[]): void {
  for (const { name, seconds, complaints } of results) {
    console.log(`${complaints ? "✗" : "✓"} ${name} (${seconds.toFixed(1)} s)`);
    if (complaints) console.log(complaints.replaceAll(/^/gm, "    "));
  }
}

/** Runs a tool; resolves to its output when it found something, else to nothing. */
function run(command: string, args: string[], cwd: string): Promise<string> {
  const child = spawn(command, args, {
    cwd,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, NO_COLOR: "1" },
  });
  let output = "";
  const collect = (data: Buffer) => {
    output += data.toString("utf8");
  };
  child.stdout.on("data", collect);
  child.stderr.on("data", collect);
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(`${command} could not be run: ${error.message}`));
    child.once("close", (code) => resolve(code === 0 ? "" : output.trim() || `${command} ended with code ${code}.`));
  });
}
