import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { endProcess, identify, type ProcessIdentity } from "./processes.ts";

/** A program to run in the background, with one folder of its own. */
export interface DaemonOptions {
  /** What to call it in messages and in the name of its log. */
  name: string;
  /** Holds `process.json` (who runs, for the next start after a kill -9) and the log. */
  folder: string;
  command: string;
  args: string[];
  env?: NodeJS.ProcessEnv;
  /** The system user to run as; the own one when absent. */
  user?: { uid: number; gid: number } | undefined;
  stopSignal?: NodeJS.Signals;
  /** Throws as long as the daemon cannot be used yet. */
  check: () => Promise<void>;
  /** How long `check` may fail before the start counts as failed. */
  readySeconds?: number;
  /** Called when it ends although nobody asked it to. */
  onUnexpectedExit?: ((description: string) => void) | undefined;
}

/** A running daemon. */
export interface Daemon {
  readonly pid: number;
  /** Ends it in its own orderly way; resolves when it is gone. */
  stop(): Promise<void>;
  /** Ends it at once, like a power cut; resolves when it is gone. */
  kill(): Promise<void>;
}

const LOG_LIMIT_BYTES = 10_000_000;

/** Starts a daemon and resolves when `check` passes. Ends one that an earlier, killed start left in the same folder. */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  mkdirSync(options.folder, { recursive: true });
  await endLeftover(options.folder, options.stopSignal);

  const logFile = path.join(options.folder, `${options.name}.log`);
  const log = openSync(logFile, sizeOf(logFile) > LOG_LIMIT_BYTES ? "w" : "a");
  const logStart = sizeOf(logFile);
  const child = spawn(options.command, options.args, {
    cwd: options.folder,
    detached: true, // Ctrl-C in the terminal must reach us alone, so that we can stop things in order
    stdio: ["ignore", log, log],
    env: options.env ?? process.env,
    ...options.user,
  });
  closeSync(log);

  let ended: string | undefined;
  let expected = false;
  const gone = new Promise<void>((resolve) => {
    child.once("error", (error) => {
      ended = error.message;
      resolve();
    });
    child.once("exit", (code, signal) => {
      ended = signal ? `it was ended by ${signal}` : `it ended with code ${code}`;
      resolve();
    });
  });

  const identity = child.pid === undefined ? undefined : identify(child.pid);
  if (identity) writeFileSync(recordFile(options.folder), JSON.stringify(identity));

  const end = async (signal: NodeJS.Signals) => {
    expected = true;
    if (identity) await endProcess(identity, { signal });
    await gone;
    rmSync(recordFile(options.folder), { force: true });
  };

  try {
    await untilReady(options, () => ended);
  } catch (error) {
    await end("SIGKILL");
    throw new Error(`${options.name} did not start: ${text(error)}. ${lastLines(logFile, logStart)}`);
  }
  void gone.then(() => {
    if (!expected) options.onUnexpectedExit?.(`${options.name} stopped: ${ended}. Its log is ${logFile}.`);
  });
  return {
    pid: child.pid ?? 0,
    stop: () => end(options.stopSignal ?? "SIGTERM"),
    kill: () => end("SIGKILL"),
  };
}

/** Ends the daemon that a killed start left running in this folder, if there is one. */
export async function endLeftover(folder: string, signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
  const file = recordFile(folder);
  let left: ProcessIdentity;
  try {
    left = JSON.parse(readFileSync(file, "utf8")) as ProcessIdentity;
  } catch {
    return; // no record, or one that was cut short: nothing that could be ended safely
  }
  await endProcess(left, { signal });
  rmSync(file, { force: true });
}

async function untilReady(options: DaemonOptions, ended: () => string | undefined): Promise<void> {
  const deadline = performance.now() + (options.readySeconds ?? 30) * 1000;
  for (;;) {
    const why = ended();
    if (why !== undefined) throw new Error(why);
    try {
      return await options.check();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await wait(25);
    }
  }
}

function recordFile(folder: string): string {
  return path.join(folder, "process.json");
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function lastLines(file: string, from: number): string {
  const lines = readFileSync(file).subarray(from).toString("utf8").trim().split("\n").slice(-5).join("\n");
  return lines ? `The end of ${file} says:\n${lines}` : `${file} is empty.`;
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
