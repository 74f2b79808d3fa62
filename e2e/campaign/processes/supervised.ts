import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { sendSignal } from "../../../scripts/services/processes.ts";

/** A process of the world, run by Node from its TypeScript source. */
export interface SupervisedOptions {
  name: string;
  script: string;
  args?: readonly string[];
  /** Modules that are loaded before it. */
  preloads?: readonly string[];
  cwd: string;
  env: NodeJS.ProcessEnv;
  logFile: string;
  /** Hears of every end that nobody asked for. */
  onDeath?: (name: string, code: number | null, signal: NodeJS.Signals | null) => void;
}

const RESTART_MS = 150;

/** A process that is started again whenever it dies, at once: dying often is what it is here for. */
export class Supervised {
  readonly name: string;
  private readonly options: SupervisedOptions;
  private child: ChildProcess | undefined;
  private wanted = false;
  /** How often it was started. */
  starts = 0;

  constructor(options: SupervisedOptions) {
    this.name = options.name;
    this.options = options;
  }

  get pid(): number | undefined {
    return this.child?.exitCode === null && this.child.signalCode === null ? this.child.pid : undefined;
  }

  start(): void {
    this.wanted = true;
    const { script, args = [], preloads = [], cwd, env, logFile, name } = this.options;
    const log = openSync(logFile, "a");
    const imports = preloads.flatMap((file) => ["--import", file]);
    const child = spawn(process.execPath, [...imports, script, ...args], { cwd, env, stdio: ["ignore", log, log] });
    closeSync(log);
    this.child = child;
    this.starts += 1;
    child.on("error", () => {}); // its exit follows
    child.once("exit", (code, signal) => {
      if (!this.wanted || this.child !== child) return;
      this.options.onDeath?.(name, code, signal);
      setTimeout(() => {
        if (this.wanted) this.start();
      }, RESTART_MS);
    });
  }

  /** Sends a signal to it, if it lives. */
  signal(signal: NodeJS.Signals): void {
    if (this.pid !== undefined) sendSignal(this.pid, signal);
  }

  /** Ends it: SIGTERM, and SIGKILL when that takes longer than the grace. Resolves when it is gone. */
  async stop(graceMs = 10_000): Promise<void> {
    this.wanted = false;
    const child = this.child;
    if (!child || this.pid === undefined) return;
    const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    child.kill("SIGCONT");
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), graceMs);
    await gone;
    clearTimeout(timer);
  }
}
