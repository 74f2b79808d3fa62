import { randomUUID } from "node:crypto";
import { setTimeout as pass } from "node:timers/promises";
import type { ClaimReply, HeartbeatReply, RegisterReply } from "../../../lib/contracts/work.ts";
import { nowMs } from "../clock.ts";
import type { Journal } from "../journal.ts";
import { ScriptedRun } from "./scripted-run.ts";
import { isPassing, post, type Reply } from "./wire.ts";
import type { WitnessLine, Word } from "./witness.ts";

/** What a scripted worker is told at its start. */
export interface ScriptedWorkerOptions {
  name: string;
  server: string;
  pool: string;
  token: string;
  slots: number;
}

const HEARTBEAT_MS = 1_500;
const CLAIM_HOLD_SECONDS = 5;
const CLAIM_MS = 12_000;
const HEARTBEAT_TIMEOUT_MS = 3_000;
const RETRY_MS = 200;

/**
 * A worker that speaks the real wire and only pretends to work, so that dozens of slots fit on one machine. What it does it tells its
 * own journal, which the product never sees.
 */
export class ScriptedWorker {
  readonly name: string;
  private readonly options: ScriptedWorkerOptions;
  private readonly journal: Journal<WitnessLine>;
  private readonly boot = randomUUID();
  private readonly runs = new Map<number, ScriptedRun>();
  private session: Promise<string> | null = null;

  constructor(options: ScriptedWorkerOptions, journal: Journal<WitnessLine>) {
    this.name = options.name;
    this.options = options;
    this.journal = journal;
  }

  /** Works until the process ends. */
  async work(): Promise<void> {
    await this.register();
    void this.beat();
    setInterval(() => {
      for (const run of this.runs.values()) run.fence();
    }, 100);
    await Promise.all(Array.from({ length: this.options.slots }, (_, slot) => this.serve(slot)));
  }

  /** Tells the journal. */
  say(word: Word): void {
    this.journal.write({ at: nowMs(), worker: this.name, boot: this.boot, ...word } as WitnessLine);
  }

  /** A POST below /worker/v1 with a valid session; null when no answer came. */
  async tryPost(path: string, body: Buffer | object, timeoutMs: number, type?: string): Promise<Reply | null> {
    try {
      const session = await this.register();
      const reply = await post(`${this.options.server}/worker/v1${path}`, session, body, timeoutMs, type);
      if (reply.status !== 401) return reply;
      this.session = null;
      return null;
    } catch {
      return null;
    }
  }

  private register(): Promise<string> {
    this.session ??= this.registerUntilKnown();
    return this.session;
  }

  private async registerUntilKnown(): Promise<string> {
    const { name, server, pool, token, slots } = this.options;
    const body = { worker: name, bootId: this.boot, slots, pools: [pool], platform: "scripted", version: "1" };
    for (;;) {
      try {
        const reply = await post(`${server}/worker/v1/register`, token, body, 5_000);
        if (reply.status === 200) {
          const { session, leaseSeconds } = reply.body as RegisterReply;
          this.say({ said: "boot", pid: process.pid, leaseSeconds });
          return session;
        }
      } catch {
        // no answer
      }
      await pass(RETRY_MS);
    }
  }

  private async serve(slot: number): Promise<void> {
    for (;;) {
      const work = await this.claim(slot);
      if (!work) continue;
      const run = new ScriptedRun(this, work);
      this.runs.set(work.runId, run);
      await run.live(slot);
      this.runs.delete(work.runId);
    }
  }

  /** Asks with the same claim id until there is an answer, as the agent does. */
  private async claim(slot: number): Promise<ClaimReply["work"]> {
    const claimId = randomUUID();
    const sentAt = nowMs();
    for (let tries = 1; ; tries++) {
      const body = { claimId, slot, pools: [this.options.pool], waitSeconds: CLAIM_HOLD_SECONDS };
      const reply = await this.tryPost("/claim", body, CLAIM_MS);
      if (isPassing(reply)) {
        await pass(RETRY_MS);
        continue;
      }
      if (reply?.status !== 200) {
        await pass(RETRY_MS); // refused: for example another start of this worker is newer
        return null;
      }
      const { work } = reply.body as ClaimReply;
      const { runId = null, jobIds = [], pool = null } = work ?? {};
      if (work || tries > 1) this.say({ said: "claim", claimId, slot, sentAt, tries, runId, jobIds, pool });
      return work;
    }
  }

  private async beat(): Promise<void> {
    for (;;) {
      const runIds = [...this.runs.keys()];
      const sentAt = nowMs();
      if (runIds.length > 0) {
        const reply = await this.tryPost("/heartbeat", { runIds, waitSeconds: 1 }, HEARTBEAT_TIMEOUT_MS);
        if (reply?.status === 200) {
          const { runs } = reply.body as HeartbeatReply;
          this.say({ said: "beat", sentAt, runs });
          for (const { runId, order } of runs) this.runs.get(runId)?.obey(order, sentAt);
        }
      }
      await pass(Math.max(100, HEARTBEAT_MS - (nowMs() - sentAt)));
    }
  }
}
