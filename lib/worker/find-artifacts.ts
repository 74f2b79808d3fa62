import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, glob, lstat, open, readdir, readlink, realpath } from "node:fs/promises";
import path from "node:path";

/** A file of the checkout that is an artifact. */
export interface FoundArtifact {
  /** Relative to the checkout, with forward slashes. */
  name: string;
  file: string;
}

/** What the job declared as artifacts cannot be taken; the message tells its author why. */
export class ArtifactError extends Error {}

/** As many as the server takes of one run. */
const MAX_ARTIFACTS = 1_000;
/** Of one artifact. */
export const MAX_ARTIFACT_BYTES = 8 * 2 ** 30;

/**
 * The files that the patterns name, each once. A directory stands for everything in it. Links are followed only while
 * they stay in the checkout. Throws ArtifactError for a pattern that leads outside or finds nothing.
 */
export async function findArtifacts(checkout: string, patterns: readonly string[]): Promise<FoundArtifact[]> {
  const root = await realpath(checkout);
  const found = new Map<string, FoundArtifact>();
  for (const pattern of patterns) {
    if (path.isAbsolute(pattern) || pattern.split(/[\\/]/).includes("..")) {
      throw new ArtifactError(
        `The artifact pattern ${pattern} leads out of the checkout; it must be relative, without "..".`,
      );
    }
    const before = found.size;
    for (const name of await expand(root, pattern)) await take(root, name, found);
    if (found.size > MAX_ARTIFACTS) throw tooMany();
    if (found.size === before && ![...found.keys()].some((name) => path.matchesGlob(name, pattern))) {
      throw new ArtifactError(`The artifact pattern ${pattern} matches no file.`);
    }
  }
  return [...found.values()];
}

async function expand(root: string, pattern: string): Promise<string[]> {
  const names: string[] = [];
  for await (const entry of glob(pattern, { cwd: root })) {
    if (entry === ".git" || entry.startsWith(`.git${path.sep}`)) continue;
    const directory = (await lstat(path.join(root, entry))).isDirectory();
    if (!directory) names.push(entry);
    // Under ** the glob itself walks into directories.
    else if (!pattern.includes("**")) names.push(...(await filesBelow(root, entry)));
    if (names.length > MAX_ARTIFACTS) throw tooMany();
  }
  return names;
}

function tooMany(): ArtifactError {
  return new ArtifactError(`The artifact patterns match more than ${MAX_ARTIFACTS} files.`);
}

async function filesBelow(root: string, dir: string): Promise<string[]> {
  const entries = await readdir(path.join(root, dir), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => !entry.isDirectory());
  return files.map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)));
}

async function take(root: string, entry: string, found: Map<string, FoundArtifact>): Promise<void> {
  const name = entry.split(path.sep).join("/");
  const file = await realpath(path.join(root, entry)).catch(() => null);
  if (file === null) throw new ArtifactError(`The artifact ${name} is a link to nothing.`);
  if (!file.startsWith(root + path.sep))
    throw new ArtifactError(`The artifact ${name} is a link that leads out of the checkout.`);
  const stat = await lstat(file);
  if (stat.isDirectory()) return; // a link to a directory; its files are found by their own names
  if (!stat.isFile()) throw new ArtifactError(`The artifact ${name} is not an ordinary file.`);
  if (stat.size > MAX_ARTIFACT_BYTES)
    throw new ArtifactError(`The artifact ${name} has ${stat.size} bytes; ${MAX_ARTIFACT_BYTES} are allowed.`);
  found.set(name, { name, file });
}

/** An artifact opened for sending: the digest and the bytes come from the same open file. */
export interface OpenArtifact {
  handle: FileHandle;
  size: number;
  sha256: string;
}

/** What opening a file says that is no longer what it was. */
const OTHERWISE_NOW = new Set(["ELOOP", "ENOENT", "ENOTDIR", "ENXIO", "EACCES"]);

/**
 * Opens and hashes. The caller closes the handle. Throws ArtifactError when it is not the file that was found: a process that the job left
 * behind could put a link in its way, and the agent may read more than the job.
 */
export async function openArtifact(artifact: FoundArtifact): Promise<OpenArtifact> {
  const changed = () => new ArtifactError(`The artifact ${artifact.name} changed while it was taken.`);
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const handle = await open(artifact.file, flags).catch((error: NodeJS.ErrnoException) => {
    throw OTHERWISE_NOW.has(error.code ?? "") ? changed() : error;
  });
  try {
    const stat = await handle.stat();
    if (!stat.isFile() || (await placeOf(handle, artifact.file)) !== artifact.file) throw changed();
    const { size } = stat;
    const digest = createHash("sha256");
    if (size > 0) {
      const bytes = handle.createReadStream({ start: 0, end: size - 1, autoClose: false, highWaterMark: 2 ** 18 });
      for await (const part of bytes) digest.update(part);
    }
    return { handle, size, sha256: digest.digest("hex") };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Where an open file really is; without /proc (not Linux), where its name leads now. */
async function placeOf(handle: FileHandle, file: string): Promise<string | null> {
  return await readlink(`/proc/self/fd/${handle.fd}`).catch(() => realpath(file).catch(() => null));
}
