// How much faster a worker's second checkout of a repository is than its first, thanks to its shared object store.
import { execFileSync } from "node:child_process";
import { randomFillSync } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { checkOut } from "../lib/worker/checkout.ts";
import { ObjectStores } from "../lib/worker/object-store.ts";
import { type Figure, median, report, rounded } from "./report/figure.ts";

const SECOND_CHECKOUTS = 5;
const MIB = 2 ** 20;

/** The shape of a repository whose every file is random, so that neither git nor a disk can make it smaller. */
interface Shape {
  /** In each checkout, in 16 directories. */
  files: number;
  fileBytes: number;
  /** Before the worker comes. */
  commits: number;
  /** Files that each of these writes anew, after the first, which writes all. Later commits change one. */
  changed: number;
}

/** 24 MiB of files in a history of 216 MiB: as in most repositories, the history is much more than its tip. */
const SHAPE: Shape = { files: 96, fileBytes: MIB / 4, commits: 49, changed: 16 };

/** Measures one first checkout and five of revisions that came later. */
export async function run(shape: Shape = SHAPE): Promise<Figure[]> {
  const dir = mkdtempSync(path.join(tmpdir(), "self-serve-bench-checkout-"));
  try {
    const url = path.join(dir, "repository");
    const revisions = makeRepository(url, shape);
    const [firstMs = Number.NaN, ...secondMs] = await measure(dir, url, revisions.slice(-1 - SECOND_CHECKOUTS));
    return figuresOf(sizeOf(url), firstMs, median(secondMs));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function figuresOf(repositoryBytes: number, firstMs: number, secondMs: number): Figure[] {
  const bench = "checkout";
  const ratio = rounded(secondMs / firstMs);
  return [
    { bench, figure: "size of the repository", value: rounded(repositoryBytes / MIB), unit: "MiB" },
    { bench, figure: "first checkout", value: rounded(firstMs), unit: "ms" },
    {
      bench,
      figure: `second checkout, median of ${SECOND_CHECKOUTS}`,
      value: rounded(secondMs),
      unit: "ms",
      peer: "first checkout",
      peerValue: rounded(firstMs),
      ratio,
      target: "ratio < 0.1",
      ok: ratio < 0.1,
    },
  ];
}

/** Milliseconds of a checkout of each revision in turn, as a worker that starts with nothing makes them. */
async function measure(dir: string, url: string, revisions: readonly string[]): Promise<number[]> {
  const env = { PATH: process.env.PATH ?? "/usr/bin:/bin", HOME: dir };
  const stores = new ObjectStores(path.join(dir, "worker"), env);
  await stores.prepare();
  const elapsed: number[] = [];
  for (const [index, revision] of revisions.entries()) {
    // The branch grows before the eyes of the worker, as it does with real pushes.
    git(url, "update-ref", "refs/heads/main", revision);
    const source = { repository: "bench", vcs: "git", url, ref: "main", revision } as const;
    const checkout = path.join(dir, "runs", String(index), "checkout");
    const { signal } = new AbortController();
    const startedAt = performance.now();
    await checkOut(stores, { source, trustLevel: 1 }, { dir: checkout, env, user: null, mark: null, signal });
    elapsed.push(performance.now() - startedAt);
  }
  return elapsed;
}

/** Answers the revisions, oldest first. They are on no branch yet, but can be fetched. */
function makeRepository(url: string, { files, fileBytes, commits, changed }: Shape): string[] {
  mkdirSync(url);
  git(url, "init", "-q", "-b", "build");
  git(url, "config", "gc.auto", "0");
  git(url, "config", "core.looseCompression", "0");
  const bytes = Buffer.alloc(fileBytes);
  const revisions: string[] = [];
  for (let commit = 0; commit < commits + SECOND_CHECKOUTS; commit++) {
    const count = commit === 0 ? files : commit < commits ? changed : 1;
    for (let index = 0; index < count; index++) {
      const name = (commit * changed + index) % files;
      const file = path.join(url, `d${name % 16}`, `f${name}.bin`);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, randomFillSync(bytes));
    }
    git(url, "add", "-A");
    git(url, "commit", "-q", "-m", `Commit ${commit}`);
    revisions.push(git(url, "rev-parse", "HEAD"));
  }
  git(url, "repack", "-a", "-d", "-q");
  git(url, "update-ref", "refs/heads/main", revisions[0] ?? "");
  git(url, "symbolic-ref", "HEAD", "refs/heads/main");
  git(url, "update-ref", "-d", "refs/heads/build");
  git(url, "config", "uploadpack.allowAnySHA1InWant", "true");
  return revisions;
}

function sizeOf(url: string): number {
  const kibibytes = /^size-pack: (\d+)$/m.exec(git(url, "count-objects", "-v"))?.[1];
  return Number(kibibytes) * 1_024;
}

function git(cwd: string, ...args: string[]): string {
  const identity = ["-c", "user.name=Bench", "-c", "user.email=bench@example.org"];
  return execFileSync("git", [...identity, ...args], { cwd, encoding: "utf8" }).trim();
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) report(await run());
