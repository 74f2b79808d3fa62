import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { type GitAnswer, GitError, type GitPlace, runGit } from "./git-command.ts";
import type { GitVariables } from "./git-environment.ts";

const LOCKED = /cannot lock ref|Unable to create '.*\.lock'|\.lock': File exists/i;
const DAMAGED =
  /not a git repository|bad object|is corrupt|corrupted|missing (?:blob|tree|commit)|invalid index-pack|loose object .* is empty|unable to read/i;
const ATTEMPTS = 5;
const COMMAND_TIMEOUT_MS = 60_000;
/** git holds a lock for milliseconds; one of this age was left by a git that was killed. */
const STALE_LOCK_MS = 10_000;
const STALE_PACK_MS = 60 * 60_000;

/** Our own bare copy of one repository. Nothing in it is ever removed, so what was once pushed stays readable. */
export class GitMirror {
  private readonly folder: string;
  private readonly env: GitVariables;
  private readonly objectFormat: "sha1" | "sha256";
  private readonly staleLockMs: number;
  private turn: Promise<unknown> = Promise.resolve();
  private ready = false;

  constructor(options: {
    folder: string;
    env: GitVariables;
    objectFormat: "sha1" | "sha256";
    staleLockMs?: number;
  }) {
    this.folder = options.folder;
    this.env = options.env;
    this.objectFormat = options.objectFormat;
    this.staleLockMs = options.staleLockMs ?? STALE_LOCK_MS;
  }

  /** Whether a fetch has ever made it. */
  get exists(): boolean {
    return existsSync(this.folder);
  }

  /** Asks something of the copy. */
  async read(args: readonly string[], options: { codes?: readonly number[] } = {}): Promise<GitAnswer> {
    await this.prepare();
    return runGit(this.place, args, { ...options, timeoutMs: COMMAND_TIMEOUT_MS });
  }

  /**
   * Runs a fetch. Those of this process go one after the other; another process may fetch at the same time, so a lock that is held is
   * waited for, and one that a killed git left is removed. A copy that is damaged is made anew, once.
   */
  fetch(args: readonly string[], options: { input?: string; timeoutMs: number; abort?: AbortSignal | undefined }) {
    const mine = this.turn.then(() => this.fetchInTurn(args, options));
    this.turn = mine.catch(() => {});
    return mine;
  }

  private get place(): GitPlace {
    return { cwd: this.folder, env: this.env };
  }

  private async fetchInTurn(
    args: readonly string[],
    options: { input?: string; timeoutMs: number; abort?: AbortSignal | undefined },
  ): Promise<GitAnswer> {
    let renewed = false;
    for (let attempt = 1; ; attempt++) {
      await this.prepare();
      try {
        return await runGit(this.place, ["fetch", ...args], options);
      } catch (error) {
        if (!(error instanceof GitError) || options.abort?.aborted) throw error;
        if (LOCKED.test(error.said) && attempt < ATTEMPTS) {
          await removeOlder(this.folder, /\.lock$/, this.staleLockMs);
          await new Promise((resolve) => setTimeout(resolve, 50 * attempt + Math.random() * 50));
        } else if (DAMAGED.test(error.said) && !renewed && (await this.isDamaged())) {
          renewed = true;
          await rm(this.folder, { recursive: true, force: true });
          this.ready = false;
        } else throw error;
      }
    }
  }

  /** Whether the fault is in our copy rather than in the repository it copies. */
  private async isDamaged(): Promise<boolean> {
    try {
      await runGit(this.place, ["rev-list", "--all", "--objects", "--quiet"], { timeoutMs: COMMAND_TIMEOUT_MS });
      return false;
    } catch {
      return true;
    }
  }

  /** Makes the copy when there is none, in one step: whoever is first wins. */
  private async prepare(): Promise<void> {
    if (this.ready && this.exists) return;
    const parent = path.dirname(this.folder);
    await mkdir(parent, { recursive: true });
    if (!this.exists) {
      const draft = `${this.folder}.new-${randomBytes(6).toString("hex")}`;
      const format = this.objectFormat === "sha1" ? [] : ["--object-format=sha256"];
      const place = { cwd: parent, env: this.env };
      await runGit(place, ["init", "--bare", "--quiet", ...format, "--template=", draft], {
        timeoutMs: COMMAND_TIMEOUT_MS,
      });
      await rename(draft, this.folder).catch(async (error: unknown) => {
        await rm(draft, { recursive: true, force: true });
        if (!this.exists) throw error;
      });
    }
    await removeOlder(path.join(this.folder, "objects", "pack"), /^tmp_/, STALE_PACK_MS);
    this.ready = true;
  }
}

/** Removes the files below a folder whose name matches and that are older than this. */
async function removeOlder(folder: string, name: RegExp, ageMs: number): Promise<void> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const file of files) {
    if (!file.isFile() || !name.test(file.name)) continue;
    const place = path.join(file.parentPath, file.name);
    const found = await stat(place).catch(() => undefined);
    if (found && Date.now() - found.mtimeMs > ageMs) await rm(place, { force: true });
  }
}
