import type { ServerResponse } from "node:http";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** A reader who takes nothing for so long is left. */
const IDLE_MS = 60_000;

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
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "ERR_STREAM_PREMATURE_CLOSE" || code === "ECONNRESET" || code === "EPIPE";
}
