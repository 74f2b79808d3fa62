import { createHash } from "node:crypto";

/** A piece of a run's log as it is sent. */
export interface Chunk {
  number: number;
  offset: number;
  sha256: string;
  bytes: Buffer;
}

/** The log of one run: chunks that never change once they are made, and the digest of all. */
export class RunLog {
  private readonly digest = createHash("sha256");
  private chunks = 0;
  private bytes = 0;
  private lines = 0;

  /** The next chunk, of this text. It counts when the server has it: then call `accepted`. */
  chunk(text: string): Chunk {
    const bytes = Buffer.from(text);
    return { number: this.chunks, offset: this.bytes, sha256: createHash("sha256").update(bytes).digest("hex"), bytes };
  }

  accepted({ bytes }: Chunk): void {
    this.digest.update(bytes);
    this.chunks += 1;
    this.bytes += bytes.length;
    this.lines += bytes.toString("utf8").split("\n").length - 1;
  }

  summary(): { chunks: number; bytes: number; lines: number; sha256: string } {
    return {
      chunks: this.chunks,
      bytes: this.bytes,
      lines: this.lines,
      sha256: this.digest.copy().digest("hex"),
    };
  }
}
