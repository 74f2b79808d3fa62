import type { SchedulerContext } from "../../scheduler/context.ts";
import { SchedulerError } from "../../scheduler/errors.ts";
import { QueueNotReady } from "../../scheduler/queue/queue-not-ready.ts";
import { type Fate, MortalProcess } from "../crash.ts";
import type { Lane } from "./lane.ts";

/** What a verb may refuse with at any time; everything else is a fault. `unavailable`: a lock was not to be had in two seconds. */
const REFUSALS = new Set(["conflict", "not_found", "unavailable"]);

/** A process that stood still may find that Redis did not answer in time. */
function isRefusal(error: unknown): boolean {
  return error instanceof QueueNotReady || (error instanceof SchedulerError && REFUSALS.has(error.code));
}

/** The processes of the product in one history: each serves one request, and may die or stand still meanwhile. */
export class Processes {
  private readonly lane: Lane;
  private readonly frozen: { process: MortalProcess; done: Promise<unknown> }[] = [];

  constructor(lane: Lane) {
    this.lane = lane;
  }

  /** How many stand still. */
  get standing(): number {
    return this.frozen.length;
  }

  /** Runs a verb in a process of the given fate until it has ended, died or stands still; `heard` gets its answer if one is ever given. */
  async perform<T>(
    fate: Fate | null,
    asks: SchedulerContext,
    verb: (ctx: SchedulerContext) => Promise<T>,
    heard: (reply: T) => void = () => {},
  ): Promise<void> {
    const process = new MortalProcess(fate);
    const done = verb(process.contextOver(asks, this.lane.test.redis)).then(heard, (error: unknown) => {
      if (!isRefusal(error)) throw error;
      if (error instanceof SchedulerError && error.code === "unavailable") this.lane.struck.unavailable++;
    });
    await Promise.race([done, process.stopped]);
    if (process.dead) this.lane.struck.died++;
    if (process.undone) this.lane.struck.undone++;
    if (!process.frozen) return;
    this.lane.struck.froze++;
    this.frozen.push({ process, done });
  }

  /** Lets the one that stands still for longest go on, and waits for its end; false when none does. */
  async thaw(): Promise<boolean> {
    const oldest = this.frozen.shift();
    oldest?.process.thaw();
    await oldest?.done;
    return oldest !== undefined;
  }
}
