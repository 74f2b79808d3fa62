import path from "node:path";
import type {
  ChangedFiles,
  CommitRange,
  SourceControl,
  SourceFile,
  SourceRepository,
} from "../scheduler/source-control.ts";
import { GitError, runGit } from "./git-command.ts";
import { type GitVariables, gitEnvironment } from "./git-environment.ts";
import { COMMIT_FORMAT, parseCommits, parsePaths } from "./git-log.ts";
import { GitMirror } from "./git-mirror.ts";
import { checked, fullName, tipName, toMap } from "./git-names.ts";

/** Where copies are kept, and what git may inherit of this process's environment. Times in milliseconds. */
export interface GitSourceOptions {
  /** Holds one bare repository per repository; removed at any time, it is fetched again. */
  folder: string;
  inherited: Readonly<Record<string, string | undefined>>;
  headsTimeoutMs?: number;
  fetchTimeoutMs?: number;
  staleLockMs?: number;
}

const HEADS_TIMEOUT_MS = 30_000;
const FETCH_TIMEOUT_MS = 10 * 60_000;
const NOT_THERE = /couldn't find remote ref/i;
const OTHER_FORMAT = /mismatched algorithms|unsupported object format|wrong object format/i;
const FETCH = ["--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--force"];

/** git, by the `git` of this machine. Tips are kept under names of our own, so that no two branches can be in each other's way. */
export class GitSource implements SourceControl {
  private readonly options: GitSourceOptions;
  private readonly env: GitVariables;
  private readonly mirrors = new Map<string, GitMirror>();

  constructor(options: GitSourceOptions) {
    this.options = options;
    this.env = gitEnvironment(options.folder, options.inherited);
  }

  async heads(
    repository: SourceRepository,
    refs: readonly string[],
    abort?: AbortSignal,
  ): Promise<Map<string, string>> {
    const args = ["ls-remote", "--quiet", "--heads", "--end-of-options", repository.url, ...refs.map(fullName)];
    const timeoutMs = this.options.headsTimeoutMs ?? HEADS_TIMEOUT_MS;
    const { out } = await runGit({ cwd: this.options.folder, env: this.env }, args, { timeoutMs, abort });
    const wanted = new Map(refs.map((ref) => [fullName(ref), ref]));
    return toMap(out, "\t", (name) => wanted.get(name));
  }

  async fetch(
    repository: SourceRepository,
    refs: readonly string[],
    abort?: AbortSignal,
  ): Promise<Map<string, string>> {
    let left = refs;
    try {
      await this.fetchTips(repository, left, abort);
    } catch (error) {
      if (!(error instanceof GitError) || !NOT_THERE.test(error.said)) throw error;
      const heads = await this.heads(repository, refs, abort);
      left = refs.filter((ref) => heads.has(ref));
      if (left.length > 0) await this.fetchTips(repository, left, abort);
    }
    if (left.length === 0) return new Map();
    const byName = new Map(left.map((ref) => [tipName(ref), ref]));
    const tips = ["for-each-ref", "--format=%(objectname) %(refname)", ...byName.keys()];
    const { out } = await this.newest(repository).read(tips);
    return toMap(out, " ", (name) => byName.get(name));
  }

  async has(repository: SourceRepository, revision: string, options: { bring?: boolean } = {}): Promise<boolean> {
    const mirror = this.mirrorOf(repository, revision);
    const { code } = await mirror.read(["cat-file", "-e", `${revision}^{commit}`], { codes: [0, 1, 128] });
    if (code === 0 || !options.bring) return code === 0;
    try {
      const spec = `+${revision}:refs/pushes/${revision}`;
      await mirror.fetch([...FETCH, "--end-of-options", repository.url, spec], { timeoutMs: this.fetchTimeoutMs });
      return await this.has(repository, revision);
    } catch {
      return false; // most servers do not give a revision that no branch leads to
    }
  }

  async isAncestor(repository: SourceRepository, ancestor: string, revision: string): Promise<boolean> {
    if (ancestor.length !== revision.length) return false;
    const args = ["merge-base", "--is-ancestor", checked(ancestor), checked(revision)];
    return (await this.mirrorOf(repository, revision).read(args, { codes: [0, 1, 128] })).code === 0;
  }

