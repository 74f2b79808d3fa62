import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { RunAs } from "./options.ts";
import { endFamily, killFamily, type RunFamily } from "./processes.ts";
import type { RunControl } from "./run-control.ts";

/** At most what an agent that stops gives its steps between TERM and KILL. */
const SHUTDOWN_GRACE_MS = 3_000;

/** How a command ended. */
export interface CommandEnd {
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  /** It was ended because its time was over. */
  timedOut: boolean;
  /** It could not even start. */
  failure: string | null;
}

interface CommandOptions {
  cwd: string;
  env: Readonly<Record<string, string>>;
  user: RunAs | null;
  outputFd: number;
  timeoutMs: number;
  /** TERM comes first, KILL this much later. */
  graceMs: number;
  control: RunControl;
  /** The processes of the whole run; the command's group is added. */
  family: RunFamily;
  onStart: (group: number) => void;
}

/** Runs a command as the leader of its own session until it ends, its time is over, or the run is ended. */
export async function runCommand(argv: readonly [string, ...string[]], options: CommandOptions): Promise<CommandEnd> {
  const [file, ...args] = argv;
  const child = spawn(file, args, {
    cwd: options.cwd,
    env: options.env as NodeJS.ProcessEnv,
    detached: true,
    stdio: ["ignore", options.outputFd, options.outputFd],
    ...(options.user ?? {}),
  });
  const ended = whenEnded(child);
  if (child.pid !== undefined) {
    options.family.groups.add(child.pid);
    options.onStart(child.pid);
  }
  return await supervise(ended, options);
}

async function supervise(ended: Promise<CommandEnd>, options: CommandOptions): Promise<CommandEnd> {
  const { control, family, graceMs } = options;
  const done = new AbortController();
  const limit = AbortSignal.timeout(Math.max(1, Math.ceil(options.timeoutMs)));
  const mustEnd = AbortSignal.any([limit, control.end, done.signal]);
  const ending = (mustEnd.aborted ? Promise.resolve() : once(mustEnd, "abort")).then(async () => {
    if (done.signal.aborted) return;
    if (control.kill.aborted) await killFamily(family);
    else {
      const most = control.reason === "shutdown" ? SHUTDOWN_GRACE_MS : graceMs;
      await endFamily(family, Math.min(graceMs, most), control.kill);
    }
  });
  const end = await ended;
  const timedOut = limit.aborted && !control.end.aborted;
  if (mustEnd.aborted)
    await ending; // children may still be at their own end
  else done.abort();
  return { ...end, timedOut };
}

function whenEnded(child: ChildProcess): Promise<CommandEnd> {
  return new Promise((resolve) => {
    child.on("error", (error) => resolve({ exitCode: null, signal: null, timedOut: false, failure: error.message }));
    child.on("exit", (exitCode, signal) => resolve({ exitCode, signal, timedOut: false, failure: null }));
  });
}
