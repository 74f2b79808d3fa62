import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import path from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { SchedulerError } from "../scheduler/errors.ts";

/** What the bytes of an artifact must be. */
export interface ArtifactIdentity {
  sha256: string;
  size: number;
}

const PART_BYTES = 2 ** 18;
const DISK_CODES = new Set(["ENOSPC", "EDQUOT", "EFBIG", "EIO", "EROFS", "EMFILE", "ENFILE"]);

/** The bytes of artifacts in a folder, each under its digest: whatever is there is complete, and equal bytes are there once. */
export class ArtifactStore {
  private readonly root: string;
  private readonly incoming: string;

  constructor(dataDir: string) {
    this.root = path.join(dataDir, "artifacts");
    this.incoming = path.join(this.root, "incoming");
  }

  /**
   * Takes the bytes; when this resolves they are on the disk. Throws `invalid` when they are not what `identity` says, and `unavailable`
   * when the disk takes nothing; then, and when the stream breaks off, nothing is left of them.
   */
  async put(source: Readable, identity: ArtifactIdentity): Promise<void> {
    const part = path.join(this.incoming, `${randomUUID()}.part`);
    source.on("error", () => {}); // it may fail before the pipeline listens; unheard, that would end the process
    try {
      await mkdir(this.incoming, { recursive: true });
      await receive(source, part, identity);
      const place = this.placeOf(identity.sha256);
      await mkdir(path.dirname(place), { recursive: true });
      // Also when it is there already: that makes it young again, so that nobody takes it for an orphan.
      await rename(part, place);
      await syncFolder(path.dirname(place));
    } catch (error) {
      if (!DISK_CODES.has(codeOf(error))) throw error;
      const sentence = "The disk takes no artifacts at the moment; try again shortly.";
      throw new SchedulerError("unavailable", sentence, { cause: error });
    } finally {
      await rm(part, { force: true });
    }
  }

  /** The bytes from `start` up to `end`, which is not part of them. The stream fails when there is no such artifact. */
  stream(sha256: string, start: number, end: number): Readable {
    const place = this.placeOf(sha256);
    return createReadStream(place, { start, end: Math.max(start, end - 1), highWaterMark: PART_BYTES });
  }

  /** Whether it is there, with this size. */
  async has({ sha256, size }: ArtifactIdentity): Promise<boolean> {
    const found = await stat(this.placeOf(sha256)).catch(() => null);
    return found?.size === size;
  }

  /**
   * Removes broken uploads, and what no row knows, once they are older than `ageMs`; answers how many. `known` tells which of some digests
   * have a row. A file that is uploaded again at that very moment stays.
   */
  async removeOrphans(known: (digests: readonly string[]) => Promise<ReadonlySet<string>>, ageMs: number) {
    const before = Date.now() - ageMs;
    let removed = 0;
    for (const folder of await readdir(this.root).catch(() => [])) {
      const old = await this.olderThan(folder, before);
      const kept = folder === "incoming" ? new Set<string>() : await known(old);
      for (const name of old.filter((digest) => !kept.has(digest))) {
        if (await this.removeIfOld(path.join(this.root, folder, name), before)) removed++;
      }
    }
    return removed;
  }

  private async olderThan(folder: string, before: number): Promise<string[]> {
    const names = await readdir(path.join(this.root, folder)).catch(() => []);
    const ages = await Promise.all(names.map((name) => stat(path.join(this.root, folder, name)).catch(() => null)));
    return names.filter((_, index) => (ages[index]?.mtimeMs ?? Number.POSITIVE_INFINITY) < before);
  }

  /** Takes the file away first and looks at it then: an upload may have renewed it meanwhile. */
  private async removeIfOld(file: string, before: number): Promise<boolean> {
    const aside = path.join(this.incoming, `${randomUUID()}.orphan`);
    await mkdir(this.incoming, { recursive: true });
    try {
      await rename(file, aside);
    } catch {
      return false;
    }
    const { atime, mtime, mtimeMs } = await stat(aside);
    if (mtimeMs >= before) {
      await rename(aside, file);
      await utimes(file, atime, mtime);
      return false;
    }
    await rm(aside, { force: true });
    return true;
  }

  private placeOf(sha256: string): string {
    if (!/^[0-9a-f]{64}$/.test(sha256)) throw new Error("A digest is 64 hexadecimal digits.");
    return path.join(this.root, sha256.slice(0, 2), sha256);
  }
}

/** Writes the bytes to a new file, to the disk, counting and hashing them. */
async function receive(source: Readable, file: string, { sha256, size }: ArtifactIdentity): Promise<void> {
  const hash = createHash("sha256");
  let bytes = 0;
  // Opened here rather than by the stream, which could make the file after its remains were removed.
  const handle = await open(file, "wx", 0o640);
  await pipeline(
    source,
    async function* (parts: AsyncIterable<Buffer>) {
      for await (const part of parts) {
        bytes += part.length;
        if (bytes > size) throw new SchedulerError("invalid", `More than the announced ${size} bytes arrived.`);
        hash.update(part);
        yield part;
      }
      if (bytes < size) throw new SchedulerError("invalid", `${bytes} bytes arrived, but ${size} were announced.`);
      const found = hash.digest("hex");
      if (found === sha256) return;
      throw new SchedulerError("invalid", `The bytes that arrived have the SHA-256 ${found}, not ${sha256}.`);
    },
    handle.createWriteStream({ flush: true, highWaterMark: PART_BYTES }),
  );
}

/** Makes a rename in the folder outlive a power cut. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
