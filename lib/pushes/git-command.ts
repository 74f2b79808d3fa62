import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { SourceError } from "../scheduler/source-control.ts";
import type { GitVariables } from "./git-environment.ts";

/** How git is run: its whole environment, and where. */
export interface GitPlace {
  cwd: string;
  env: GitVariables;
}

interface GitOptions {
  timeoutMs: number;
  abort?: AbortSignal | undefined;
  /** More output than this is an error; 32 MiB by default. */
  maxBytes?: number;
  input?: string;
  /** Exit codes that are answers, not failures; 0 by default. */
  codes?: readonly number[];
}

/** What git answered. */
export interface GitAnswer {
  code: number;
  out: Buffer;
}

/** git failed, or was ended. `said` is its own words, for recognising a cause. */
export class GitError extends SourceError {
  readonly said: string;

  constructor(what: string, said: string) {
    super(`git ${what}: ${inOneLine(said) || "it ended without a word"}`);
    this.name = "GitError";
    this.said = said;
  }
}

const MAX_OUT = 32 * 1024 * 1024;
const MAX_SAID = 16 * 1024;

/** Settings that hold for every command, whatever a repository or a user's own settings say. */
const SETTINGS = [
  "core.hooksPath=/dev/null",
  "core.fsmonitor=false",
  "core.quotePath=false",
  "core.commitGraph=true",
  "gc.auto=0",
  "maintenance.auto=false",
  "fetch.recurseSubmodules=false",
  "fetch.fsckObjects=false",
  "transfer.credentialsInUrl=die",
  "http.lowSpeedLimit=1000",
  "http.lowSpeedTime=30",
  "i18n.logOutputEncoding=UTF-8",
  "log.showSignature=false",
  "diff.renames=false",
].flatMap((setting) => ["-c", setting]);

/** Runs git without a shell, in a process group of its own that is killed when the time is over or the caller gives up. */
export async function runGit(place: GitPlace, args: readonly string[], options: GitOptions): Promise<GitAnswer> {
  const { timeoutMs, abort, maxBytes = MAX_OUT, input, codes = [0] } = options;
  const what = args[0] ?? "";
  if (abort?.aborted) throw new GitError(what, "it was called off");
  const child = spawn("git", [...SETTINGS, ...args], {
    cwd: place.cwd,
    env: place.env,
    detached: true,
    stdio: "pipe",
  });
  let ended = "";
  const end = (why: string) => {
    ended ||= why;
    killGroup(child.pid);
  };
  const onAbort = () => end("it was called off");
  abort?.addEventListener("abort", onAbort, { once: true });
  const limit = setTimeout(() => end(`it took longer than ${timeoutMs / 1000} s`), timeoutMs);
  try {
    child.stdin.on("error", () => {}); // git may end before it has read everything
    child.stdin.end(input ?? "");
    const { code, out, said } = await collect(child, maxBytes, end);
    if (ended || code === null || !codes.includes(code)) throw new GitError(what, ended || said || `exit code ${code}`);
    return { code, out };
  } finally {
    clearTimeout(limit);
    abort?.removeEventListener("abort", onAbort);
  }
}

function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch {
    // It ended by itself.
  }
}

function collect(
  child: ChildProcessWithoutNullStreams,
  maxBytes: number,
  end: (why: string) => void,
): Promise<{ code: number | null; out: Buffer; said: string }> {
  const parts: Buffer[] = [];
  let bytes = 0;
  let said = "";
  child.stdout.on("data", (part: Buffer) => {
    bytes += part.length;
    if (bytes > maxBytes) end(`it answered more than ${maxBytes} bytes`);
    else parts.push(part);
  });
  child.stderr.on("data", (part: Buffer) => {
    said = (said + part.toString("utf8")).slice(-MAX_SAID);
  });
  return new Promise((resolve, reject) => {
    child.on("error", (cause) => reject(new SourceError(`git cannot be started: ${cause.message}`, { cause })));
    child.on("close", (code, signal) => {
      resolve({ code, out: Buffer.concat(parts), said: said || (signal ? `it was ended by ${signal}` : "") });
    });
  });
}

/** The last lines of what git said, without what it says in between, at most 300 characters. */
function inOneLine(said: string): string {
  const lines = said
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .filter((line) => line !== "" && !/^(?:hint|Please make sure|and the repository exists)/.test(line));
  return lines.slice(-3).join("; ").slice(0, 300);
}
