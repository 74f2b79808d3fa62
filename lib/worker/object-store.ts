import { mkdir, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Work } from "../contracts/work.ts";
import { GitError, git } from "./git.ts";

type Source = Work["source"];

const FETCH_TIMEOUT_MS = 30 * 60_000;
const QUICK_TIMEOUT_MS = 60_000;
const MAX_PACKS = 40;
/** What git says when objects are missing or unreadable. */
export const DAMAGE =
  /corrupt|bad object|not a git repository|missing blob|unable to read|loose object|packfile|invalid index-pack/i;

/**
 * The objects of each repository, kept between runs: one bare store per trust level and repository, so that work of
 * one level never reads what another brought. A fetch happens only when the revision is missing, one at a time per store.
 */
export class ObjectStores {
  private readonly root: string;
  private readonly gitConfig: string;
  private readonly env: Readonly<Record<string, string>>;
  private readonly queues = new Map<string, Promise<unknown>>();

  /** `env` is the environment of git, with what it needs to reach repositories. */
  constructor(workDir: string, env: Readonly<Record<string, string>>) {
    this.root = path.join(workDir, "stores");
    this.gitConfig = path.join(workDir, "gitconfig");
    this.env = { ...env, LANG: "C.UTF-8", GIT_CONFIG_GLOBAL: this.gitConfig, GIT_TERMINAL_PROMPT: "0" };
  }

  /** Must be called once before the rest. */
  async prepare(): Promise<void> {
    await mkdir(this.root, { recursive: true, mode: 0o711 });
    // The agent's own git settings hold its credentials; the owner of a local repository may be anyone.
    await writeFile(this.gitConfig, "[include]\n\tpath = ~/.gitconfig\n[safe]\n\tdirectory = *\n");
  }

  /** The store's directory, with the revision in it. */
  async ensure(source: Source, trustLevel: number, signal: AbortSignal): Promise<string> {
    const store = path.join(this.root, String(trustLevel), `${source.repository}.git`);
    const last = this.queues.get(store) ?? Promise.resolve();
    const turn = last.catch(() => undefined).then(() => this.bring(store, source, signal));
    this.queues.set(store, turn);
    await turn;
    return store;
  }

  private async bring(store: string, source: Source, signal: AbortSignal): Promise<void> {
    try {
      await this.bringOnce(store, source, signal);
    } catch (error) {
      // A machine that lost power in a fetch can leave a damaged store; it is only a cache.
      if (!(error instanceof GitError) || !DAMAGE.test(error.said) || signal.aborted) throw error;
      await this.setAside(store);
      await this.bringOnce(store, source, signal);
    }
  }

  /** Makes the next `ensure` begin anew: the store turned out to be damaged. */
  async setAside(store: string): Promise<void> {
    await rename(store, `${store}.damaged-${Date.now()}`).catch(() => undefined);
  }

  private async bringOnce(store: string, source: Source, signal: AbortSignal): Promise<void> {
    if ((await stat(path.join(store, "HEAD")).catch(() => null)) === null) await this.create(store, signal);
    if (await this.has(store, source.revision, signal)) return;
    await removeLeftovers(store);
    const ref = source.ref.startsWith("refs/") ? source.ref : `refs/heads/${source.ref}`;
    const wants = [
      [`+${source.revision}:refs/kept/${source.revision}`],
      [`+${ref}:refs/kept/tip`],
      ["+refs/heads/*:refs/kept/heads/*", "+refs/tags/*:refs/kept/tags/*"],
    ];
    for (const want of wants) {
      const failure = await this.fetch(store, source.url, want, signal);
      if (await this.has(store, source.revision, signal)) return await this.tidy(store, signal);
      if (failure !== null && want === wants.at(-1)) throw failure;
    }
    throw new MissingRevision(source);
  }

  /** Each fetch leaves a pack; many of them make every look-up slow. Nothing that a checkout borrows is removed. */
  private async tidy(store: string, signal: AbortSignal): Promise<void> {
    const packs = (await readdir(path.join(store, "objects", "pack"))).filter((name) => name.endsWith(".pack"));
    if (packs.length <= MAX_PACKS) return;
    await this.git(store, ["repack", "--quiet", "-d", "--geometric=2"], FETCH_TIMEOUT_MS, signal).catch(
      () => undefined,
    );
  }

  /** By hash first, which brings just what is needed; not every server allows it. */
  private async fetch(store: string, url: string, refs: string[], signal: AbortSignal): Promise<GitError | null> {
    try {
      const quiet = ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance"];
      await this.git(store, [...quiet, "--end-of-options", url, ...refs], FETCH_TIMEOUT_MS, signal);
      return null;
    } catch (error) {
      if (error instanceof GitError && !signal.aborted && !DAMAGE.test(error.said)) return error;
      throw error;
    }
  }

  private async has(store: string, revision: string, signal: AbortSignal): Promise<boolean> {
    const kept = `refs/kept/${revision}`;
    try {
      await this.git(store, ["rev-parse", "--quiet", "--verify", `${kept}^{commit}`], QUICK_TIMEOUT_MS, signal);
      return true;
    } catch {
      if (signal.aborted) return false;
    }
    try {
      // It may have come with another branch. Connected means that everything it needs is here, too.
      const walk = ["rev-list", "--quiet", "--objects", revision, "--not", "--all"];
      await this.git(store, walk, QUICK_TIMEOUT_MS, signal);
      await this.git(store, ["update-ref", kept, revision], QUICK_TIMEOUT_MS, signal);
      return true;
    } catch {
      return false;
    }
  }

  private async create(store: string, signal: AbortSignal): Promise<void> {
    await mkdir(path.dirname(store), { recursive: true, mode: 0o711 });
    await rm(store, { recursive: true, force: true });
    const args = ["init", "--quiet", "--bare", "--", store];
    await this.git(path.dirname(store), args, QUICK_TIMEOUT_MS, signal);
  }

  private async git(cwd: string, args: readonly string[], timeoutMs: number, signal: AbortSignal): Promise<string> {
    const settings = ["gc.auto=0", "core.hooksPath=/dev/null", "fetch.unpackLimit=1"].flatMap((text) => ["-c", text]);
    return await git([...settings, ...args], { cwd, env: this.env, timeoutMs, signal });
  }
}

/** The repository does not have the revision (any more). */
export class MissingRevision extends Error {
  constructor(source: Source) {
    super(`Revision ${source.revision} is not in repository ${source.repository}; was it removed by a forced push?`);
  }
}

/** What a killed fetch leaves: locks that would stop the next one, and half packs that nobody will finish. */
async function removeLeftovers(store: string): Promise<void> {
  const names = await readdir(store, { recursive: true, withFileTypes: true });
  const stale = names.filter((entry) => {
    if (!entry.isFile()) return false;
    return entry.name.endsWith(".lock") || /^(tmp_|\.tmp-)/.test(entry.name);
  });
  await Promise.all(stale.map((entry) => rm(path.join(entry.parentPath, entry.name), { force: true })));
}
