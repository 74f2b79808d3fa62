import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rename, writeFile } from "node:fs/promises";
import { uptime } from "node:os";
import { fileURLToPath } from "node:url";

const SCRIPT = fileURLToPath(new URL("./watchdog.sh", import.meta.url));

interface WatchdogOptions {
  mark: string;
  dir: string;
  /** For a run that must be dead when its lease ends: the file that carries the deadline. */
  deadlineFile: string | null;
}

/** A small process of its own that kills a run's processes when the agent dies, or when an exclusive run outlives its lease. */
export class Watchdog {
  private readonly child: ChildProcess;
  private readonly deadlineFile: string | null;

  private constructor(child: ChildProcess, deadlineFile: string | null) {
    this.child = child;
    this.deadlineFile = deadlineFile;
  }

  /** Starts it; the run's processes may begin when this resolves. */
  static async start(options: WatchdogOptions, firstDeadlineSeconds: number): Promise<Watchdog> {
    if (options.deadlineFile !== null) await writeDeadline(options.deadlineFile, firstDeadlineSeconds);
    const child = spawn("/bin/sh", [SCRIPT, options.mark, options.dir, options.deadlineFile ?? ""], {
      cwd: "/",
      env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" } as Record<string, string> as NodeJS.ProcessEnv,
      detached: true,
      stdio: ["pipe", "ignore", "ignore"],
    });
    child.stdin?.on("error", () => undefined); // when it is dead there is nobody to tell
    await once(child, "spawn");
    return new Watchdog(child, options.deadlineFile);
  }

  /** Tells it of a process group of the run. */
  watch(group: number): void {
    this.child.stdin?.write(`group ${group}\n`);
  }

  /** Moves the deadline of an exclusive run to `seconds` from now. */
  async extend(seconds: number): Promise<void> {
    if (this.deadlineFile !== null) await writeDeadline(this.deadlineFile, seconds);
  }

  /** The run's processes are gone; nothing is left to watch. */
  async release(): Promise<void> {
    const ended = this.child.exitCode === null ? once(this.child, "exit") : null;
    this.child.stdin?.end("done\n");
    await ended;
  }
}

async function writeDeadline(file: string, seconds: number): Promise<void> {
  await writeFile(`${file}.new`, `${Math.floor(uptime() + seconds)}\n`);
  await rename(`${file}.new`, file);
}
