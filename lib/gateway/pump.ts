import type { ServerResponse } from "node:http";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** A reader who takes nothing for so long is left. */
const IDLE_MS = 60_000;

const OF_READER = new Set(["ERR_STREAM_PREMATURE_CLOSE", "ERR_STREAM_DESTROYED", "ECONNRESET", "EPIPE"]);

/** Sends all bytes; when the reader leaves before the end, that is their affair and no error. */
export async function pump(source: Readable, response: ServerResponse): Promise<void> {
  response.setTimeout(IDLE_MS, () => response.destroy());
  try {
    await pipeline(source, response);
  } catch (error) {
    if (isOfReader(error)) return;
    throw error;
  }
}

function isOfReader(error: unknown): boolean {
  return error instanceof Error && "code" in error && OF_READER.has(String(error.code));
}
