import { type FileHandle, mkdir, open } from "node:fs/promises";
import path from "node:path";
import { SchedulerError } from "../scheduler/errors.ts";

/** A log's two files, open. The index holds one 8-byte little-endian offset for each `LINES_PER_ENTRY` whole lines. */
export interface LogFiles {
  log: FileHandle;
  index: FileHandle;
}

/** How many lines lie between two entries of an index. */
export const LINES_PER_ENTRY = 1_000;

/** Bytes of one entry of an index. */
export const ENTRY_BYTES = 8;

const RUNS_PER_FOLDER = 1_000;
/** What a full, read-only or sick disk says. */
const DISK_CODES = new Set(["ENOSPC", "EDQUOT", "EFBIG", "EIO", "EROFS", "EMFILE", "ENFILE"]);

/** Where a run's log is: at most a thousand logs are in one folder. */
export function logPath(root: string, runId: number): string {
  return path.join(root, String(Math.floor(runId / RUNS_PER_FOLDER)), `${runId}.log`);
}

/** Opens a run's files, and makes them when `write` is set. Without it, null when there are none. */
export async function openLogFiles(root: string, runId: number, write: boolean): Promise<LogFiles | null> {
  const file = logPath(root, runId);
  try {
    if (write) await mkdir(path.dirname(file), { recursive: true });
    // "a+" would write at the end whatever the offset says; this creates without emptying.
    const flags = write ? "r+" : "r";
    const log = await openOrCreate(file, flags, write);
    try {
      return { log, index: await openOrCreate(`${file}.index`, "r+", true) };
    } catch (error) {
      await log.close();
      throw error;
    }
  } catch (error) {
    if (!write && codeOf(error) === "ENOENT") return null;
    throw toDiskError(error);
  }
}

async function openOrCreate(file: string, flags: string, create: boolean): Promise<FileHandle> {
  try {
    return await open(file, flags);
  } catch (error) {
    if (!create || codeOf(error) !== "ENOENT") throw error;
  }
  try {
    return await open(file, "wx+", 0o640);
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
    return await open(file, flags); // another process was quicker
  }
}

/** An error of the disk as `unavailable`, so that whoever sends tries again; any other error as it is. */
export function toDiskError(error: unknown): unknown {
  if (!DISK_CODES.has(codeOf(error))) return error;
  const sentence = "The disk takes nothing more at the moment. Nothing that was accepted is lost; try again shortly.";
  return new SchedulerError("unavailable", sentence, { cause: error });
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
