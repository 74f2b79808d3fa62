import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";

/** A branch of the world's repository, and what its pushes build. */
export interface SourceBranch {
  ref: string;
  /** How many pushes it can have. */
  pushes: number;
  /** The content of `.selfserve.yml`. */
  config: string;
}

/** One move of a branch's head, as a hook tells it. */
export interface HeadMove {
  ref: string;
  before: string;
  after: string;
}

/**
 * A bare git repository in which all commits were made beforehand, in one go: a push is then the move of a ref, which costs nothing,
 * so that hundreds of them disturb no measurement.
 */
export class PreparedSource {
  readonly url: string;
  private readonly commits = new Map<string, string[]>();
  private readonly pushed = new Map<string, number>();

  constructor(folder: string, branches: readonly SourceBranch[]) {
    this.url = path.join(folder, "source.git");
    mkdirSync(this.url, { recursive: true });
    execFileSync("git", ["init", "--quiet", "--bare", "--initial-branch=main", this.url]);
    for (const branch of branches) this.prepare(branch);
  }

  /** Moves the branch's head to its next commit; null when all are used up. */
  push(ref: string): HeadMove | null {
    const done = this.pushed.get(ref) ?? 0;
    const commits = this.commits.get(ref) ?? [];
    const after = commits[done];
    if (after === undefined) return null;
    const file = path.join(this.url, "refs/heads", ref);
    writeFileSync(`${file}.lock`, `${after}\n`);
    renameSync(`${file}.lock`, file);
    this.pushed.set(ref, done + 1);
    return { ref: `refs/heads/${ref}`, before: commits[done - 1] ?? "0".repeat(40), after };
  }

  private prepare({ ref, pushes, config }: SourceBranch): void {
    const marks = path.join(this.url, `marks-${ref}`);
    const lines = [blob(1, config)];
    for (let index = 1; index <= pushes; index++) {
      const message = `Change ${index} of ${ref}`;
      lines.push(`commit refs/prepared/${ref}\nmark :${index + 1}\n`);
      lines.push(`author Dev Developer <dev@example.org> ${1_790_000_000 + index} +0000\n`);
      lines.push(`committer Dev Developer <dev@example.org> ${1_790_000_000 + index} +0000\n`);
      lines.push(`data ${message.length}\n${message}\n`);
      lines.push(`M 100644 :1 .selfserve.yml\nM 100644 inline push.txt\ndata ${String(index).length}\n${index}\n`);
    }
    const input = lines.join("");
    const args = ["fast-import", "--quiet", `--export-marks=${marks}`];
    const { status, stderr } = spawnSync("git", args, { cwd: this.url, input, encoding: "utf8" });
    if (status !== 0) throw new Error(`The commits of ${ref} could not be made: ${stderr}`);
    const known = new Map(
      readFileSync(marks, "utf8")
        .split("\n")
        .map((line) => line.split(" ") as [string, string]),
    );
    this.commits.set(
      ref,
      Array.from({ length: pushes }, (_, index) => known.get(`:${index + 2}`) ?? ""),
    );
  }
}

function blob(mark: number, content: string): string {
  return `blob\nmark :${mark}\ndata ${Buffer.byteLength(content)}\n${content}\n`;
}
