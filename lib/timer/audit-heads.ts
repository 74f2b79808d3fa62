import { appendFile, mkdir } from "node:fs/promises";
import path from "node:path";
import type { ChainHead } from "../scheduler/relay/chain-audit.ts";

const EVERY_MS = 60_000;

/**
 * Keeps the end of the audit chain outside the database, in a file of JSON lines, once a minute while it grows. Whoever rewrites
 * the table cannot rewrite the copies that were made of this file.
 */
export class AuditHeads {
  private readonly file: string;
  private readonly nowMs: () => number;
  private writtenAt = Number.NEGATIVE_INFINITY;
  private latest: ChainHead | null = null;

  constructor(file: string, nowMs: () => number = () => performance.now()) {
    this.file = file;
    this.nowMs = nowMs;
  }

  /** Notes the head, null when the chain did not grow; call it at least every few seconds. */
  async note(head: ChainHead | null): Promise<void> {
    this.latest = head ?? this.latest;
    if (this.latest === null || this.nowMs() - this.writtenAt < EVERY_MS) return;
    await mkdir(path.dirname(this.file), { recursive: true });
    const line = JSON.stringify({ at: new Date().toISOString(), seq: this.latest.seq, hash: this.latest.hash });
    await appendFile(this.file, `${line}\n`, { mode: 0o600 });
    this.latest = null;
    this.writtenAt = this.nowMs();
  }
}
