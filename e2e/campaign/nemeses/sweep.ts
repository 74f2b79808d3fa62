import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { setTimeout as pass } from "node:timers/promises";
import { nowMs } from "../clock.ts";
import { Failpoints } from "../failpoints.ts";
import type { Journal } from "../journal.ts";
import type { Random } from "../random.ts";
import type { World } from "../world.ts";
import { FAILPOINT } from "./failpoint.ts";
import type { FaultLine } from "./nemesis.ts";

/** Which failpoints an episode sweeps. */
export interface SweepSize {
  /** Of all points, those whose place in the list leaves `part` when divided by `parts`. */
  part: number;
  parts: number;
  /** Deaths at each. */
  repeats: number;
}

export interface SweepOptions extends SweepSize {
  world: World;
  random: Random;
  journal: Journal<FaultLine>;
  /** Keeps the list of all points for the other parts; the first one makes it. */
  pointsFile: string;
}

/** Fewer passages than this while points are found, and a point is too rare to be died at again and again. */
const OFTEN = 8;
const OBSERVE_MS = 30_000;
/** At most so many points are swept: first those at which something becomes true or is told, then any others. */
const MOST_POINTS = 60;
const DECISIVE = /\/(COMMIT|redis|answer)/;
const PATIENCE_MS = 15_000;
/** A point that nobody comes to is tried again after all others, this often. */
const ROUNDS = 3;

/** Lets processes die at one point of the protocol after the other, many times at each. */
export class Sweep {
  private readonly options: SweepOptions;
  private readonly failpoints: Failpoints;
  private ending = false;
  private running: Promise<void> = Promise.resolve();
  /** How many deaths there were. */
  count = 0;
  /** Whether it is through with all of its points. */
  satisfied = false;

  constructor(options: SweepOptions) {
    this.options = options;
    this.failpoints = new Failpoints(options.world.failpoints);
  }

  start(): void {
    this.running = this.sweep().finally(() => {
      this.satisfied = true;
    });
  }

  async stop(): Promise<void> {
    this.ending = true;
    await this.running;
  }

  private async sweep(): Promise<void> {
    const { part, parts, repeats, random } = this.options;
    const points = (await this.allPoints()).filter((_, index) => index % parts === part);
    let open = random.shuffle(points.flatMap((point) => Array<string>(repeats).fill(point)));
    for (let round = 0; round < ROUNDS && open.length > 0; round++) {
      const missed: string[] = [];
      for (const point of open) {
        if (this.ending) return;
        if (!(await this.strike(point))) missed.push(point);
        await this.untilUp();
      }
      open = missed;
    }
  }

  /** The points that are passed often enough, at most as many as are swept. */
  private async allPoints(): Promise<string[]> {
    const { pointsFile, random } = this.options;
    if (existsSync(pointsFile)) return JSON.parse(readFileSync(pointsFile, "utf8")) as string[];
    this.failpoints.observe(true);
    await pass(OBSERVE_MS);
    const points = this.failpoints.seen().filter(({ times }) => times >= OFTEN);
    this.failpoints.observe(false);
    const rank = (point: string) => (DECISIVE.test(point) ? 0 : 1);
    const names = random
      .shuffle(points.map(({ point }) => point).sort())
      .sort((a, b) => rank(a) - rank(b))
      .slice(0, MOST_POINTS);
    writeFileSync(pointsFile, JSON.stringify(names, null, 1));
    return names;
  }

  private async strike(point: string): Promise<boolean> {
    const from = nowMs();
    const victim = await this.failpoints.kill(point, PATIENCE_MS);
    if (victim === null) return false;
    this.count += 1;
    const parts = [victim.startsWith("web") ? ("web" as const) : ("timer" as const)];
    const { journal } = this.options;
    journal.write({ id: this.count, kind: FAILPOINT.kind, target: victim, parts, from, until: nowMs(), detail: point });
    return true;
  }

  private async untilUp(): Promise<void> {
    for (const url of this.options.world.urls.webs) {
      for (let tries = 0; tries < 200 && !this.ending; tries++) {
        const answer = await fetch(`${url}/api/v1/openapi.json`, { signal: AbortSignal.timeout(5_000) }).catch(
          () => null,
        );
        await answer?.body?.cancel();
        if (answer) break;
        await pass(100);
      }
    }
  }
}
