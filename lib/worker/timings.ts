import { constants } from "node:fs";
import { open } from "node:fs/promises";
import type { Timing } from "../contracts/work.ts";

const LINE = /^(\d{1,9}(?:\.\d{1,9})?)[ \t]+(.+)$/su;
const RIGHT = "a line is <seconds> <part>, such as 1.5 test/parser.js";
const MAX_FILE_BYTES = 2 * 2 ** 20;
const MAX_PARTS = 20_000;
const MAX_NAME_BYTES = 500;
const MAX_SECONDS = 86_400;
const MAX_COMPLAINTS = 20;
/** Of all timings together as JSON: what the server takes with a result. */
const MAX_JSON_BYTES = 3_000_000;

/** What the steps have measured, and a sentence for each line that says nothing. */
export interface Timings {
  values: Timing[];
  complaints: string[];
}

/** Reads lines of the form `<seconds> <part>`; a part that is there several times took all of it. Empty lines and lines with `#` first are skipped. */
export function parseTimings(text: string): Timings {
  const parts = new Map<string, number>();
  const complaints: string[] = [];
  let bytes = 0;
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const [, digits = "", part = ""] = LINE.exec(line) ?? [];
    const seconds = (parts.get(part) ?? 0) + Number(digits);
    const more = parts.has(part) ? 0 : jsonBytes(part);
    const complaint = complain(part, seconds, { parts: parts.size, more, bytes: bytes + more });
    if (complaint === null) {
      parts.set(part, Math.round(seconds * 1_000) / 1_000);
      bytes += more;
    } else complaints.push(`Line ${index + 1} of $SELFSERVE_TIMINGS ${complaint}; ${RIGHT}.`);
  }
  const values = [...parts].map(([part, seconds]) => ({ part, seconds }));
  return { values, complaints: complaints.slice(0, MAX_COMPLAINTS) };
}

function jsonBytes(part: string): number {
  return Buffer.byteLength(JSON.stringify({ part, seconds: 86_400.999 })) + 1;
}

function complain(part: string, seconds: number, total: { parts: number; more: number; bytes: number }): string | null {
  if (part === "") return "has no time and name";
  if (Buffer.byteLength(part) > MAX_NAME_BYTES) return `has a name of more than ${MAX_NAME_BYTES} bytes`;
  if (/\p{Cc}/u.test(part)) return "has a name with a control character";
  if (seconds > MAX_SECONDS) return `makes ${JSON.stringify(part)} take longer than a day`;
  if (total.more === 0) return null;
  if (total.parts >= MAX_PARTS) return `is one more than the ${MAX_PARTS} parts that a run may have`;
  if (total.bytes > MAX_JSON_BYTES) return `makes the timings longer than ${MAX_JSON_BYTES} bytes together`;
  return null;
}

/** As `parseTimings`, from the file that the steps had; it is theirs, so it may be anything, or gone. */
export async function readTimings(file: string): Promise<Timings> {
  const nothing = (why: string) => ({ values: [], complaints: [`$SELFSERVE_TIMINGS ${why}; no timings were taken.`] });
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(() => null);
  if (handle === null) return nothing("is gone or has become a link");
  try {
    const stat = await handle.stat();
    if (!stat.isFile() || stat.size > MAX_FILE_BYTES) return nothing("is not a file of at most 2 MiB");
    return parseTimings((await handle.readFile()).toString("utf8"));
  } finally {
    await handle.close();
  }
}
