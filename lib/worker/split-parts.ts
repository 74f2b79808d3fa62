// The whole of $SELFSERVE_SPLIT: copied into the run's directory and run by node there, so it has built-ins and nothing else.
import { createHash } from "node:crypto";
import { readFileSync, realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Which chunk a run is, with the names of each chunk's parts, the first chunk's first; null when the suite has no plan yet. */
export interface Share {
  index: number;
  of: number;
  plan: string[][] | null;
}

/**
 * Which of the lines are this chunk's, in their order and as their bytes are: a part that the plan knows is where the plan says, any other
 * where a hash of its name says. Each line is of exactly one chunk of the suite. Empty lines are nobody's.
 */
export function ownParts(lines: readonly Buffer[], { index, of, plan }: Share): Buffer[] {
  const planned = new Map((plan ?? []).flatMap((parts, at) => parts.map((part) => [part, at + 1] as const)));
  return lines.filter((line) => line.length > 0 && (planned.get(line.toString("utf8")) ?? hashed(line, of)) === index);
}

/** The chunk of a part that no plan knows: the same one wherever and whenever it is asked for. */
function hashed(line: Buffer, of: number): number {
  return (createHash("sha256").update(line).digest().readUInt32BE(0) % of) + 1;
}

/** The lines of a text, without their ends. */
export function linesOf(text: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let from = 0; from < text.length; ) {
    const end = text.indexOf(10, from);
    lines.push(text.subarray(from, end === -1 ? text.length : end));
    from = end === -1 ? text.length : end + 1;
  }
  return lines;
}

if (realpathSync(process.argv[1] ?? "/") === fileURLToPath(import.meta.url)) {
  const share: Share = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8"));
  const read: Buffer[] = [];
  for await (const some of process.stdin) read.push(some);
  process.stdout.on("error", () => process.exit()); // whoever reads has enough
  const own = ownParts(linesOf(Buffer.concat(read)), share);
  process.stdout.write(Buffer.concat(own.flatMap((line) => [line, Buffer.from("\n")])));
}
