import { randomUUID } from "node:crypto";
import type { Result } from "../../contracts/job.ts";
import { claimRun } from "../../scheduler/claim-run.ts";
import type { SchedulerContext } from "../../scheduler/context.ts";
import { expireLeases } from "../../scheduler/expire-leases.ts";
import { finishRun } from "../../scheduler/finish-run.ts";
import { heartbeatRuns } from "../../scheduler/heartbeat-runs.ts";
import type { Fate } from "../crash.ts";
import { finish } from "../farm.ts";
import type { Agent, Lane } from "./lane.ts";
import type { Move } from "./moves.ts";
import type { Processes } from "./processes.ts";
import type { KnownRun, Witness } from "./witness.ts";

/** What the build machines of a history do, and what their leases come to. */
export class Workers {
  private readonly lane: Lane;
  private readonly processes: Processes;
  private readonly witness: Witness;

  constructor(lane: Lane, processes: Processes, witness: Witness) {
    this.lane = lane;
    this.processes = processes;
    this.witness = witness;
  }

  /** A worker asks for work or begins anew. */
  async ask(move: Move & { do: "claim" | "reclaim" | "reboot" }): Promise<void> {
    const agent = this.lane.agents[move.worker];
    if (!agent) return;
    if (move.do === "reboot") return this.reboot(move.fate, agent);
    const claimId = (move.do === "reclaim" ? agent.claims.get(move.slot) : undefined) ?? randomUUID();
    await this.claim(move.fate, agent, move.slot, claimId);
  }

  /** Starts a worker anew. Without an answer it does not know its new session, and the old one is refused. */
  reboot(fate: Fate | null, agent: Agent): Promise<void> {
    const boot = (ctx: SchedulerContext) => this.lane.boot(agent, ctx);
    return this.processes.perform(fate, this.lane.test.ctx, boot, (ctx) => {
      agent.ctx = ctx;
      agent.claims.clear();
    });
  }

  /** Asks for work for a slot, without waiting. */
  async claim(fate: Fate | null, agent: Agent, slot: number, claimId: string = randomUUID()): Promise<void> {
    agent.claims.set(slot, claimId);
    const asks = agent.ctx;
    const input = { claimId, slot, pools: [this.lane.farm.pool], waitSeconds: 0 };
    const send = (ctx: SchedulerContext) => claimRun(ctx, input);
    await this.processes.perform(fate, asks, send, ({ work }) => {
      if (work) this.witness.toldRun({ runId: work.runId, agent: asks, claimId, jobIds: work.jobIds });
    });
  }

  /** Something happens to a run: its worker is heard of, or its lease ends. */
  async onRun(move: Move & { do: "beat" | "expire" | "finish" | "late" }): Promise<void> {
    const { runs } = this.witness;
    // `late` takes the oldest runs, which have mostly been replaced; the others the newest.
    const run = move.do === "late" ? runs[move.run % 4] : runs.at(-1 - (move.run % 4));
    if (!run) return;
    if (move.do === "finish" || move.do === "late") return this.finish(move.fate, run, move.result);
    if (move.do === "beat") {
      const input = { runIds: [run.runId], waitSeconds: 0 };
      return this.processes.perform(move.fate, run.agent, (ctx) => heartbeatRuns(ctx, input));
    }
    await this.endLease(run.runId);
    await this.processes.perform(move.fate, this.lane.test.ctx, expireLeases);
  }

  /** Ends a run, in the name of the start of its worker that has claimed it. */
  finish(fate: Fate | null, run: KnownRun, result: Result): Promise<void> {
    const send = (ctx: SchedulerContext) => finishRun(ctx, { runId: run.runId, ...finish(result) });
    return this.processes.perform(fate, run.agent, send, (reply) => this.witness.toldResult(run, reply.result));
  }

  /** Lets the lease of a live run end now. */
  private async endLease(runId: number): Promise<void> {
    const text = `
      UPDATE runs SET lease_until = clock_timestamp() - interval '1 second'
      WHERE id = $1 AND state IN ('running', 'cancelling')`;
    await this.lane.test.sql.count(text, [runId]);
  }
}
