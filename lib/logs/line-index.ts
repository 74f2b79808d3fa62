import type { FileHandle } from "node:fs/promises";
import { ENTRY_BYTES, LINES_PER_ENTRY, type LogFiles } from "./log-files.ts";

const NEWLINE = 10;
const BLOCK_BYTES = 2 ** 20;

/** How much of a log is recorded: bytes, and whole lines in them. */
export interface LogSize {
  bytes: number;
  lines: number;
}

/** Where lines are. Entry k (from 0) is the offset at which line `(k + 1) × LINES_PER_ENTRY`, counted from 0, begins. */
export interface NewEntries {
  first: number;
  offsets: number[];
}

/** The lines that end in `bytes`, which begin at `offset` after `lines` whole lines, and the entries that these lines make. */
export function scanLines(bytes: Buffer, offset: number, lines: number): { lines: number; entries: NewEntries } {
  const entries: NewEntries = { first: Math.floor(lines / LINES_PER_ENTRY), offsets: [] };
  let count = lines;
  for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) {
    count++;
    if (count % LINES_PER_ENTRY === 0) entries.offsets.push(offset + at + 1);
  }
  return { lines: count - lines, entries };
}

/** Writes entries at their place; a repeat writes the same. */
export async function writeEntries(index: FileHandle, { first, offsets }: NewEntries): Promise<void> {
  if (offsets.length === 0) return;
  const bytes = Buffer.alloc(offsets.length * ENTRY_BYTES);
  for (const [at, offset] of offsets.entries()) bytes.writeBigUInt64LE(BigInt(offset), at * ENTRY_BYTES);
  await index.write(bytes, 0, bytes.length, first * ENTRY_BYTES);
}

/** The nearest known place at or before `line` (from 0) of a log of this size; what the index lacks is found and written. */
export async function findPlace(
  files: LogFiles,
  size: LogSize,
  line: number,
): Promise<{ offset: number; line: number }> {
  const wanted = Math.floor(Math.min(line, size.lines) / LINES_PER_ENTRY);
  if (wanted === 0) return { offset: 0, line: 0 };
  const known = await readEntry(files.index, wanted - 1);
  if (known !== null && known > 0 && known <= size.bytes) return { offset: known, line: wanted * LINES_PER_ENTRY };
  return await rebuild(files, size, wanted);
}

async function readEntry(index: FileHandle, entry: number): Promise<number | null> {
  const bytes = Buffer.alloc(ENTRY_BYTES);
  const { bytesRead } = await index.read(bytes, 0, ENTRY_BYTES, entry * ENTRY_BYTES);
  return bytesRead === ENTRY_BYTES ? Number(bytes.readBigUInt64LE()) : null;
}

/** Reads the log from its beginning and writes the whole index; answers the wanted place. */
async function rebuild(files: LogFiles, size: LogSize, wanted: number): Promise<{ offset: number; line: number }> {
  const block = Buffer.alloc(BLOCK_BYTES);
  let place = { offset: 0, line: 0 };
  let lines = 0;
  for (let offset = 0; offset < size.bytes; ) {
    const { bytesRead } = await files.log.read(block, 0, Math.min(BLOCK_BYTES, size.bytes - offset), offset);
    if (bytesRead === 0) break;
    const found = scanLines(block.subarray(0, bytesRead), offset, lines);
    await writeEntries(files.index, found.entries);
    const at = wanted - 1 - found.entries.first;
    const start = found.entries.offsets[at];
    if (at >= 0 && start !== undefined) place = { offset: start, line: wanted * LINES_PER_ENTRY };
    lines += found.lines;
    offset += bytesRead;
  }
  return place;
}
