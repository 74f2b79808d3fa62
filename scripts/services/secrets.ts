import { randomBytes } from "node:crypto";
import { chmodSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

/**
 * The secret of this name in `folder`, made (256 random bits, 43 characters of base64url) when it does not exist yet.
 * The folder is for its owner alone (0700), each file too (0600).
 */
export function secret(folder: string, name: string): string {
  const file = path.join(folder, name);
  const known = read(file);
  if (known) return known;

  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, randomBytes(32).toString("base64url"), { mode: 0o600, flush: true });
  try {
    linkSync(draft, file); // fails when someone else was faster: then theirs counts
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  const made = read(file);
  if (!made)
    throw new Error(`The secret ${file} is empty. Remove it, or write a secret of at least 32 characters into it.`);
  return made;
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
