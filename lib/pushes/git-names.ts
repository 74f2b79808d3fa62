import { createHash } from "node:crypto";
import { SourceError } from "../scheduler/source-control.ts";

/** The full ref of a branch. */
export function fullName(ref: string): string {
  return `refs/heads/${ref}`;
}

/** Where our copy keeps the tip of a branch. */
export function tipName(ref: string): string {
  return `refs/tips/${createHash("sha1").update(ref).digest("hex")}`;
}

/** The revision, which is about to reach a command line. Throws SourceError when it is none. */
export function checked(revision: string): string {
  if (/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(revision)) return revision;
  throw new SourceError(`"${revision.slice(0, 80)}" is no full revision of 40 or 64 hexadecimal digits.`);
}

/** Lines of a revision and a name as a map; names that `keyOf` does not know are left out. */
export function toMap(
  out: Buffer,
  separator: string,
  keyOf: (name: string) => string | undefined,
): Map<string, string> {
  const found = new Map<string, string>();
  for (const line of out.toString("utf8").split("\n")) {
    const [revision, name] = line.split(separator);
    const key = name === undefined ? undefined : keyOf(name);
    if (revision && key !== undefined) found.set(key, revision);
  }
  return found;
}
