import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { rename, rm, writeFile } from "node:fs/promises";
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
  private released = false;

  private constructor(child: ChildProcess, deadlineFile: string | null) {
    this.child = child;
    this.deadlineFile = deadlineFile;
  }

  /** Starts it; the run's processes may begin when this resolves. Throws Error when it does not watch. */
  static async start(options: WatchdogOptions, firstDeadlineSeconds: number): Promise<Watchdog> {
    if (options.deadlineFile !== null) await writeDeadline(options.deadlineFile, firstDeadlineSeconds);
    const child = spawn("/bin/sh", [SCRIPT, options.mark, options.dir, options.deadlineFile ?? ""], {
      cwd: "/",
      env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" } as Record<string, string> as NodeJS.ProcessEnv,
      detached: true,
      stdio: ["pipe", "pipe", "pipe"],
    });
    child.stdin.on("error", () => undefined); // when it is dead there is nobody to tell
    await untilReady(child);
    return new Watchdog(child, options.deadlineFile);
  }

  /** Tells it of a process group of the run. */
  watch(group: number): void {
    this.child.stdin?.write(`group ${group}\n`);
  }

  /** The group has no process any more. */
  forget(group: number): void {
    this.child.stdin?.write(`ended ${group}\n`);
  }

  /** Moves the deadline of an exclusive run to `seconds` from now. */
  async extend(seconds: number): Promise<void> {
    if (this.deadlineFile !== null && !this.released) await writeDeadline(this.deadlineFile, seconds);
  }

  /** The run's processes are gone; nothing is left to watch. */
  async release(): Promise<void> {
    this.released = true;
    const living = this.child.exitCode === null && this.child.signalCode === null;
    const ended = living ? once(this.child, "exit") : null;
    this.child.stdin?.end("done\n");
    await ended;
    if (this.deadlineFile === null) return;
    await Promise.all([this.deadlineFile, `${this.deadlineFile}.groups`].map((file) => rm(file, { force: true })));
  }
}

async function untilReady(child: ChildProcessWithoutNullStreams): Promise<void> {
  const complaint = child.stderr.setEncoding("utf8").toArray();
  const [first] = await Promise.race([once(child.stdout, "data"), once(child, "exit"), once(child, "error")]);
  if (String(first) === "ready\n") return;
  throw new Error(`A run cannot begin without its watchdog: ${(await complaint).join("").trim() || first}`);
}

async function writeDeadline(file: string, seconds: number): Promise<void> {
  // Rounded up, because the agent itself comes first while it can, and knows why it ends the run.
  await writeFile(`${file}.new`, `${Math.ceil(uptime() + seconds)}\n`);
  await rename(`${file}.new`, file);
}
