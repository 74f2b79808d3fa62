import { randomUUID } from "node:crypto";
import type { Command } from "../../contracts/command.ts";
import type { BuilderDefinition } from "../../contracts/in-tree-config.ts";
import { cancelJobs } from "../../scheduler/cancel-jobs.ts";
import type { SchedulerContext } from "../../scheduler/context.ts";
import { reprioritizeJobs } from "../../scheduler/reprioritize-jobs.ts";
import { retriggerJobs } from "../../scheduler/retrigger-jobs.ts";
import { splitJob } from "../../scheduler/split-job.ts";
import { submitBuildset } from "../../scheduler/submit-buildset.ts";
import { undoCommand } from "../../scheduler/undo-command.ts";
import type { Fate } from "../crash.ts";
import { definition, makePush } from "../rows.ts";
import type { Lane } from "./lane.ts";
import type { Move } from "./moves.ts";
import type { Processes } from "./processes.ts";
import type { KnownCommand, Witness } from "./witness.ts";

/** What a push brings: a mergeable builder, one that is exclusive, one that waits for the first. */
const SHAPES: Partial<BuilderDefinition>[][] = [
  [{ name: "a" }],
  [{ name: "a" }, { name: "b", exclusive: true }],
  [{ name: "a" }, { name: "after", needs: ["a"] }],
];
const MOST_JOBS = 8;

type OnJobs = Move & { do: "cancel" | "retrigger" | "raise" };

/** What the people of a history push and ask for. */
export class People {
  private readonly lane: Lane;
  private readonly processes: Processes;
  private readonly witness: Witness;

  constructor(lane: Lane, processes: Processes, witness: Witness) {
    this.lane = lane;
    this.processes = processes;
    this.witness = witness;
  }

  /** Pushes; the buildset is one of the shapes. */
  async submit(fate: Fate | null, shape: number): Promise<void> {
    if (this.witness.jobs.size >= MOST_JOBS) return;
    const { farm, test } = this.lane;
    const pushId = await makePush(test.sql, { branchId: farm.branchId, ownerId: farm.ownerId });
    const definitions = (SHAPES[shape % SHAPES.length] ?? []).map((part) => definition({ pool: farm.pool, ...part }));
    const input = { pushId, kind: "push" as const, reason: "A push.", definitions, properties: {} };
    const send = (ctx: SchedulerContext) => submitBuildset(ctx, input);
    await this.processes.perform(fate, test.ctx, send, ({ jobIds }) => this.witness.toldJobs(jobIds));
  }

  /** Asks for something to be done to one job, or to every other one. */
  async askFor(move: OnJobs | (Move & { do: "split" })): Promise<void> {
    const jobs = [...this.witness.jobs];
    const first = jobs[move.job % jobs.length];
    if (first === undefined) return;
    if (move.do === "split") return this.split(move.fate, first);
    const jobIds = move.many ? jobs.filter((id) => id % 2 === first % 2) : [first];
    const send = this.sendOf(move, jobIds);
    if (send) await this.give(move.fate, send);
  }

  private split(fate: Fate | null, jobId: number): Promise<void> {
    return this.processes.perform(fate, this.lane.farm.as(), (ctx) => splitJob(ctx, { jobId }));
  }

  private sendOf(move: OnJobs, jobIds: number[]): KnownCommand["send"] | null {
    const idempotencyKey = randomUUID();
    if (move.do === "cancel") return (ctx) => cancelJobs(ctx, { jobIds, idempotencyKey });
    if (move.do === "raise") {
      const { priority } = move;
      return (ctx) => reprioritizeJobs(ctx, { jobIds, priority, idempotencyKey });
    }
    if (this.witness.jobs.size >= MOST_JOBS) return null;
    const original = jobIds.slice(0, 1);
    return (ctx) => retriggerJobs(ctx, { jobIds: original, count: 1, dependents: move.many, idempotencyKey });
  }

  /** Takes a command back, or sends it again with the same key. */
  async goBack(move: Move & { do: "undo" | "repeat" }): Promise<void> {
    const { commands } = this.witness;
    const known = commands.at(-1 - (move.command % commands.length));
    if (known && move.do === "repeat") return this.send(move.fate, known);
    const commandId = known?.id;
    if (commandId == null) return;
    const idempotencyKey = randomUUID();
    await this.give(move.fate, (ctx) => undoCommand(ctx, { commandId, idempotencyKey }));
  }

  private give(fate: Fate | null, send: (ctx: SchedulerContext) => Promise<Command>): Promise<void> {
    const known: KnownCommand = { send, id: null };
    this.witness.commands.push(known);
    return this.send(fate, known);
  }

  private send(fate: Fate | null, known: KnownCommand): Promise<void> {
    return this.processes.perform(fate, this.lane.farm.as(), known.send, ({ id, items }) => {
      this.witness.toldCommand(known, id);
      this.witness.toldJobs(items.flatMap(({ created }) => created));
    });
  }
}
