import { createHash, type Hash } from "node:crypto";
import path from "node:path";
import { Readable } from "node:stream";
import { type LogSize, scanLines, writeEntries } from "./line-index.ts";
import { openLogFiles, toDiskError } from "./log-files.ts";
import { OpenLogs } from "./open-logs.ts";
import { readLinesOf } from "./read-lines.ts";

const BLOCK_BYTES = 2 ** 18;
const MAX_DIGESTS = 2_000;

/** Part of a log as a reader gets it; lines count from 1. `next` is where to go on. */
export interface LogLines {
  from: number;
  lines: string[];
  next: number;
}

/**
 * The bytes of the runs' logs, one file each. How long a log is says the run's row: what a file holds beyond that was never accepted,
 * is never shown, and is cut off at the next write.
 */
export class LogStore {
  private readonly root: string;
  private readonly logs: OpenLogs;
  /** The digests of logs that this process has taken whole so far. */
  private readonly digests = new Map<number, { bytes: number; hash: Hash }>();

  /** `report` hears of disks that fail while nobody waits for them. */
  constructor(dataDir: string, report: (error: unknown) => void = () => {}) {
    this.root = path.join(dataDir, "logs", "runs");
    this.logs = new OpenLogs(this.root, report);
  }

  /**
   * Writes bytes after the recorded ones and answers how many lines they end. Call it while the run's row is locked; they count once the
   * new size is recorded there. Throws `unavailable` when the disk takes nothing.
   */
  async append(runId: number, recorded: LogSize, bytes: Buffer): Promise<{ lines: number }> {
    const found = scanLines(bytes, recorded.bytes, recorded.lines);
    try {
      await this.logs.use(runId, async ({ log, index }) => {
        if ((await log.stat()).size > recorded.bytes) await log.truncate(recorded.bytes);
        for (let done = 0; done < bytes.length; )
          done += (await log.write(bytes, done, bytes.length - done, recorded.bytes + done)).bytesWritten;
        await writeEntries(index, found.entries);
      });
    } catch (error) {
      throw toDiskError(error);
    }
    return { lines: found.lines };
  }

  /** Notes that appended bytes are recorded now, so that the digest need not be read from the file at the end. */
  noteAccepted(runId: number, offset: number, bytes: Buffer): void {
    const known = offset === 0 ? { bytes: 0, hash: createHash("sha256") } : this.digests.get(runId);
    this.digests.delete(runId);
    if (known?.bytes !== offset) return; // another process took what came before
    known.hash.update(bytes);
    known.bytes += bytes.length;
    this.digests.set(runId, known);
    const [oldest] = this.digests.keys();
    if (this.digests.size > MAX_DIGESTS && oldest !== undefined) this.digests.delete(oldest);
  }

  /** SHA-256 of the first `bytes` bytes, in hexadecimal. */
  async digest(runId: number, bytes: number): Promise<string> {
    const known = this.digests.get(runId);
    if (known?.bytes === bytes) return known.hash.copy().digest("hex");
    const hash = createHash("sha256");
    for await (const part of this.stream(runId, 0, bytes)) hash.update(part);
    return hash.digest("hex");
  }

  /** Forgets what is kept in memory of a log that has ended. */
  forget(runId: number): void {
    this.digests.delete(runId);
  }

  /** At most `limit` lines from line `from` (from 1); fewer when they would be more than 4 MiB. Longer lines than 64 KiB are cut. */
  async readLines(runId: number, size: LogSize, from: number, limit: number): Promise<LogLines> {
    const files = await openLogFiles(this.root, runId, false);
    try {
      const lines = files ? await readLinesOf(files, size, from - 1, limit) : [];
      return { from, lines, next: from + lines.length };
    } finally {
      await files?.log.close();
      await files?.index.close();
    }
  }

  /** The last lines, at most `limit`. */
  tail(runId: number, size: LogSize, limit: number): Promise<LogLines> {
    return this.readLines(runId, size, Math.max(1, size.lines - limit + 1), limit);
  }

  /** The bytes from `start` up to `end`, which is not part of them. Throws when the file is shorter. */
  stream(runId: number, start: number, end: number): Readable {
    return Readable.from(this.blocks(runId, start, end), { objectMode: false, highWaterMark: BLOCK_BYTES });
  }

  /** Writes everything to disk and closes the files. */
  close(): Promise<void> {
    return this.logs.close();
  }

  private async *blocks(runId: number, start: number, end: number): AsyncGenerator<Buffer> {
    if (start >= end) return;
    const files = await openLogFiles(this.root, runId, false);
    try {
      for (let at = start; at < end; ) {
        const block = Buffer.alloc(Math.min(BLOCK_BYTES, end - at));
        const read = await files?.log.read(block, 0, block.length, at);
        if (!read || read.bytesRead === 0) throw new Error(`The log of run ${runId} ends at byte ${at}, not ${end}.`);
        yield block.subarray(0, read.bytesRead);
        at += read.bytesRead;
      }
    } finally {
      await files?.log.close();
      await files?.index.close();
    }
  }
}
