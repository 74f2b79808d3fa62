import { findPlace, type LogSize } from "./line-index.ts";
import type { LogFiles } from "./log-files.ts";

const NEWLINE = 10;
const BLOCK_BYTES = 2 ** 18;

/** An answer has at most this many bytes of text; a single line always fits, because it is cut. */
const MAX_ANSWER_BYTES = 4 * 2 ** 20;

/** A longer line is cut here, and says so. */
export const MAX_LINE_BYTES = 64 * 2 ** 10;

/** Lines `from` to `from + limit` (from 0) of a log of this size, fewer when they would be more than 4 MiB. */
export async function readLinesOf(files: LogFiles, size: LogSize, from: number, limit: number): Promise<string[]> {
  const taker = new LineTaker(limit);
  if (from >= size.lines) return taker.lines;
  const place = await findPlace(files, size, from);
  let skip = from - place.line;
  const block = Buffer.alloc(BLOCK_BYTES);
  for (let offset = place.offset; offset < size.bytes && !taker.full; ) {
    const { bytesRead } = await files.log.read(block, 0, Math.min(BLOCK_BYTES, size.bytes - offset), offset);
    if (bytesRead === 0) break;
    offset += bytesRead;
    const part = block.subarray(0, bytesRead);
    let start = 0;
    for (let end = part.indexOf(NEWLINE); end !== -1 && !taker.full; end = part.indexOf(NEWLINE, start)) {
      if (skip > 0) skip--;
      else taker.end(part.subarray(start, end));
      start = end + 1;
    }
    if (skip === 0 && !taker.full) taker.add(part.subarray(start));
  }
  return taker.lines;
}

/** Collects lines that may come in several pieces. */
class LineTaker {
  readonly lines: string[] = [];
  private readonly limit: number;
  private pieces: Buffer[] = [];
  private kept = 0;
  private length = 0;
  private bytes = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  get full(): boolean {
    return this.lines.length >= this.limit || this.bytes >= MAX_ANSWER_BYTES;
  }

  /** A piece of a line whose end is not there yet. The bytes are copied, because the block is used again. */
  add(piece: Buffer): void {
    this.length += piece.length;
    const take = piece.subarray(0, MAX_LINE_BYTES - this.kept);
    if (take.length === 0) return;
    this.pieces.push(Buffer.from(take));
    this.kept += take.length;
  }

  /** The last piece of a line. */
  end(piece: Buffer): void {
    this.add(piece);
    const text = Buffer.concat(this.pieces).toString("utf8");
    const cut = this.length - this.kept;
    this.lines.push(cut > 0 ? `${text}… [${cut} more bytes]` : text);
    this.bytes += this.kept;
    this.pieces = [];
    this.kept = 0;
    this.length = 0;
  }
}
