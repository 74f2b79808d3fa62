/**
 * Why a run ends before its steps do. `cancel`: somebody asked; `stop`: it is no longer ours, forget it;
 * `lease`: an exclusive run without contact; `shutdown`: the agent ends.
 */
export type EndReason = "cancel" | "shutdown" | "lease" | "stop";

const STRENGTH: Record<EndReason, number> = { cancel: 1, shutdown: 2, lease: 3, stop: 4 };

/** The orders that a run has got. The strongest stands. */
export class RunControl {
  private readonly ending = new AbortController();
  private readonly killing = new AbortController();
  private readonly leaving = new AbortController();
  private strongest: EndReason | null = null;

  /** Fires when the run is to end: TERM, and KILL later. */
  readonly end: AbortSignal = this.ending.signal;
  /** Fires when there is no time for that: KILL now. */
  readonly kill: AbortSignal = this.killing.signal;
  /** Fires when nothing more may be sent about the run. */
  readonly leave: AbortSignal = this.leaving.signal;

  get reason(): EndReason | null {
    return this.strongest;
  }

  /** Weaker orders than the one already given change nothing. */
  order(reason: EndReason): void {
    if (this.strongest !== null && STRENGTH[reason] <= STRENGTH[this.strongest]) return;
    this.strongest = reason;
    if (reason === "stop" || reason === "lease") this.killing.abort();
    if (reason === "stop") this.leaving.abort();
    this.ending.abort();
  }

  /** Gives up reporting, when the agent itself may wait no longer. */
  abandon(): void {
    this.leaving.abort();
  }
}
