import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as pass } from "node:timers/promises";

/** A point that was passed, and how often. */
export interface SeenPoint {
  point: string;
  times: number;
}

const LOOK_EVERY_MS = 20;

/** The folder through which processes with the preload `failpoints.ts` are told where to die. */
export class Failpoints {
  private readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Lets processes write down which points they pass, from now on or no more. */
  observe(on: boolean): void {
    if (on) writeFileSync(this.file("observe"), "");
    else rmSync(this.file("observe"), { force: true });
  }

  /** All points that were passed while they were observed, most often passed first. */
  seen(): SeenPoint[] {
    const counts = new Map<string, number>();
    for (const name of readdirSync(this.folder).filter((file) => file.startsWith("seen-"))) {
      for (const [point, times] of parse(readFileSync(this.file(name), "utf8"))) {
        counts.set(point, (counts.get(point) ?? 0) + times);
      }
    }
    return [...counts].map(([point, times]) => ({ point, times })).sort((a, b) => b.times - a.times);
  }

  /** Kills the first process that comes to the point; the name of that process, or null when none came in time. */
  async kill(point: string, patienceMs: number): Promise<string | null> {
    const before = this.deaths().length;
    writeFileSync(this.file("armed.new"), point);
    renameSync(this.file("armed.new"), this.file("armed"));
    const deadline = performance.now() + patienceMs;
    while (existsSync(this.file("armed")) && performance.now() < deadline) await pass(LOOK_EVERY_MS);
    rmSync(this.file("armed"), { force: true });
    await pass(LOOK_EVERY_MS);
    return this.deaths()[before] ?? null;
  }

  private deaths(): string[] {
    const file = this.file("deaths");
    return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
  }

  private file(name: string): string {
    return path.join(this.folder, name);
  }
}

/** A file that is just being written says nothing yet. */
function parse(text: string): [string, number][] {
  try {
    return JSON.parse(text) as [string, number][];
  } catch {
    return [];
  }
}
