import { randomUUID } from "node:crypto";
import type { Command } from "../../contracts/command.ts";
import type { BuilderDefinition } from "../../contracts/in-tree-config.ts";
import type { Result } from "../../contracts/job.ts";
import { cancelJobs } from "../../scheduler/cancel-jobs.ts";
import { claimRun } from "../../scheduler/claim-run.ts";
import type { SchedulerContext } from "../../scheduler/context.ts";
import { SchedulerError } from "../../scheduler/errors.ts";
import { expireLeases } from "../../scheduler/expire-leases.ts";
import { finishRun } from "../../scheduler/finish-run.ts";
import { heartbeatRuns } from "../../scheduler/heartbeat-runs.ts";
import { numberEvents } from "../../scheduler/relay/number-events.ts";
import { rebuildQueue } from "../../scheduler/relay/rebuild-queue.ts";
import { relayQueue } from "../../scheduler/relay/relay-queue.ts";
import { sweepQueue } from "../../scheduler/relay/sweep-queue.ts";
import { reprioritizeJobs } from "../../scheduler/reprioritize-jobs.ts";
import { resumeCommands } from "../../scheduler/resume-commands.ts";
import { retriggerJobs } from "../../scheduler/retrigger-jobs.ts";
import { submitBuildset } from "../../scheduler/submit-buildset.ts";
import { undoCommand } from "../../scheduler/undo-command.ts";
import { type Fate, MortalProcess } from "../crash.ts";
import { finish } from "../farm.ts";
import { definition, makePush } from "../rows.ts";
import type { Agent, Lane } from "./lane.ts";
import type { Move, Step } from "./moves.ts";
import { type KnownCommand, type KnownRun, Witness } from "./witness.ts";

/** What a push brings: a mergeable builder, one that is exclusive, one that waits for the first. */
const SHAPES: Partial<BuilderDefinition>[][] = [
  [{ name: "a" }],
  [{ name: "a" }, { name: "b", exclusive: true }],
  [{ name: "a" }, { name: "after", needs: ["a"] }],
];
const MOST_JOBS = 8;
/** More processes than this do not stand still at once. */
const MOST_FROZEN = 3;

/** What a verb may refuse with at any time; everything else is a fault. `unavailable`: a lock was not to be had in two seconds. */
const REFUSALS = new Set(["conflict", "not_found", "unavailable"]);

/** One history: moves on the real verbs, with what their clients hear of it. */
export class History {
  readonly witness: Witness;
  readonly lane: Lane;
  private readonly frozen: { process: MortalProcess; done: Promise<unknown> }[] = [];
  private jobs: number[] = [];

  constructor(lane: Lane, after: number) {
    this.lane = lane;
    this.witness = new Witness(lane, after);
  }

  /** Plays moves at once and looks at what they have left. */
  async play(step: Step): Promise<void> {
    await Promise.all(step.map((move) => this.act(move)));
    if (this.frozen.length > MOST_FROZEN) await this.thaw();
    await this.witness.check();
  }

  /** Lets the process that stands still for longest go on, and waits until it has come to its end. */
  async thaw(): Promise<boolean> {
    const oldest = this.frozen.shift();
    oldest?.process.thaw();
    await oldest?.done;
    return oldest !== undefined;
  }

  /** Runs a verb in a process of the given fate; `heard` gets its answer if one is ever given. */
  async perform<T>(
    fate: Fate | null,
    asks: SchedulerContext,
    verb: (ctx: SchedulerContext) => Promise<T>,
    heard: (reply: T) => void = () => {},
  ): Promise<void> {
    const process = new MortalProcess(fate);
    const done = verb(process.contextOver(asks, this.lane.test.redis)).then(heard, (error: unknown) => {
      if (!(error instanceof SchedulerError) || !REFUSALS.has(error.code)) throw error;
    });
    await Promise.race([done, process.stopped]);
    if (process.dead) this.lane.struck.died++;
    if (!process.frozen) return;
    this.lane.struck.froze++;
    this.frozen.push({ process, done });
  }

  private async act(move: Move): Promise<void> {
    const system = this.lane.test.ctx;
    switch (move.do) {
      case "submit":
        return this.submit(move.fate, move.shape);
      case "claim":
      case "reclaim":
      case "reboot":
        return this.ofWorker(move);
      case "beat":
      case "expire":
      case "finish":
      case "late":
        return this.ofRun(move);
      case "cancel":
      case "retrigger":
      case "split":
      case "raise":
        return this.ofJobs(move);
      case "undo":
      case "repeat":
        return this.ofCommand(move);
      case "relay":
        return this.perform(move.fate, system, relayQueue);
      case "sweep":
        return this.perform(move.fate, system, sweepQueue);
      case "rebuild":
        return this.perform(move.fate, system, rebuildQueue);
      case "number":
        return this.perform(move.fate, system, numberEvents);
      case "reap":
        return this.perform(move.fate, system, expireLeases);
      case "resume":
        await this.stallCommands();
        return this.perform(move.fate, system, resumeCommands);
      case "wipe":
        return this.lane.test.emptyRedis();
      case "thaw":
        await this.thaw();
    }
  }

