import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { closeSync, constants, openSync } from "node:fs";
import { chown } from "node:fs/promises";
import { Socket } from "node:net";
import { promisify } from "node:util";
import type { RunAs } from "./options.ts";

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
    await promisify(execFile)("mkfifo", ["-m", "600", file]);
    if (owner !== null) await chown(file, owner.uid, owner.gid);
    // For both directions, so that it has no end until we close it, and so that we can write marks into it.
    const fd = openSync(file, constants.O_RDWR | constants.O_NONBLOCK);
    const writeFd = openSync(file, constants.O_WRONLY);
    return new RunOutput(new Socket({ fd, readable: true, writable: true }), writeFd, sink);
  }

  /** Resolves when everything that was written before this call has reached the sink. */
  async drain(): Promise<void> {
    if (this.socket.destroyed) return;
    const mark = Buffer.from(`\0${randomUUID()}\n`);
    await new Promise<void>((resolve) => {
      this.waiting.push({ mark, arrived: resolve });
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

  private release(): void {
    for (const { arrived } of this.waiting.splice(0)) arrived();
  }
}
