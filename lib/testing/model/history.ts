import { expireLeases } from "../../scheduler/expire-leases.ts";
import { numberEvents } from "../../scheduler/relay/number-events.ts";
import { rebuildQueue } from "../../scheduler/relay/rebuild-queue.ts";
import { relayQueue } from "../../scheduler/relay/relay-queue.ts";
import { sweepQueue } from "../../scheduler/relay/sweep-queue.ts";
import { resumeCommands } from "../../scheduler/resume-commands.ts";
import type { Lane } from "./lane.ts";
import type { Move, Step } from "./moves.ts";
import { People } from "./people.ts";
import { Processes } from "./processes.ts";
import { Witness } from "./witness.ts";
import { Workers } from "./workers.ts";

/** More processes than this do not stand still at once. */
const MOST_FROZEN = 3;

const TIMER = {
  relay: relayQueue,
  sweep: sweepQueue,
  rebuild: rebuildQueue,
  number: numberEvents,
  reap: expireLeases,
  resume: resumeCommands,
};

/** One history: moves on the real verbs, with what their clients hear of it. */
export class History {
  readonly lane: Lane;
  readonly witness: Witness;
  readonly processes: Processes;
  readonly workers: Workers;
  readonly people: People;

  /** `after`: the last job before it. */
  constructor(lane: Lane, after: number) {
    this.lane = lane;
    this.witness = new Witness(lane, after);
    this.processes = new Processes(lane);
    this.workers = new Workers(lane, this.processes, this.witness);
    this.people = new People(lane, this.processes, this.witness);
  }

  /** Plays moves at once and looks at what they have left. */
  async play(step: Step): Promise<void> {
    await Promise.all(step.map((move) => this.act(move)));
    if (this.processes.standing > MOST_FROZEN) await this.processes.thaw();
    await this.witness.check();
  }

  private async act(move: Move): Promise<void> {
    switch (move.do) {
      case "submit":
        return this.people.submit(move.fate, move.shape);
      case "claim":
      case "reclaim":
      case "reboot":
        return this.workers.ask(move);
      case "beat":
      case "expire":
      case "finish":
      case "late":
        return this.workers.onRun(move);
      case "cancel":
      case "retrigger":
      case "split":
      case "raise":
        return this.people.askFor(move);
      case "undo":
      case "repeat":
        return this.people.goBack(move);
      case "wipe":
        return this.lane.test.emptyRedis();
      case "thaw":
        await this.processes.thaw();
        return;
      default:
        if (move.do === "resume") await this.stallCommands();
        return this.processes.perform<unknown>(move.fate, this.lane.test.ctx, (ctx) => TIMER[move.do](ctx));
    }
  }

  /** Lets the commands that a dead process has left be due for another one. */
  async stallCommands(): Promise<void> {
    const text = "UPDATE commands SET worked_at = worked_at - interval '1 minute' WHERE completed_at IS NULL";
    await this.lane.test.sql.count(text);
  }
}
