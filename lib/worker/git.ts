import { spawn } from "node:child_process";
import type { RunAs } from "./options.ts";

/** A git command did not do what was asked. The message holds the end of what it said. */
export class GitError extends Error {
  readonly said: string;

  constructor(command: string, said: string) {
    super(`git ${command} failed: ${said.trim().split("\n").slice(-5).join(" / ").slice(-600) || "it said nothing"}`);
    this.said = said;
  }
}

interface GitOptions {
  cwd: string;
  env: Readonly<Record<string, string>>;
  user?: RunAs | null;
  timeoutMs: number;
  /** Kills git with everything it started. */
  signal: AbortSignal;
}

const MAX_SAID = 64 * 1024;

/** Runs git in a process group of its own and returns its standard output. Throws GitError, also when killed or too slow. */
export async function git(args: readonly string[], options: GitOptions): Promise<string> {
  if (options.signal.aborted) throw new GitError(commandOf(args), "the run was ended first");
  const child = spawn("git", args, {
    cwd: options.cwd,
    env: options.env as NodeJS.ProcessEnv,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    ...(options.user ?? {}),
  });
  let why = "";
  const kill = (reason: string) => {
    why = reason;
    try {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    } catch {
      // It ended by itself.
    }
  };
  const onAbort = () => kill("the run was ended");
  options.signal.addEventListener("abort", onAbort, { once: true });
  const limit = setTimeout(() => kill(`it took longer than ${options.timeoutMs / 1_000} s`), options.timeoutMs);
  try {
    const { code, out, said } = await collect(child);
    if (code !== 0) throw new GitError(commandOf(args), why || said || `exit code ${code}`);
    return out;
  } finally {
    clearTimeout(limit);
    options.signal.removeEventListener("abort", onAbort);
  }
}

function collect(child: ReturnType<typeof spawn>): Promise<{ code: number | null; out: string; said: string }> {
  let out = "";
  let said = "";
  child.stdout?.on("data", (data: Buffer) => {
    if (out.length < MAX_SAID) out += data.toString("utf8");
  });
  child.stderr?.on("data", (data: Buffer) => {
    said = (said + data.toString("utf8")).slice(-MAX_SAID);
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, out, said }));
  });
}

/** The first word that is not a setting. */
function commandOf(args: readonly string[]): string {
  return args.find((arg, index) => !arg.startsWith("-") && args[index - 1] !== "-c") ?? "";
}