  async commits(
    repository: SourceRepository,
    tip: string,
    without: readonly string[],
    limit: number,
  ): Promise<CommitRange> {
    const mirror = this.mirrorOf(repository, tip);
    const range = [checked(tip), ...without.map((revision) => `^${checked(revision)}`)];
    const counted = await mirror.read(["rev-list", "--count", "--ignore-missing", ...range, "--"]);
    const count = Number(counted.out.toString());
    const shown = count === 0 ? [tip, "--max-count=1"] : [...range, `--max-count=${limit}`];
    const log = await mirror.read(["log", "-z", `--format=${COMMIT_FORMAT}`, "--ignore-missing", ...shown, "--"]);
    return { commits: parseCommits(log.out), count: Math.max(1, count) };
  }

  async changedFiles(
    repository: SourceRepository,
    base: string | null,
    tip: string,
    limit: number,
  ): Promise<ChangedFiles> {
    const mirror = this.mirrorOf(repository, tip);
    if (base !== null) {
      const between = [
        "diff",
        "--no-ext-diff",
        "--no-textconv",
        "--name-only",
        "-z",
        `${checked(base)}...${checked(tip)}`,
        "--",
      ];
      const { code, out } = await mirror.read(between, { codes: [0, 128] }); // 128: the two have nothing in common
      if (code === 0) return parsePaths(out, limit);
    }
    const own = ["log", "-1", "--first-parent", "-m", "--root", "--format=", "--name-only", "-z", checked(tip), "--"];
    return parsePaths((await mirror.read(own)).out, limit);
  }

  async readFile(repository: SourceRepository, revision: string, file: string, maxBytes: number): Promise<SourceFile> {
    const mirror = this.mirrorOf(repository, revision);
    const { out } = await mirror.read(["ls-tree", "-z", "--long", "--full-tree", checked(revision), "--", file]);
    const [mode, kind, object, size] = out.toString("utf8").split("\t")[0]?.split(/\s+/) ?? [];
    if (!object) return { missing: true };
    if (mode === "120000") return { refused: `${file} is a symbolic link; it must be a file of its own.` };
    if (kind !== "blob") return { refused: `${file} is a folder or a submodule; it must be a file.` };
    if (Number(size) > maxBytes) return { refused: `${file} has ${size} bytes; at most ${maxBytes} are read.` };
    return { bytes: (await mirror.read(["cat-file", "blob", object])).out };
  }

  private async fetchTips(repository: SourceRepository, refs: readonly string[], abort?: AbortSignal): Promise<void> {
    const args = [...FETCH, "--stdin", "--end-of-options", repository.url];
    const input = refs.map((ref) => `+${fullName(ref)}:${tipName(ref)}\n`).join("");
    const fetch = (mirror: GitMirror) => mirror.fetch(args, { input, timeoutMs: this.fetchTimeoutMs, abort });
    try {
      await fetch(this.newest(repository));
    } catch (error) {
      if (!(error instanceof GitError) || !OTHER_FORMAT.test(error.said)) throw error;
      await fetch(this.mirror(repository, "sha256"));
    }
  }

  private get fetchTimeoutMs(): number {
    return this.options.fetchTimeoutMs ?? FETCH_TIMEOUT_MS;
  }

  private mirrorOf(repository: SourceRepository, revision: string): GitMirror {
    return this.mirror(repository, checked(revision).length === 64 ? "sha256" : "sha1");
  }

  /** The copy to fetch into: the one of the longer hashes once there is one. */
  private newest(repository: SourceRepository): GitMirror {
    const long = this.mirror(repository, "sha256");
    return long.exists ? long : this.mirror(repository, "sha1");
  }

  private mirror({ id }: SourceRepository, objectFormat: "sha1" | "sha256"): GitMirror {
    const name = objectFormat === "sha1" ? `${id}.git` : `${id}-sha256.git`;
    const known = this.mirrors.get(name);
    if (known) return known;
    const { folder, staleLockMs } = this.options;
    const mirror = new GitMirror({
      folder: path.join(folder, name),
      env: this.env,
      objectFormat,
      ...(staleLockMs !== undefined && { staleLockMs }),
    });
    this.mirrors.set(name, mirror);
    return mirror;
  }
}
