import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Work } from "../contracts/work.ts";
import { GitError, git } from "./git.ts";
import { removeDirectory } from "./run-directory.ts";

type Source = Work["source"];

const FETCH_TIMEOUT_MS = 30 * 60_000;
const QUICK_TIMEOUT_MS = 60_000;
const MAX_PACKS = 40;
const DAMAGE =
  /corrupt|bad object|not a git repository|missing blob|(unable to|cannot|could not) read|loose object|packfile|invalid index-pack|not a tree/i;

/** Who wants something of a store. */
export interface StoreUse {
  /** Ends git, and the wait for others. */
  signal: AbortSignal;
  /** `NAME=value` added to git's environment, so that it ends with the run that needs it; null for none. */
  mark: string | null;
}

/** True when git said that objects are missing or unreadable here; what the other side says of itself does not count. */
export function isDamage(error: unknown): boolean {
  if (!(error instanceof GitError)) return false;
  return error.said.split(/[\r\n]/).some((line) => !line.startsWith("remote:") && DAMAGE.test(line));
}

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
    const own = this.env.HOME ? "[include]\n\tpath = ~/.gitconfig\n" : ""; // git refuses ~ when there is no home
    await writeFile(this.gitConfig, `${own}[safe]\n\tdirectory = *\n`);
  }

  /** Where the store of a repository is, or will be. */
  placeOf(source: Pick<Source, "repository">, trustLevel: number): string {
    return path.join(this.root, String(trustLevel), `${source.repository}.git`);
  }

  /** The store's directory, with the revision in it. */
  async ensure(source: Source, trustLevel: number, use: StoreUse): Promise<string> {
    const store = this.placeOf(source, trustLevel);
    const last = this.queues.get(store) ?? Promise.resolve();
    const turn = last.catch(() => undefined).then(() => this.bring(store, source, use));
    this.queues.set(store, turn);
    await Promise.race([turn, whenAborted(use.signal)]);
    return store;
  }

  private async bring(store: string, source: Source, use: StoreUse): Promise<void> {
    try {
      await this.bringOnce(store, source, use);
    } catch (error) {
      // A machine that lost power in a fetch can leave a damaged store; it is only a cache.
      if (!isDamage(error) || use.signal.aborted) throw error;
      await this.setAside(store);
      await this.bringOnce(store, source, use);
    }
  }

  /** Makes the next `ensure` begin anew: the store turned out to be damaged. */
  async setAside(store: string): Promise<void> {
    const aside = `${store}.damaged-${Date.now()}`;
    await rename(store, aside).catch(() => undefined);
    await removeDirectory(aside);
  }

  private async bringOnce(store: string, source: Source, use: StoreUse): Promise<void> {
    if ((await stat(path.join(store, "HEAD")).catch(() => null)) === null) await this.create(store, use);
    if (await isKept(store, source.revision)) return;
    await removeLeftovers(store);
    const ref = source.ref.startsWith("refs/") ? source.ref : `refs/heads/${source.ref}`;
    // By hash first, which brings just what is needed; not every server allows it.
    const byHash = [`+${source.revision}:${keptRef(source.revision)}`];
    const wants = [
      byHash,
      [`+${ref}:refs/kept/tip`],
      ["+refs/heads/*:refs/kept/heads/*", "+refs/tags/*:refs/kept/tags/*"],
    ];
    for (const want of wants) {
      const failure = await this.fetch(store, source.url, want, use);
      const here = want === byHash ? failure === null : await this.keep(store, source.revision, use);
      if (here) return await this.tidy(store, use);
      if (failure !== null && want === wants.at(-1)) throw failure;
    }
    throw new MissingRevision(source);
  }

  /** Each fetch leaves a pack; many of them make every look-up slow. Nothing that a checkout borrows is removed. */
  private async tidy(store: string, use: StoreUse): Promise<void> {
    const packs = (await readdir(path.join(store, "objects", "pack"))).filter((name) => name.endsWith(".pack"));
    if (packs.length <= MAX_PACKS) return;
    try {
      await this.git(store, ["repack", "--quiet", "-d", "--geometric=2"], FETCH_TIMEOUT_MS, use);
      await this.git(store, ["pack-refs", "--all"], FETCH_TIMEOUT_MS, use);
    } catch {
      // It stays slow, and the next fetch tries again.
    }
  }

  /** Null: it succeeded, and git has checked that what it brought is complete. */
  private async fetch(store: string, url: string, refs: string[], use: StoreUse): Promise<GitError | null> {
    try {
      const quiet = ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance"];
      await this.git(store, [...quiet, "--end-of-options", url, ...refs], FETCH_TIMEOUT_MS, use);
      return null;
    } catch (error) {
      if (error instanceof GitError && !use.signal.aborted && !isDamage(error)) return error;
      throw error;
    }
  }

  /** Keeps a revision that came with a branch. Connected means that everything it needs is here, too. */
  private async keep(store: string, revision: string, use: StoreUse): Promise<boolean> {
    try {
      const walk = ["rev-list", "--quiet", "--objects", revision, "--not", "--all"];
      await this.git(store, walk, QUICK_TIMEOUT_MS, use);
      await this.git(store, ["update-ref", keptRef(revision), revision], QUICK_TIMEOUT_MS, use);
      return true;
    } catch {
      return false;
    }
  }

  private async create(store: string, use: StoreUse): Promise<void> {
    await mkdir(path.dirname(store), { recursive: true, mode: 0o711 });
    await rm(store, { recursive: true, force: true });
    const args = ["init", "--quiet", "--template=", "--bare", "--", store];
    await this.git(path.dirname(store), args, QUICK_TIMEOUT_MS, use);
  }

  private async git(cwd: string, args: readonly string[], timeoutMs: number, use: StoreUse): Promise<string> {
    // Without fsync, because a damaged store is noticed and made anew.
    const settings = ["gc.auto=0", "core.fsync=none", "core.hooksPath=/dev/null", "fetch.unpackLimit=1"].flatMap(
      (text) => ["-c", text],
    );
    return await git([...settings, ...args], {
      cwd,
      env: { ...this.env, ...variable(use.mark) },
      timeoutMs,
      signal: use.signal,
    });
  }
}

function keptRef(revision: string): string {
  return `refs/kept/${revision}`;
}

/** Asks the files instead of git, because a start of git is most of what a second checkout costs. */
async function isKept(store: string, revision: string): Promise<boolean> {
  if ((await stat(path.join(store, keptRef(revision))).catch(() => null)) !== null) return true;
  const packed = await readFile(path.join(store, "packed-refs"), "utf8").catch(() => "");
  return packed.includes(`${revision} ${keptRef(revision)}\n`);
}

function variable(mark: string | null): Record<string, string> {
  const [name, value] = mark?.split("=", 2) ?? [];
  return name === undefined || value === undefined ? {} : { [name]: value };
}

function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const refuse = () => reject(new GitError("fetch", "the run was ended first"));
    if (signal.aborted) refuse();
    signal.addEventListener("abort", refuse, { once: true });
  });
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
