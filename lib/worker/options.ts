import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { availableParallelism, hostname } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";

/** A pool that this worker serves, with the registration token that lets it. */
export interface PoolOption {
  name: string;
  token: string;
}

/** Who the steps run as. */
export interface RunAs {
  uid: number;
  gid: number;
}

/** Everything an agent is told at its start. */
export interface AgentOptions {
  server: URL;
  name: string;
  pools: readonly PoolOption[];
  slots: number;
  /** Absolute. Holds object stores, the artifact cache and the directories of runs. */
  workDir: string;
  /** Null: steps run as the agent's own user. */
  runAs: RunAs | null;
  /** Words put before every step's command; `{dir}` stands for the run's directory. */
  wrapper: readonly string[];
  /** 1 is an ordinary machine; higher is faster. */
  speed: number;
  /** How much the cache of needed artifacts may hold. */
  cacheBytes: number;
  /** The PATH of steps. */
  stepPath: string;
  /** What git needs to fetch: the agent's own identity, which no step sees. */
  gitEnv: Readonly<Record<string, string>>;
}

/** The start cannot go on; the message says which option is wrong and what would be right. */
export class OptionError extends Error {}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const GIT_VARIABLES = [
  "PATH",
  "HOME",
  "SSH_AUTH_SOCK",
  "GIT_SSH_COMMAND",
  "http_proxy",
  "https_proxy",
  "HTTPS_PROXY",
  "no_proxy",
  "NO_PROXY",
  "SSL_CERT_FILE",
];

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads flags, then variables, then defaults; null when help was asked for. Throws OptionError. */
export function readOptions(argv: readonly string[], env: Environment): AgentOptions | null {
  const values = readFlags(argv);
  if (values.help) return null;
  const pick = (flag: string | undefined, variable: string) => flag ?? (env[variable] || undefined);
  const pools = pick(values.pools, "SELFSERVE_POOLS") ?? "";
  return {
    server: readServer(pick(values.server, "SELFSERVE_SERVER") ?? "http://127.0.0.1:3000"),
    name: readName(pick(values.name, "SELFSERVE_WORKER") ?? hostname(), "--name"),
    pools: readPools(pools, readTokenText(pick(values["token-file"], "SELFSERVE_TOKEN_FILE"), env.SELFSERVE_TOKEN)),
    slots: readNumber("--slots", pick(values.slots, "SELFSERVE_SLOTS"), defaultSlots(), 1, 256, true),
    workDir: readWorkDir(pick(values["work-dir"], "SELFSERVE_WORK_DIR") ?? "worker"),
    runAs: readRunAs(pick(values["run-as"], "SELFSERVE_RUN_AS")),
    wrapper: (pick(values.wrapper, "SELFSERVE_WRAPPER") ?? "").split(/\s+/).filter((word) => word !== ""),
    speed: readNumber("--speed", pick(values.speed, "SELFSERVE_SPEED"), 1, 0.001, 1_000, false),
    cacheBytes: readNumber(
      "--cache-bytes",
      pick(values["cache-bytes"], "SELFSERVE_CACHE_BYTES"),
      5 * 2 ** 30,
      0,
      2 ** 50,
      true,
    ),
    stepPath: pick(values["step-path"], "SELFSERVE_STEP_PATH") ?? env.PATH ?? DEFAULT_PATH,
    gitEnv: Object.fromEntries(GIT_VARIABLES.flatMap((name) => (env[name] ? [[name, env[name]]] : []))),
  };
}

function readFlags(argv: readonly string[]) {
  const text = { type: "string" } as const;
  try {
    return parseArgs({
      args: [...argv],
      options: {
        help: { type: "boolean" },
        server: text,
        name: text,
        pools: text,
        "token-file": text,
        slots: text,
        "work-dir": text,
        "run-as": text,
        wrapper: text,
        "step-path": text,
        speed: text,
        "cache-bytes": text,
      },
    }).values;
  } catch (cause) {
    throw new OptionError(`${cause instanceof Error ? cause.message : cause} Ask for --help to see all options.`);
  }
}

function defaultSlots(): number {
  return Math.max(1, Math.floor(availableParallelism() / 2));
}

function readServer(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== "") {
    throw new OptionError(
      `--server is ${JSON.stringify(text)}; it must be an http or https address without a user name.`,
    );
  }
  return url;
}

function readName(text: string, option: string): string {
  if (NAME.test(text)) return text;
  throw new OptionError(
    `${option} is ${JSON.stringify(text)}; a name has 1 to 63 letters, digits, dots, dashes or underscores and starts with a letter or digit.`,
  );
}

function readWorkDir(text: string): string {
  const dir = path.resolve(text);
  if (dir !== path.dirname(dir)) return dir;
  throw new OptionError(`--work-dir is ${JSON.stringify(text)}; it must be a directory of the agent's own, not /.`);
}

function readTokenText(file: string | undefined, text: string | undefined): string {
  if (file === undefined) return text ?? "";
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new OptionError(`--token-file ${file} cannot be read: ${cause instanceof Error ? cause.message : cause}`);
  }
}

function readPools(list: string, tokenText: string): PoolOption[] {
  const names = list
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  if (names.length === 0) throw new OptionError("--pools names no pool; name at least one, such as --pools linux.");
  const lines = tokenText
    .split(/[\n,]/)
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const tokens = new Map<string, string>();
  for (const line of lines) {
    const at = line.indexOf("=");
    if (at !== -1) tokens.set(line.slice(0, at).trim(), line.slice(at + 1).trim());
  }
  const common = lines.find((line) => !line.includes("="));
  return [...new Set(names)].map((name) => {
    const token = tokens.get(readName(name, "--pools")) ?? common;
    if (token) return { name, token };
    throw new OptionError(`Pool ${name} has no registration token; give it by --token-file or SELFSERVE_TOKEN.`);
  });
}

function readNumber(
  option: string,
  text: string | undefined,
  fallback: number,
  min: number,
  max: number,
  whole: boolean,
) {
  const value = text === undefined ? fallback : Number(text);
  if (Number.isFinite(value) && value >= min && value <= max && (!whole || Number.isInteger(value))) return value;
  throw new OptionError(
    `${option} is ${JSON.stringify(text)}; it must be a ${whole ? "whole " : ""}number from ${min} to ${max}.`,
  );
}

function readRunAs(text: string | undefined): RunAs | null {
  if (text === undefined) return null;
  if (process.getuid?.() !== 0) throw new OptionError("--run-as needs an agent that is run by root.");
  const ids = /^(\d+):(\d+)$/.exec(text);
  if (ids) return { uid: Number(ids[1]), gid: Number(ids[2]) };
  try {
    const id = (flag: string) =>
      Number(execFileSync("id", [flag, "--", text], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }));
    return { uid: id("-u"), gid: id("-g") };
  } catch {
    throw new OptionError(`--run-as is ${JSON.stringify(text)}; there is no such user. Give a name or UID:GID.`);
  }
}