  async submit(fate: Fate | null, shape: number): Promise<void> {
    if (this.jobs.length >= MOST_JOBS) return;
    const { farm, test } = this.lane;
    const pushId = await makePush(test.sql, { branchId: farm.branchId, ownerId: farm.ownerId });
    const definitions = (SHAPES[shape % SHAPES.length] ?? []).map((part) => definition({ pool: farm.pool, ...part }));
    const input = { pushId, kind: "push" as const, reason: "A push.", definitions, properties: {} };
    const send = (ctx: SchedulerContext) => submitBuildset(ctx, input);
    await this.perform(fate, test.ctx, send, ({ jobIds }) => this.toldJobs(jobIds));
  }

  private toldJobs(jobIds: readonly number[]): void {
    for (const id of jobIds) this.witness.jobs.add(id);
    this.jobs = [...this.witness.jobs];
  }

  private async ofWorker(move: Move & { do: "claim" | "reclaim" | "reboot" }): Promise<void> {
    const agent = this.lane.agents[move.worker];
    if (!agent) return;
    if (move.do === "reboot") return this.reboot(move.fate, agent);
    const claimId = (move.do === "reclaim" ? agent.claims.get(move.slot) : undefined) ?? randomUUID();
    await this.claim(move.fate, agent, move.slot, claimId);
  }

  /** Starts a worker anew. Without an answer it does not know its new session, and the old one is refused. */
  reboot(fate: Fate | null, agent: Agent): Promise<void> {
    const boot = (ctx: SchedulerContext) => this.lane.boot(agent, ctx);
    return this.perform(fate, this.lane.test.ctx, boot, (ctx) => {
      agent.ctx = ctx;
      agent.claims.clear();
    });
  }

  async claim(fate: Fate | null, agent: Agent, slot: number, claimId: string = randomUUID()): Promise<void> {
    agent.claims.set(slot, claimId);
    const asks = agent.ctx;
    const send = (ctx: SchedulerContext) =>
      claimRun(ctx, { claimId, slot, pools: [this.lane.farm.pool], waitSeconds: 0 });
    await this.perform(fate, asks, send, ({ work }) => {
      if (work) this.witness.toldRun({ runId: work.runId, agent: asks, claimId, jobIds: work.jobIds });
    });
  }

  private async ofRun(move: Move & { do: "beat" | "expire" | "finish" | "late" }): Promise<void> {
    const { runs } = this.witness;
    // `late` takes the oldest runs, which have mostly been replaced; the others the newest.
    const run = move.do === "late" ? runs[move.run % 4] : runs.at(-1 - (move.run % 4));
    if (!run) return;
    if (move.do === "finish" || move.do === "late") return this.finish(move.fate, run, move.result);
    if (move.do === "beat") {
      const input = { runIds: [run.runId], waitSeconds: 0 };
      return this.perform(move.fate, run.agent, (ctx) => heartbeatRuns(ctx, input));
    }
    await this.lane.farm.endLease(run.runId);
    await this.perform(move.fate, this.lane.test.ctx, expireLeases);
  }

  finish(fate: Fate | null, run: KnownRun, result: Result): Promise<void> {
    const send = (ctx: SchedulerContext) => finishRun(ctx, { runId: run.runId, ...finish(result) });
    return this.perform(fate, run.agent, send, (reply) => this.witness.toldResult(run, reply.result));
  }

  private async ofJobs(move: Move & { do: "cancel" | "retrigger" | "split" | "raise" }): Promise<void> {
    const first = this.jobs[move.job % this.jobs.length];
    if (first === undefined || move.do === "split") return;
    const jobIds = move.many ? [first, ...this.jobs.filter((id) => id % 2 === first % 2 && id !== first)] : [first];
    const idempotencyKey = randomUUID();
    if (move.do === "cancel") return this.command(move.fate, (ctx) => cancelJobs(ctx, { jobIds, idempotencyKey }));
    if (move.do === "raise") {
      const { priority } = move;
      return this.command(move.fate, (ctx) => reprioritizeJobs(ctx, { jobIds, priority, idempotencyKey }));
    }
    if (this.jobs.length >= MOST_JOBS) return;
    return this.command(move.fate, (ctx) =>
      retriggerJobs(ctx, { jobIds: [first], count: 1, dependents: move.many, idempotencyKey }),
    );
  }

  private command(fate: Fate | null, repeat: (ctx: SchedulerContext) => Promise<Command>): Promise<void> {
    const known: KnownCommand = { repeat, id: null };
    this.witness.commands.push(known);
    return this.give(fate, known, repeat);
  }

  private give(
    fate: Fate | null,
    known: KnownCommand,
    send: (ctx: SchedulerContext) => Promise<{ id: number; items?: { created: number[] }[] }>,
  ): Promise<void> {
    return this.perform(fate, this.lane.farm.as(), send, ({ id, items = [] }) => {
      this.witness.toldCommand(known, id);
      this.toldJobs(items.flatMap(({ created }) => created));
    });
  }

  /** Lets the commands that a dead process has left be due for another one. */
  async stallCommands(): Promise<void> {
    const text = "UPDATE commands SET worked_at = worked_at - interval '1 minute' WHERE completed_at IS NULL";
    await this.lane.test.sql.count(text);
  }

  private async ofCommand(move: Move & { do: "undo" | "repeat" }): Promise<void> {
    const { commands } = this.witness;
    const known = commands.at(-1 - (move.command % commands.length));
    if (!known) return;
    if (move.do === "repeat") return this.give(move.fate, known, known.repeat);
    const { id: commandId } = known;
    if (commandId === null) return;
    const idempotencyKey = randomUUID();
    return this.command(move.fate, (ctx) => undoCommand(ctx, { commandId, idempotencyKey }));
  }
}
