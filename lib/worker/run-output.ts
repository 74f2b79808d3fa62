import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { closeSync, constants, openSync } from "node:fs";
import { chown } from "node:fs/promises";
import { Socket } from "node:net";
import { promisify } from "node:util";
import type { RunAs } from "./options.ts";

const TICK_MS = 500;
const PATIENCE_MS = 10_000;

/**
 * The pipe that all steps of a run write to, standard output and errors alike, so that their order is kept.
 * It is a named pipe: a step may open /dev/stdout again, and what a background process writes later still arrives.
 */
export class RunOutput {
  /** What the steps get as standard output and standard error. */
  readonly writeFd: number;
  private readonly socket: Socket;
  private readonly sink: (data: Buffer) => void;
  private readonly waiting: { mark: Buffer; arrived: () => void }[] = [];
  private held: Buffer = Buffer.alloc(0);

  private constructor(socket: Socket, writeFd: number, sink: (data: Buffer) => void) {
    this.socket = socket;
    this.writeFd = writeFd;
    this.sink = sink;
    socket.on("data", (data) => this.take(data));
    socket.on("error", () => this.release());
    socket.on("close", () => this.release());
  }

  /** Makes the pipe at `file`. */
  static async open(file: string, owner: RunAs | null, sink: (data: Buffer) => void): Promise<RunOutput> {
    // Steps run as somebody else may write only: whoever reads it takes lines away from the log.
    await promisify(execFile)("mkfifo", ["-m", owner === null ? "600" : "620", file]);
    if (owner !== null) await chown(file, process.getuid?.() ?? 0, owner.gid);
    // For both directions, so that it has no end until we close it, and so that we can write marks into it.
    const fd = openSync(file, constants.O_RDWR | constants.O_NONBLOCK);
    const writeFd = openSync(file, constants.O_WRONLY);
    return new RunOutput(new Socket({ fd, readable: true, writable: true }), writeFd, sink);
  }

  /**
   * Resolves when everything that was written before this call has reached the sink, or after 10 s of reading in vain: a process of the
   * run that reads the pipe, too, may have taken the mark that tells.
   */
  async drain(): Promise<void> {
    if (this.socket.destroyed) return;
    const mark = Buffer.from(`\0${randomUUID()}\n`);
    let patienceMs = PATIENCE_MS;
    await new Promise<void>((resolve) => {
      const clock = setInterval(() => {
        if (!this.socket.isPaused()) patienceMs -= TICK_MS;
        if (patienceMs <= 0) this.giveUp(mark);
      }, TICK_MS);
      const arrived = () => {
        clearInterval(clock);
        resolve();
      };
      this.waiting.push({ mark, arrived });
      this.socket.write(mark);
    });
  }

  /** Lets the writers wait. */
  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  close(): void {
    if (this.socket.destroyed) return;
    this.socket.destroy();
    closeSync(this.writeFd);
  }

  private take(data: Buffer): void {
    const next = this.waiting[0];
    if (next === undefined) {
      this.sink(data);
      return;
    }
    const all = Buffer.concat([this.held, data]);
    const at = all.indexOf(next.mark);
    if (at === -1) {
      // The mark may be cut in two: hold back as much as could be its beginning.
      const keep = Math.min(all.length, next.mark.length - 1);
      this.held = Buffer.from(all.subarray(all.length - keep));
      if (all.length > keep) this.sink(all.subarray(0, all.length - keep));
      return;
    }
    this.held = Buffer.alloc(0);
    if (at > 0) this.sink(all.subarray(0, at));
    this.waiting.shift();
    next.arrived();
    if (all.length > at + next.mark.length) this.take(all.subarray(at + next.mark.length));
  }

  /** Waits no longer for a mark, and passes on what was held back for it. */
  private giveUp(lost: Buffer): void {
    const at = this.waiting.findIndex(({ mark }) => mark === lost);
    for (const { arrived } of this.waiting.splice(at, at === -1 ? 0 : 1)) arrived();
    const { held } = this;
    this.held = Buffer.alloc(0);
    if (held.length > 0) this.take(held);
  }

  private release(): void {
    for (const { arrived } of this.waiting.splice(0)) arrived();
  }
}
