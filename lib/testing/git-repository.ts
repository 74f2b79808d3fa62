import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { temporaryFolder } from "./temporary-folder.ts";

/** What a commit of a test is made of; by default one file named after the message. */
export interface CommitOptions {
  files?: Record<string, string | Buffer>;
  message?: string | Buffer;
  author?: string;
  /** Seconds since 1970. */
  at?: number;
}

/** A real bare repository, as a server holds it, and a clone in which commits are made. For use inside a test, which removes both. */
export class GitRepository {
  /** The bare one. */
  readonly url: string;
  private readonly clone: string;
  private count = 0;

  constructor(name = "repository") {
    const folder = temporaryFolder(`git-${name}`);
    this.url = path.join(folder, "server.git");
    this.clone = path.join(folder, "clone");
    runGit(folder, ["init", "--quiet", "--bare", "--initial-branch=main", this.url]);
    runGit(this.url, ["config", "receive.denyDeleteCurrent", "ignore"]);
    runGit(folder, ["clone", "--quiet", this.url, this.clone]);
    this.git("checkout", "--quiet", "-B", "main");
  }

  /** Runs git in the clone and answers what it prints, without the last line end. */
  git(...args: string[]): string {
    return runGit(this.clone, args);
  }

  /** Commits on what is checked out and answers the revision. */
  commit({ files, message, author = "Ada Example <ada@example.org>", at = 1_700_000_000 }: CommitOptions = {}): string {
    this.count += 1;
    const text = message ?? `Change ${this.count}`;
    for (const [file, content] of Object.entries(files ?? { [`file-${this.count}`]: `${this.count}\n` })) {
      const place = path.join(this.clone, file);
      mkdirSync(path.dirname(place), { recursive: true });
      writeFileSync(place, content);
    }
    this.git("add", "--all");
    const options = ["--quiet", "--allow-empty", "--cleanup=verbatim", `--author=${author}`, `--date=${at} +0000`];
    runGit(this.clone, ["commit", ...options, "--file=-"], text);
    return this.git("rev-parse", "HEAD");
  }

  /** Commits again what was committed last, with a message of any bytes: what other tools and old versions leave behind. */
  commitBytes(message: Buffer): string {
    const lines = this.git("cat-file", "commit", "HEAD").split("\n");
    const head = lines.slice(0, lines.indexOf("") + 1).join("\n");
    const input = Buffer.concat([Buffer.from(`${head}\n`), message]);
    const revision = runGit(this.clone, ["hash-object", "-t", "commit", "-w", "--stdin"], input);
    this.git("reset", "--quiet", "--hard", revision);
    return revision;
  }

  /** Pushes what is checked out to a branch and answers the revision. */
  push(branch = "main", { force = false } = {}): string {
    this.git("push", "--quiet", ...(force ? ["--force"] : []), "origin", `HEAD:refs/heads/${branch}`);
    return this.git("rev-parse", "HEAD");
  }

  /** Puts commits into the bare repository at once, in the language of `git fast-import`. */
  import(stream: string): void {
    runGit(this.url, ["fast-import", "--quiet"], stream);
  }

  /** Commits and pushes. */
  add(options: CommitOptions & { branch?: string; force?: boolean } = {}): string {
    this.commit(options);
    return this.push(options.branch, { force: options.force ?? false });
  }
}

function runGit(cwd: string, args: readonly string[], input?: string | Buffer): string {
  const settings = ["user.name=Test", "user.email=test@example.org", "commit.gpgSign=false", "gc.auto=0"];
  return execFileSync("git", [...settings.flatMap((one) => ["-c", one]), ...args], {
    cwd,
    input: input ?? "",
    encoding: "utf8",
    stdio: ["pipe", "pipe", "pipe"],
    env: { NODE_ENV: "test", PATH: process.env.PATH, HOME: cwd, GIT_CONFIG_NOSYSTEM: "1", LC_ALL: "C.UTF-8" },
  }).trimEnd();
}
