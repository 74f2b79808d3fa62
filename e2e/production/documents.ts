import { readFileSync } from "node:fs";
import path from "node:path";

const FOLDER = path.resolve(import.meta.dirname, "../../docs/production");

/** What a unit of `docs/production/` starts, and with which variables of its own. */
export interface Unit {
  script: string;
  env: Record<string, string>;
}

/** Reads a unit. Throws an Error when it starts anything but one of our scripts on the system's Node. */
export function readUnit(name: "web" | "timer" | "worker"): Unit {
  const lines = readFileSync(path.join(FOLDER, `selfserve-${name}.service`), "utf8").split("\n");
  const valuesOf = (key: string) =>
    lines.flatMap((line) => (line.startsWith(`${key}=`) ? [line.slice(key.length + 1)] : []));
  const command = valuesOf("ExecStart").join("\n");
  const script = /^\/usr\/bin\/node --disable-warning=ExperimentalWarning (lib\/\S+)$/.exec(command)?.[1];
  if (!script) throw new Error(`The unit of ${name} starts "${command}", not a script of ours.`);
  const variables = valuesOf("Environment").flatMap((line) => line.split(" "));
  return { script, env: Object.fromEntries(variables.map(halves)) };
}

/** The names of the variables that the page tells operators to write into an environment file: `env` or `worker.env`. */
export function namesOfEnvironment(first: string): string[] {
  const page = readFileSync(path.join(FOLDER, "README.md"), "utf8");
  const block = page.split(/^ *```$/m).find((text) => text.trimStart().startsWith(`${first}=`));
  if (!block) throw new Error(`The page has no block that begins with ${first}.`);
  return block
    .trim()
    .split("\n")
    .map((line) => halves(line.trim())[0]);
}

/** The proxy's configuration with these of its texts replaced, each of which it must have. */
export function readProxyConfig(replacements: readonly (readonly [string, string])[]): string {
  let text = readFileSync(path.join(FOLDER, "nginx.conf"), "utf8");
  for (const [old, value] of replacements) {
    if (!text.includes(old)) throw new Error(`nginx.conf has no "${old}" any more.`);
    text = text.replaceAll(old, value);
  }
  return text;
}

function halves(line: string): [string, string] {
  const at = line.indexOf("=");
  return [line.slice(0, at), line.slice(at + 1)];
}
