import { existsSync, readFileSync } from "node:fs";

/** What the jobs themselves wrote about their lives, into a file that the product does not know. */
export interface Witness {
  /** The workers that started each job, by job id, in the order of their starts. */
  starts: Map<number, string[]>;
  /** How often each job came to its end. */
  ends: Map<number, number>;
}

/**
 * The shell line by which a job testifies. One short append is atomic.
 * The worker's name is in the path of the checkout, because the job is told nothing of it.
 */
export function testify(file: string, word: "start" | "end"): string {
  return `echo "${word} $SELFSERVE_JOB_ID $(pwd)" >> '${file}'`;
}

/** Reads what was written so far. */
export function readWitness(file: string, workers: readonly string[]): Witness {
  const starts = new Map<number, string[]>();
  const ends = new Map<number, number>();
  for (const line of existsSync(file) ? readFileSync(file, "utf8").split("\n") : []) {
    const [word, id, folder = ""] = line.split(" ");
    const jobId = Number(id);
    const worker = workers.find((name) => folder.includes(`/${name}/`)) ?? folder;
    if (word === "start") starts.set(jobId, [...(starts.get(jobId) ?? []), worker]);
    if (word === "end") ends.set(jobId, (ends.get(jobId) ?? 0) + 1);
  }
  return { starts, ends };
}

/** How many starts there were so far. */
export function countStarts({ starts }: Witness): number {
  return [...starts.values()].reduce((sum, workers) => sum + workers.length, 0);
}
