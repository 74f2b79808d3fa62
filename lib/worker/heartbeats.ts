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

const MAX_HOLD_SECONDS = 10;
const MAX_ANSWER_SLACK_MS = 10_000;
/** Leases are a minute; while the server is away it is asked again often enough to be back in time. */
const RETRY_CAP_MS = 4_000;
const LEASE_MARGIN_SECONDS = 10;
const LEASE_CHECK_MS = 200;
const CONFIRM_PAUSE_MS = 250;

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

  /** The worker is disabled: its runs are others' by now, which no heartbeat can be told any more. One that waits must not name them later. */
  dropAll(): void {
    for (const run of this.runs.values()) run.control.order("stop");
    this.runs.clear();
    this.askNow();
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
        const { holdSeconds, pauseMs } = this.pace();
        if (await this.beat(changed, holdSeconds)) {
          failures = 0;
          if (pauseMs > 0) await this.surroundings.sleep(pauseMs, changed);
        } else if (!this.changed.signal.aborted) {
          await this.surroundings.sleep(backoffMs(failures++, this.surroundings.random(), 250, RETRY_CAP_MS), closed);
        }
        if (this.changed.signal.aborted) this.changed = new AbortController();
      }
    } finally {
      clearInterval(timer);
    }
  }

  /** A held call may take a quarter of the shortest lease; of one too short to hold a second, that quarter is spent here. */
  private pace(): { holdSeconds: number; pauseMs: number } {
    if ([...this.runs.values()].some(waitsForConfirmation)) return { holdSeconds: 0, pauseMs: CONFIRM_PAUSE_MS };
    const quarter = this.shortestLease() / 4;
    const holdSeconds = Math.min(MAX_HOLD_SECONDS, Math.floor(quarter));
    return { holdSeconds, pauseMs: holdSeconds === 0 ? quarter * 1_000 : 0 };
  }

  private shortestLease(): number {
    return Math.min(...[...this.runs.values()].map((run) => run.leaseSeconds));
  }

  /** False when the server did not answer. */
  private async beat(signal: AbortSignal, holdSeconds: number): Promise<boolean> {
    const sentAtMs = this.surroundings.now();
    const input = { runIds: [...this.runs.keys()], waitSeconds: holdSeconds };
    try {
      const timeoutMs = holdSeconds * 1_000 + Math.min(MAX_ANSWER_SLACK_MS, this.shortestLease() * 250);
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

/** An exclusive run begins only when it knows how old its lease is. */
function waitsForConfirmation(run: LiveRun): boolean {
  return run.exclusive && run.confirmedAtMs === null;
}

function fired(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
