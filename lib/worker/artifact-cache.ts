import { createHash, randomUUID } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import type { NeededArtifact } from "../contracts/work.ts";

/** Fetches the bytes of a needed artifact into a file that does not exist yet. */
export type Download = (artifact: NeededArtifact, file: string, signal: AbortSignal) => Promise<void>;

/** The bytes are not those that the server promised. */
export class DigestMismatch extends Error {}

/** Needed artifacts by their digest, one directory per trust level; the least recently used go when it is full. */
export class ArtifactCache {
  private readonly root: string;
  private readonly maxBytes: number;
  private readonly fetching = new Map<string, Promise<void>>();

  constructor(workDir: string, maxBytes: number) {
    this.root = path.join(workDir, "cache");
    this.maxBytes = maxBytes;
  }

  /** Puts the artifact at `target`, from here or by `download`; its digest is checked either way. */
  async place(
    artifact: NeededArtifact,
    trustLevel: number,
    target: string,
    download: Download,
    signal: AbortSignal,
  ): Promise<void> {
    await mkdir(path.dirname(target), { recursive: true });
    const kept = path.join(this.root, String(trustLevel), artifact.sha256);
    if (!(await copyChecked(kept, target, artifact.sha256))) {
      await this.fetch(artifact, kept, download, signal);
      if (!(await copyChecked(kept, target, artifact.sha256))) {
        throw new DigestMismatch(
          `Artifact ${artifact.name} of ${artifact.builder} does not have the digest ${artifact.sha256}.`,
        );
      }
    }
    const now = new Date();
    await utimes(kept, now, now).catch(() => undefined);
  }

  /** Removes the least recently used until the rest fits. */
  async trim(): Promise<void> {
    const names = await readdir(this.root, { recursive: true, withFileTypes: true }).catch(() => []);
    const files = await Promise.all(
      names
        .filter((entry) => entry.isFile())
        .map(async (entry) => {
          const file = path.join(entry.parentPath, entry.name);
          const found = await stat(file).catch(() => null);
          return { file, size: found?.size ?? 0, usedAt: found?.mtimeMs ?? 0 };
        }),
    );
    let total = files.reduce((sum, file) => sum + file.size, 0);
    for (const { file, size } of files.sort((a, b) => a.usedAt - b.usedAt)) {
      if (total <= this.maxBytes) return;
      await rm(file, { force: true });
      total -= size;
    }
  }

  /** Two runs that need the same artifact at once fetch it once. */
  private async fetch(artifact: NeededArtifact, kept: string, download: Download, signal: AbortSignal): Promise<void> {
    const other = this.fetching.get(kept);
    if (
      other !== undefined &&
      (await other.then(
        () => true,
        () => false,
      ))
    )
      return;
    const turn = this.fetchOnce(artifact, kept, download, signal).finally(() => this.fetching.delete(kept));
    this.fetching.set(kept, turn);
    await turn;
  }

  private async fetchOnce(
    artifact: NeededArtifact,
    kept: string,
    download: Download,
    signal: AbortSignal,
  ): Promise<void> {
    await mkdir(path.dirname(kept), { recursive: true, mode: 0o700 });
    const part = `${kept}.${randomUUID()}.part`;
    try {
      await download(artifact, part, signal);
      await rename(part, kept);
    } finally {
      await rm(part, { force: true });
    }
  }
}

/** False: the source is not there, or is not what it should be (then it is removed). */
async function copyChecked(source: string, target: string, sha256: string): Promise<boolean> {
  const digest = createHash("sha256");
  try {
    await pipeline(
      createReadStream(source, { highWaterMark: 2 ** 18 }),
      async function* (parts: AsyncIterable<Buffer>) {
        for await (const part of parts) {
          digest.update(part);
          yield part;
        }
      },
      createWriteStream(target),
    );
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return false;
    throw error;
  }
  if (digest.digest("hex") === sha256) return true;
  await Promise.all([rm(source, { force: true }), rm(target, { force: true })]);
  return false;
}
