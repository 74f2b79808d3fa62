import { appendFileSync, existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";

/** A file of JSON lines. A line is in it when `write` returns, so whoever is killed afterwards has said it. */
export class Journal<Line extends object> {
  private readonly file: string;

  constructor(file: string) {
    this.file = file;
  }

  write(line: Line): void {
    appendFileSync(this.file, `${JSON.stringify(line)}\n`);
  }
}

/** All lines of a file; none when it does not exist. The last one is left out when its writer was killed in the middle of it. */
export function readJournal<Line>(file: string): Line[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n");
  lines.pop(); // what follows the last line feed
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Line);
}

/** The lines of all files in a folder whose names begin so, file by file. */
export function readJournals<Line>(folder: string, prefix: string): Line[] {
  return readdirSync(folder)
    .filter((name) => name.startsWith(prefix))
    .sort()
    .flatMap((name) => readJournal<Line>(path.join(folder, name)));
}
