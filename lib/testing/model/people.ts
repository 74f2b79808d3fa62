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
import type { KnownRequest, Witness } from "./witness.ts";

/** What a push brings: a mergeable builder, one that is exclusive, one that waits for the first. */
const SHAPES: Partial<BuilderDefinition>[][] = [
  [{ name: "a" }],
  [{ name: "a" }, { name: "b", exclusive: true }],
  [{ name: "a" }, { name: "after", needs: ["a"] }],
];
const MOST_JOBS = 8;

type Commanding = (ctx: SchedulerContext) => Promise<Command>;
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
    const send = async (ctx: SchedulerContext) => {
      const { buildsetId, jobIds } = await submitBuildset(ctx, input);
      return { id: buildsetId, created: jobIds };
    };
    await this.ask(fate, { asks: test.ctx, send, id: null, undoable: false });
  }

  /** Asks for something to be done to one job, or to every other one. */
  async askFor(move: OnJobs | (Move & { do: "split" })): Promise<void> {
    const jobs = [...this.witness.jobs];
    const first = jobs[move.job % jobs.length];
    if (first === undefined) return;
    if (move.do === "split") return this.split(move.fate, first);
    const jobIds = move.many ? jobs.filter((id) => id % 2 === first % 2) : [first];
    const command = this.commandOf(move, jobIds);
    if (command) await this.give(move.fate, command);
  }

  private split(fate: Fate | null, jobId: number): Promise<void> {
    return this.processes.perform(fate, this.lane.farm.as(), (ctx) => splitJob(ctx, { jobId }));
  }

  private commandOf(move: OnJobs, jobIds: number[]): Commanding | null {
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

  /** Takes a command back, or asks for something again with the same key. */
  async goBack(move: Move & { do: "undo" | "repeat" }): Promise<void> {
    const { requests } = this.witness;
    const known = requests.filter(({ undoable }) => undoable || move.do === "repeat");
    const request = known.at(-1 - (move.command % known.length));
    if (request && move.do === "repeat") return this.send(move.fate, request);
    const commandId = request?.id;
    if (commandId == null) return;
    const idempotencyKey = randomUUID();
    await this.give(move.fate, (ctx) => undoCommand(ctx, { commandId, idempotencyKey }));
  }

  private give(fate: Fate | null, command: Commanding): Promise<void> {
    const send = async (ctx: SchedulerContext) => {
      const { id, items } = await command(ctx);
      return { id, created: items.flatMap(({ created }) => created) };
    };
    return this.ask(fate, { asks: this.lane.farm.as(), send, id: null, undoable: true });
  }

  private ask(fate: Fate | null, request: KnownRequest): Promise<void> {
    this.witness.requests.push(request);
    return this.send(fate, request);
  }

  private send(fate: Fate | null, request: KnownRequest): Promise<void> {
    return this.processes.perform(fate, request.asks, request.send, (reply) =>
      this.witness.toldRequest(request, reply),
    );
  }
}
