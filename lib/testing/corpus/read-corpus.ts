import { readFileSync } from "node:fs";
import path from "node:path";

/** A broken file with the place and a part of the message of the first error that people should see. */
export interface BrokenFile {
  name: string;
  bytes: Uint8Array;
  line: number;
  column: number;
  message: string;
}

const ESCAPES: Record<string, string> = { "\\t": "\t", "\\0": "\0", "\\xff": "\u00ff" };

/** Reads a corpus of this folder; its first line says how it is written. */
export function readCorpus(file: string): BrokenFile[] {
  const [, ...cases] = readFileSync(path.join(import.meta.dirname, file), "utf8").split(/^#### /m);
  return cases.map((text, index) => {
    const [head = "", ...lines] = text.split("\n");
    const [, line, column, message = ""] = /^(\d+):(\d+) (.*)$/.exec(head) ?? [];
    if (!message) throw new Error(`The case ${head} of ${file} does not say where and what.`);
    const content = lines.join("\n").replace(/\\(?:t|0|xff)/g, (code) => ESCAPES[code] ?? code);
    const bytes = content.includes("\u00ff") ? Buffer.from(content, "latin1") : Buffer.from(content);
    return { name: `${index + 1}: ${message}`, bytes, line: Number(line), column: Number(column), message };
  });
}
