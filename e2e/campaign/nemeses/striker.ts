import { setTimeout as pass } from "node:timers/promises";
import { nowMs } from "../clock.ts";
import type { Journal } from "../journal.ts";
import type { Random } from "../random.ts";
import type { World } from "../world.ts";
import { FAILPOINT } from "./failpoint.ts";
import { LINK_NEMESES } from "./links.ts";
import type { FaultLine, Nemesis } from "./nemesis.ts";
import { OTHER_NEMESES } from "./others.ts";
import { POSTGRES_NEMESES } from "./postgres.ts";
import { PROCESS_NEMESES } from "./processes.ts";
import { REDIS_NEMESES } from "./redis.ts";
import { REPLACED_WORKER } from "./replace-worker.ts";

/** Every kind of fault that a campaign knows. */
export const NEMESES: readonly Nemesis[] = [
  ...PROCESS_NEMESES,
  REPLACED_WORKER,
  ...LINK_NEMESES,
  ...REDIS_NEMESES,
  ...POSTGRES_NEMESES,
  ...OTHER_NEMESES,
  FAILPOINT,
  FAILPOINT,
];

const ALONE = ["redis: kill -9", "postgres: immediate restart"];
const ALONE_SECONDS = [5, 6] as const;
const ALONE_PAUSE_MS = 4_000;

/** How often faults strike. */
export interface StrikerOptions {
  world: World;
  random: Random;
  journal: Journal<FaultLine>;
  /** Between the beginnings of two faults, on average. */
  everyMs: number;
  /** It stops when so many have struck. */
  faults: number;
  /** The kinds to strike with; all when absent. */
  kinds?: readonly string[] | undefined;
}

/** Strikes with one fault after the other, some of them at once, each kind as often as any other. */
export class Striker {
  private readonly options: StrikerOptions;
  private readonly busy = new Set<string>();
  private readonly lasting = new Set<Promise<void>>();
  private readonly ending = new AbortController();
  private deck: Nemesis[] = [];
  private running: Promise<void> = Promise.resolve();
  /** How many faults have struck. */
  count = 0;

  constructor(options: StrikerOptions) {
    this.options = options;
  }

  start(): void {
    this.running = this.strikeOnAndOn();
  }

  /** Whether as many have struck as should. */
  get satisfied(): boolean {
    return this.count >= this.options.faults;
  }

  /** No more faults; resolves when all that last have ended. */
  async stop(): Promise<void> {
    this.ending.abort();
    await this.running;
    await Promise.all(this.lasting);
  }

  /** Strikes with each store's outage alone, one after the other, so that what still works can be told from what nothing else explains. */
  async strikeAlone(): Promise<void> {
    for (const nemesis of NEMESES.filter(({ kind }) => ALONE.includes(kind))) {
      await this.strike({ ...nemesis, seconds: ALONE_SECONDS });
      await pass(ALONE_PAUSE_MS);
    }
  }

  private async strikeOnAndOn(): Promise<void> {
    const { random, everyMs } = this.options;
    while (!this.ending.signal.aborted && !this.satisfied) {
      const nemesis = this.draw();
      if (nemesis) {
        const lasting = this.strike(nemesis).finally(() => this.lasting.delete(lasting));
        this.lasting.add(lasting);
      }
      await pass(random.between(0.5, 1.5) * everyMs, undefined, { signal: this.ending.signal }).catch(() => {});
    }
  }

  /** The next of the deck that nothing stands in the way of; a new deck when this one is used up. */
  private draw(): Nemesis | undefined {
    const { random, kinds } = this.options;
    if (this.deck.length === 0) {
      this.deck = random.shuffle(NEMESES.filter(({ kind }) => kinds === undefined || kinds.includes(kind)));
    }
    const index = this.deck.findIndex(({ needs }) => !needs.some((need) => this.busy.has(need)));
    return index < 0 ? undefined : this.deck.splice(index, 1)[0];
  }

  private async strike(nemesis: Nemesis): Promise<void> {
    const { world, random, journal } = this.options;
    for (const need of nemesis.needs) this.busy.add(need);
    this.count += 1;
    const id = this.count;
    const from = nowMs();
    try {
      const { target, parts, detail, end } = await nemesis.strike(world, random);
      const line = { id, kind: nemesis.kind, target, parts, from, ...(detail !== undefined && { detail }) };
      journal.write({ ...line, until: null });
      const seconds = random.between(...nemesis.seconds);
      const ending = nemesis.seconds === ALONE_SECONDS ? undefined : this.ending.signal;
      await pass(seconds * 1000, undefined, { signal: ending }).catch(() => {});
      await end?.();
      journal.write({ ...line, until: nowMs() });
    } catch (error) {
      // The store that it needed was away: there was no fault. Whatever it had begun is ended by `calm`.
      journal.write({ id, kind: nemesis.kind, target: `failed: ${error}`, parts: [], from, until: nowMs() });
    } finally {
      for (const need of nemesis.needs) this.busy.delete(need);
    }
  }
}
