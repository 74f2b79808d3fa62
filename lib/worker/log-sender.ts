import { createHash } from "node:crypto";
import { countLines } from "./line-blocks.ts";

/** A chunk as it is sent; once formed it never changes, so that it can be sent again. */
export interface LogChunk {
  number: number;
  offset: number;
  sha256: string;
  bytes: Buffer;
}

/** The whole log as the run's finish names it. */
export interface LogSummary {
  chunks: number;
  bytes: number;
  lines: number;
  sha256: string;
}

interface LogSenderOptions {
  /** Resolves when the server has the chunk; calls `onFailure` before each repeat. Rejects when it never will. */
  send: (chunk: LogChunk, onFailure: () => void) => Promise<void>;
  sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Ask the writers to wait, or to go on. */
  pause: (wait: boolean) => void;
  /** What may wait here while the server is away; what comes after it is dropped and marked. */
  maxPendingBytes?: number;
}

const FLUSH_BYTES = 64 * 1024;
const FLUSH_MS = 150;
const MAX_CHUNK_BYTES = 2 ** 20;
const DEFAULT_MAX_PENDING_BYTES = 64 * 2 ** 20;

/** Sends a run's log in order, one chunk at a time: the first at once, then every 64 KiB or 150 ms. */
export class LogSender {
  private readonly options: LogSenderOptions;
  private readonly maxPending: number;
  private readonly digest = createHash("sha256");
  private readonly blocks: Buffer[] = [];
  private pending = 0;
  private chunks = 0;
  private bytes = 0;
  private away = false;
  private dropped = { lines: 0, bytes: 0 };
  private closing = false;
  private dead = false;
  private wake = new AbortController();
  private readonly done: Promise<void>;
  /** Lines written so far, including those not sent yet. */
  lines = 0;

  constructor(options: LogSenderOptions) {
    this.options = options;
    this.maxPending = options.maxPendingBytes ?? DEFAULT_MAX_PENDING_BYTES;
    this.done = this.pump();
    this.done.catch(() => {
      // Told to whoever finishes the log. Until then the writers go on, into nothing.
      this.dead = true;
      this.blocks.length = 0;
      options.pause(false);
    });
  }

  /** Takes a block of whole lines. */
  write(block: Buffer): void {
    if (block.length === 0 || this.dead) return;
    if (this.dropped.bytes > 0 || (this.away && this.pending + block.length > this.maxPending)) {
      this.dropped.lines += countLines(block);
      this.dropped.bytes += block.length;
      return;
    }
    const first = this.pending === 0;
    this.take(block);
    if (!this.away && this.pending > this.maxPending / 2) this.options.pause(true);
    if (first || this.pending >= FLUSH_BYTES) this.wake.abort();
  }

  /** Sends what is left and resolves when the server has everything. */
  async finish(): Promise<LogSummary> {
    this.closing = true;
    this.wake.abort();
    await this.done;
    return { chunks: this.chunks, bytes: this.bytes, lines: this.lines, sha256: this.digest.digest("hex") };
  }

  private take(block: Buffer): void {
    this.blocks.push(block);
    this.pending += block.length;
    this.lines += countLines(block);
  }

  private async pump(): Promise<void> {
    for (;;) {
      this.markDropped();
      if (this.pending < FLUSH_BYTES && !this.closing) await this.waitForMore();
      if (this.pending > 0) await this.sendOne();
      else if (this.closing) return;
    }
  }

  /** Nothing yet: until there is something. A little: until there is enough, or it has waited long enough. */
  private async waitForMore(): Promise<void> {
    if (this.pending === 0) await woken(this.wake.signal);
    this.wake = new AbortController();
    if (this.chunks === 0 || this.pending >= FLUSH_BYTES || this.closing) return;
    await this.options.sleep(FLUSH_MS, this.wake.signal);
    this.wake = new AbortController();
  }

  private async sendOne(): Promise<void> {
    const bytes = this.cut();
    const chunk = {
      number: this.chunks,
      offset: this.bytes,
      sha256: createHash("sha256").update(bytes).digest("hex"),
      bytes,
    };
    await this.options.send(chunk, () => {
      this.away = true;
      this.options.pause(false); // the job goes on while the server is away
    });
    this.away = false;
    this.digest.update(bytes);
    this.chunks++;
    this.bytes += bytes.length;
    this.pending -= bytes.length;
    if (this.pending <= this.maxPending / 4) this.options.pause(false);
  }

  private markDropped(): void {
    if (this.dropped.bytes === 0 || this.away || this.pending > this.maxPending / 2) return;
    const { lines, bytes } = this.dropped;
    this.dropped = { lines: 0, bytes: 0 };
    this.take(
      Buffer.from(
        `[selfserve] ${lines} lines (${bytes} bytes) are missing here: the server was away and the buffer was full.\n`,
      ),
    );
  }

  /** The next chunk: whole blocks up to 1 MiB, or as many lines of a larger block as fit. */
  private cut(): Buffer {
    const parts: Buffer[] = [];
    let size = 0;
    for (let block = this.blocks[0]; block !== undefined; block = this.blocks[0]) {
      if (size + block.length > MAX_CHUNK_BYTES) {
        if (size > 0) break;
        const end = block.lastIndexOf(10, MAX_CHUNK_BYTES - 1) + 1;
        this.blocks[0] = block.subarray(end);
        return block.subarray(0, end);
      }
      parts.push(block);
      size += block.length;
      this.blocks.shift();
    }
    return Buffer.concat(parts);
  }
}

function woken(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
