import type { HeartbeatReply } from "../contracts/work.ts";
import { backoffMs, type Surroundings } from "./retry.ts";
import type { RunControl } from "./run-control.ts";
import type { Session } from "./session.ts";
import type { Watchdog } from "./watchdog.ts";

/** A run that the agent keeps alive. */
export interface LiveRun {
  runId: number;
  control: RunControl;
  exclusive: boolean;
  leaseSeconds: number;
  /** Monotonic milliseconds at which the last confirmed heartbeat was sent; null before the first. */
  confirmedAtMs: number | null;
  /** Called at the first confirmation. */
  onConfirmed: () => void;
  watchdog: Watchdog | null;
}

const HOLD_SECONDS = 10;
const ANSWER_SLACK_MS = 10_000;
/** Leases are a minute; while the server is away it is asked again often enough to be back in time. */
const RETRY_CAP_MS = 4_000;
const LEASE_MARGIN_SECONDS = 10;
const LEASE_CHECK_MS = 200;

/** One loop of heartbeats for all runs of the agent; the answers carry the orders to cancel or to stop. */
export class Heartbeats {
  private readonly session: Session;
  private readonly surroundings: Surroundings;
  private readonly runs = new Map<number, LiveRun>();
  private changed = new AbortController();

  constructor(session: Session, surroundings: Surroundings) {
    this.session = session;
    this.surroundings = surroundings;
  }

  /** From now on the run is kept alive. */
  add(run: LiveRun): void {
    this.runs.set(run.runId, run);
    this.askNow();
  }

  remove(runId: number): void {
    this.runs.delete(runId);
  }

  /** Asks again at once instead of at the end of the present call. */
  askNow(): void {
    this.changed.abort();
  }

  /** Runs until closed. */
  async loop(closed: AbortSignal): Promise<void> {
    const timer = setInterval(() => this.fenceExclusiveRuns(), LEASE_CHECK_MS);
    let failures = 0;
    try {
      while (!closed.aborted) {
        const changed = AbortSignal.any([this.changed.signal, closed]);
        if (this.runs.size === 0) {
          await fired(changed);
          this.changed = new AbortController();
          continue;
        }
        if (await this.beat(changed)) failures = 0;
        else if (!this.changed.signal.aborted) {
          await this.surroundings.sleep(backoffMs(failures++, this.surroundings.random(), 250, RETRY_CAP_MS), closed);
        }
        if (this.changed.signal.aborted) this.changed = new AbortController();
      }
    } finally {
      clearInterval(timer);
    }
  }

  /** False when the server did not answer. */
  private async beat(signal: AbortSignal): Promise<boolean> {
    const sentAtMs = this.surroundings.now();
    const input = { runIds: [...this.runs.keys()], waitSeconds: HOLD_SECONDS };
    try {
      const timeoutMs = HOLD_SECONDS * 1_000 + ANSWER_SLACK_MS;
      const reply = (await this.session.post("/worker/v1/heartbeat", input, timeoutMs, signal)) as HeartbeatReply;
      for (const { runId, order } of reply.runs) this.obey(runId, order, sentAtMs);
      return true;
    } catch (error) {
      if (!signal.aborted) this.surroundings.log("A heartbeat failed", error);
      return false;
    }
  }

  private obey(runId: number, order: HeartbeatReply["runs"][number]["order"], sentAtMs: number): void {
    const run = this.runs.get(runId);
    if (run === undefined) return;
    if (order === "stop") {
      this.runs.delete(runId);
      run.control.order("stop");
      return;
    }
    if (run.confirmedAtMs === null) run.onConfirmed();
    run.confirmedAtMs = sentAtMs;
    const aged = (this.surroundings.now() - sentAtMs) / 1_000;
    run.watchdog?.extend(fenceSeconds(run) - aged).catch(() => undefined);
    if (order === "cancel") run.control.order("cancel");
  }

  /** An exclusive run must be dead before anybody else can get its job. */
  private fenceExclusiveRuns(): void {
    for (const run of this.runs.values()) {
      if (!run.exclusive || run.confirmedAtMs === null) continue;
      if (this.surroundings.now() - run.confirmedAtMs >= fenceSeconds(run) * 1_000) run.control.order("lease");
    }
  }
}

/** How long after a confirmed heartbeat an exclusive run may live: until 10 s before its lease ends, or two thirds of a short one. */
export function fenceSeconds(run: { leaseSeconds: number }): number {
  return Math.max(run.leaseSeconds - LEASE_MARGIN_SECONDS, (run.leaseSeconds * 2) / 3);
}

function fired(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
