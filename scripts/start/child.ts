import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { endProcess, identify, isAlive, type ProcessIdentity, sendSignal } from "../services/processes.ts";

/** One of our own processes to keep running. */
export interface ChildOptions {
  /** What to call it; also the name of its log and of its record. */
  name: string;
  /** A TypeScript file, run directly. */
  script: string;
  args?: string[];
  /** Its whole environment. */
  env: NodeJS.ProcessEnv;
  cwd: string;
  logsFolder: string;
  recordsFolder: string;
  /** How long it may take to stop in an orderly way. */
  graceSeconds: number;
  /** Told when it ended although nobody asked it to, in a sentence. */
  onUnexpectedExit: (sentence: string) => void;
}

const LOG_LIMIT_BYTES = 20_000_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
/** A process that lived this long has started well, and the next pause is short again. */
const HEALTHY_MS = 60_000;

/** Keeps one process running: starts it again when it dies, after a pause that doubles while it keeps dying. */
export class Child {
  private readonly options: ChildOptions;
  private process: ChildProcess | undefined;
  private identity: ProcessIdentity | undefined;
  private timer: NodeJS.Timeout | undefined;
  private pauseMs = FIRST_PAUSE_MS;
  private stopped = false;

  constructor(options: ChildOptions) {
    this.options = options;
  }

  /** The number of the process that runs now. */
  get pid(): number | undefined {
    return this.identity?.pid;
  }

  /** Where its output goes. */
  get logFile(): string {
    return path.join(this.options.logsFolder, `${this.options.name}.log`);
  }

  /** Starts it. */
  start(): void {
    const { name, script, args = [], env, cwd, logsFolder, recordsFolder } = this.options;
    mkdirSync(logsFolder, { recursive: true });
    mkdirSync(recordsFolder, { recursive: true });
    const size = statSync(this.logFile, { throwIfNoEntry: false })?.size ?? 0;
    const log = openSync(this.logFile, size > LOG_LIMIT_BYTES ? "w" : "a");
    // A process group of its own: Ctrl-C in the terminal must reach us alone, so that we can stop things in order.
    this.process = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", script, ...args], {
      cwd,
      env,
      detached: true,
      stdio: ["ignore", log, log],
    });
    closeSync(log);
    const began = performance.now();
    this.process.once("error", (error) => this.ended(error.message, began));
    this.process.once("exit", (code, signal) => this.ended(signal ? `ended by ${signal}` : `exit code ${code}`, began));
    this.identity = this.process.pid === undefined ? undefined : identify(this.process.pid);
    if (this.identity) writeFileSync(path.join(recordsFolder, `${name}.json`), JSON.stringify(this.identity));
  }

  /** Ends it: SIGTERM, then SIGKILL for its whole group when it takes too long. */
  async stop(graceSeconds = this.options.graceSeconds): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    if (this.identity) await endChild(this.identity, graceSeconds);
    rmSync(path.join(this.options.recordsFolder, `${this.options.name}.json`), { force: true });
  }

  /** Ends it like a crash; it will be started again. */
  kill(): void {
    if (this.identity && isAlive(this.identity)) sendSignal(this.identity.pid, "SIGKILL");
  }

  /** The last lines it wrote. */
  lastLines(count = 15): string {
    return readFileSync(this.logFile, "utf8").trimEnd().split("\n").slice(-count).join("\n");
  }

  private ended(how: string, began: number): void {
    if (this.stopped) return;
    if (performance.now() - began > HEALTHY_MS) this.pauseMs = FIRST_PAUSE_MS;
    const pauseMs = this.pauseMs;
    this.pauseMs = Math.min(this.pauseMs * 2, LONGEST_PAUSE_MS);
    this.options.onUnexpectedExit(
      `${this.options.name} stopped (${how}); starting it again in ${pauseMs / 1000} s. See ${this.logFile}.`,
    );
    this.timer = setTimeout(() => this.start(), pauseMs);
  }
}

/** Ends the processes that a start which was killed left running. */
export async function endOrphans(recordsFolder: string): Promise<void> {
  const names = readdirIfThere(recordsFolder).filter((name) => name.endsWith(".json"));
  await Promise.all(
    names.map(async (name) => {
      const file = path.join(recordsFolder, name);
      const identity = readRecord(file);
      if (identity) await endChild(identity, 5);
      rmSync(file, { force: true });
    }),
  );
}

async function endChild(identity: ProcessIdentity, graceSeconds: number): Promise<void> {
  if (!isAlive(identity)) return;
  await endProcess(identity, { signal: "SIGTERM", graceSeconds });
  sendSignal(identity.pid, "SIGKILL", true); // whatever of its group is left
}

function readRecord(file: string): ProcessIdentity | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as ProcessIdentity;
  } catch {
    return undefined;
  }
}

function readdirIfThere(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
