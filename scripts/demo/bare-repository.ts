import { execFile } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";

/** Who wrote a commit, and when (seconds since 1970). */
export interface CommitFacts {
  author: { name: string; mail: string };
  at: number;
  message: string;
}

const run = promisify(execFile);
const TIMEOUT_MS = 60_000;

/** A bare git repository of the demo. Equal commits have equal revisions, so making them again changes nothing. */
export class BareRepository {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Opens the repository, made when there is none. */
  static async open(folder: string): Promise<BareRepository> {
    if (!existsSync(folder)) {
      const draft = `${folder}.new`;
      rmSync(draft, { recursive: true, force: true });
      mkdirSync(path.dirname(folder), { recursive: true });
      await run("git", ["init", "--quiet", "--bare", "--initial-branch=main", "--", draft], { timeout: TIMEOUT_MS });
      renameSync(draft, folder);
    }
    return new BareRepository(folder);
  }

  /** Runs git in the repository and answers what it prints, without the last line end. */
  async git(args: readonly string[], env: Record<string, string> = {}): Promise<string> {
    const { stdout } = await run("git", ["--git-dir", this.folder, "-c", "core.autocrlf=false", ...args], {
      env: { ...process.env, ...env },
      timeout: TIMEOUT_MS,
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout.trimEnd();
  }

  /** Commits everything in a folder, on no branch yet, and answers the revision. */
  async commit(tree: string, parent: string | null, facts: CommitFacts): Promise<string> {
    const index = path.join(this.folder, "demo-index");
    rmSync(index, { force: true });
    await this.git(["--work-tree", tree, "add", "--all", "--force", "--", "."], { GIT_INDEX_FILE: index });
    const written = await this.git(["write-tree"], { GIT_INDEX_FILE: index });
    rmSync(index, { force: true });
    const { name, mail } = facts.author;
    const date = `${facts.at} +0000`;
    return this.git(["commit-tree", written, ...(parent ? ["-p", parent] : []), "-m", facts.message], {
      GIT_AUTHOR_NAME: name,
      GIT_AUTHOR_EMAIL: mail,
      GIT_AUTHOR_DATE: date,
      GIT_COMMITTER_NAME: name,
      GIT_COMMITTER_EMAIL: mail,
      GIT_COMMITTER_DATE: date,
    });
  }

  /** Where a branch is, or null when there is none. */
  async head(branch: string): Promise<string | null> {
    return (await this.git(["for-each-ref", "--format=%(objectname)", `refs/heads/${branch}`])) || null;
  }

  /** Moves a branch, as a push does. */
  async move(branch: string, revision: string): Promise<void> {
    await this.git(["update-ref", `refs/heads/${branch}`, revision]);
  }

  /** How many of the demo's pushes have been made and told. */
  async count(): Promise<number> {
    return Number(await this.git(["config", "--default", "0", "selfserve.demoPushes"]));
  }

  /** Keeps how many that are. */
  async setCount(count: number): Promise<void> {
    await this.git(["config", "selfserve.demoPushes", String(count)]);
  }
}
