import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";

/** A published version of a package, unpacked. */
export interface PublishedVersion {
  version: string;
  folder: string;
  /** When it was published, in seconds since 1970. */
  at: number;
  author: { name: string; mail: string };
}

const run = promisify(execFile);
const FETCH_TIMEOUT_MS = 120_000;
/** Packages that newer npms packed carry one date for all files, of 1985. */
const FIRST_REAL_DATE = Date.UTC(2009, 0, 1) / 1000;

/**
 * Fetches versions of a package from the registry, oldest first, and unpacks them into `folder`; what is there already is not fetched again.
 * Throws an Error in one sentence when the registry cannot be reached or does not have them.
 */
export async function fetchVersions(
  name: string,
  versions: readonly string[],
  folder: string,
  abort?: AbortSignal,
): Promise<PublishedVersion[]> {
  mkdirSync(folder, { recursive: true });
  const missing = versions.filter((version) => !existsSync(path.join(folder, version)));
  if (missing.length > 0) {
    try {
      const specs = missing.map((version) => `${name}@${version}`);
      await npm(["pack", "--ignore-scripts", ...specs], folder, abort);
    } catch (cause) {
      throw new Error(`The package ${name} cannot be fetched from the npm registry: ${reasonOf(cause)}`, { cause });
    }
    for (const version of missing) await unpack(name, version, folder);
  }
  const dates = await datesOf(name, versions, folder, abort);
  return versions.map((version, index) => ({
    version,
    folder: path.join(folder, version),
    at: dates[index] ?? FIRST_REAL_DATE,
    author: authorOf(path.join(folder, version), name),
  }));
}

async function unpack(name: string, version: string, folder: string): Promise<void> {
  const archive = path.join(folder, `${name}-${version}.tgz`);
  const draft = path.join(folder, `${version}.new`);
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft);
  await run("tar", ["-xzf", archive, "-C", draft, "--strip-components=1"], { timeout: FETCH_TIMEOUT_MS });
  renameSync(draft, path.join(folder, version));
  rmSync(archive);
}

/**
 * When each version was published. A mirror may tell when it took its own copy instead, which shows in versions that would be older than
 * those before them; then the newest file of each version says it.
 */
async function datesOf(
  name: string,
  versions: readonly string[],
  folder: string,
  abort?: AbortSignal,
): Promise<number[]> {
  const told = await registryDates(name, versions, abort);
  if (told?.every((at, index) => at >= (told[index - 1] ?? 0))) return told;
  const dates: number[] = [];
  for (const [index, version] of versions.entries()) {
    const newest = newestFile(path.join(folder, version));
    const at = newest >= FIRST_REAL_DATE ? newest : (told?.[index] ?? FIRST_REAL_DATE);
    dates.push(Math.max(at, (dates.at(-1) ?? 0) + 60));
  }
  return dates;
}

async function registryDates(name: string, versions: readonly string[], abort?: AbortSignal): Promise<number[] | null> {
  try {
    const times: unknown = JSON.parse(await npm(["view", name, "time", "--json"], process.cwd(), abort));
    const dates = versions.map((version) => Date.parse(String(Reflect.get(Object(times), version))) / 1000);
    return dates.every(Number.isFinite) ? dates.map(Math.floor) : null;
  } catch {
    return null;
  }
}

function newestFile(folder: string): number {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
  return Math.max(
    0,
    ...files.map((file) => Math.floor(statSync(path.join(file.parentPath, file.name)).mtimeMs / 1000)),
  );
}

function authorOf(folder: string, name: string): { name: string; mail: string } {
  const { author } = JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8")) as { author?: unknown };
  const text =
    typeof author === "string"
      ? author
      : `${Reflect.get(Object(author), "name")} <${Reflect.get(Object(author), "email")}>`;
  const [, person = "", mail = ""] = /^([^<(]+?)\s*<([^>]+)>/.exec(text) ?? [];
  return { name: person || `${name} authors`, mail: mail || `${name}@example.org` };
}

/** The npm that started us, or the one on the PATH. */
async function npm(args: readonly string[], cwd: string, abort?: AbortSignal): Promise<string> {
  const own = process.env.npm_execpath;
  const [command, first] = own?.endsWith(".js") ? [process.execPath, [own]] : ["npm", []];
  const quiet = ["--loglevel=error", "--no-update-notifier", "--fetch-retries=1"];
  const { stdout } = await run(command, [...first, ...args, ...quiet], {
    cwd,
    timeout: FETCH_TIMEOUT_MS,
    maxBuffer: 64 * 1024 * 1024,
    ...(abort && { signal: abort }),
  });
  return stdout;
}

function reasonOf(error: unknown): string {
  const said = error instanceof Error && "stderr" in error ? String(error.stderr) : String(error);
  const line = said.split("\n").find((one) => one.trim() !== "") ?? "npm ended without a word";
  return line.trim().slice(0, 200);
}
