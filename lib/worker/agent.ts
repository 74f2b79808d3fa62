import { randomUUID } from "node:crypto";
import { once } from "node:events";
import type { ClaimReply, FinishInput, Work } from "../contracts/work.ts";
import { ArtifactCache } from "./artifact-cache.ts";
import { executeRun, type RunDeps } from "./execute-run.ts";
import { Heartbeats, type LiveRun } from "./heartbeats.ts";
import { ObjectStores } from "./object-store.ts";
import type { AgentOptions } from "./options.ts";
import { backoffMs, REAL_SURROUNDINGS, type Surroundings, untilAnswered } from "./retry.ts";
import { RunControl } from "./run-control.ts";
import { removeDirectory } from "./run-directory.ts";
import { RunReport } from "./run-report.ts";
import { Session } from "./session.ts";
import { Wire } from "./wire.ts";
import { closeWorkDir, openWorkDir } from "./work-dir.ts";

/** What tests may set differently. */
export interface AgentDeps extends Surroundings {
  graceMs: number;
  shutdownMs: number;
  maxPendingLogBytes?: number;
}

const DEFAULT_DEPS: AgentDeps = { ...REAL_SURROUNDINGS, graceMs: 10_000, shutdownMs: 15_000 };
const CLAIM_HOLD_SECONDS = 20;
const CLAIM_SLACK_MS = 15_000;

/** Claims, executes and reports runs, one per slot at a time, until told to stop. */
export class Agent {
  private readonly options: AgentOptions;
  private readonly deps: AgentDeps;
  private readonly closed = new AbortController();
  private readonly stopping = new AbortController();
  private readonly controls = new Set<RunControl>();
  private readonly wire: Wire;
  private readonly session: Session;
  private readonly heartbeats: Heartbeats;
  private runDeps: RunDeps | null = null;

  constructor(options: AgentOptions, deps: Partial<AgentDeps> = {}) {
    this.options = options;
    this.deps = { ...DEFAULT_DEPS, ...deps };
    this.wire = new Wire(options.server);
    const disabled = () => this.heartbeats.dropAll();
    this.session = new Session(this.wire, options, randomUUID(), this.deps, this.closed.signal, disabled);
    this.heartbeats = new Heartbeats(this.session, this.deps);
  }

  /** Works until `stop` was called and the runs under way are settled. Throws OptionError when it cannot begin. */
  async run(): Promise<void> {
    const { options, deps, session, wire } = this;
    const runsDir = await openWorkDir(options.workDir, session.bootId);
    const stores = new ObjectStores(options.workDir, options.gitEnv);
    await stores.prepare();
    const cache = new ArtifactCache(options.workDir, options.cacheBytes);
    const { graceMs, maxPendingLogBytes } = deps;
    this.runDeps = { options, session, wire, stores, cache, surroundings: deps, runsDir, graceMs, maxPendingLogBytes };
    const beating = this.heartbeats.loop(this.closed.signal);
    try {
      await Promise.all(Array.from({ length: options.slots }, (_, slot) => this.serveSlot(slot)));
    } finally {
      this.closed.abort();
      await beating;
      this.wire.close();
      await closeWorkDir(options.workDir, runsDir);
    }
  }

  /** Claims nothing more and gives the runs under way back; `run` resolves soon after. */
  stop(): void {
    if (this.stopping.signal.aborted) return;
    this.stopping.abort();
    for (const control of this.controls) control.order("shutdown");
    // Nobody waits for ever for an agent that ends; the server notices by the lease.
    setTimeout(() => {
      for (const control of this.controls) control.abandon();
    }, this.deps.shutdownMs).unref();
  }

  private async serveSlot(slot: number): Promise<void> {
    const { deps, stopping } = this;
    let failures = 0;
    while (!stopping.signal.aborted) {
      try {
        const work = await this.claim(slot);
        failures = 0;
        if (work !== null) await this.serve(slot, work);
      } catch (error) {
        if (stopping.signal.aborted) return;
        deps.log(`Slot ${slot} could not claim`, error);
        await deps.sleep(backoffMs(failures++, deps.random(), 500), stopping.signal);
      }
    }
  }

  /** Asks with the same claim id until there is an answer, so that an answer that got lost is not a lost run. */
  private async claim(slot: number): Promise<Work | null> {
    const { deps, session, stopping } = this;
    const pools = this.options.pools.map((pool) => pool.name);
    const input = { claimId: randomUUID(), slot, pools, waitSeconds: CLAIM_HOLD_SECONDS };
    const timeoutMs = CLAIM_HOLD_SECONDS * 1_000 + CLAIM_SLACK_MS;
    const call = () => session.post("/worker/v1/claim", input, timeoutMs, stopping.signal);
    const reply = await untilAnswered(deps, `Claiming for slot ${slot}`, call, { signal: stopping.signal });
    return (reply as ClaimReply).work;
  }

  private async serve(slot: number, work: Work): Promise<void> {
    const { deps, runDeps } = this;
    if (runDeps === null) throw new Error("The agent has not begun.");
    deps.log(`Slot ${slot} runs ${work.runId}, ${work.builder}`);
    const control = new RunControl();
    const { runId, exclusive, leaseSeconds } = work;
    const confirmed = Promise.withResolvers<void>();
    const live: LiveRun = {
      runId,
      control,
      exclusive,
      leaseSeconds,
      confirmedAtMs: null,
      onConfirmed: confirmed.resolve,
      watchdog: null,
    };
    this.controls.add(control);
    this.heartbeats.add(live);
    if (this.stopping.signal.aborted) control.order("shutdown");
    try {
      // How old the lease is, a claim does not tell; a run that must not outlive it begins after a heartbeat.
      if (exclusive && !control.end.aborted) await Promise.race([confirmed.promise, once(control.end, "abort")]);
      const report = new RunReport(runId, this.session, deps, control, () => this.heartbeats.askNow());
      const onWatchdog = (watchdog: LiveRun["watchdog"]) => {
        live.watchdog = watchdog;
      };
      const leaseAgeSeconds = () => (deps.now() - (live.confirmedAtMs ?? deps.now())) / 1_000;
      const run = { work, control, report, leaseAgeSeconds, onWatchdog };
      const finish: FinishInput | null = await executeRun(runDeps, run);
      const told = finish !== null && (await report.finish(finish));
      deps.log(`Run ${runId} ended: ${finish?.result ?? "given away"}${told ? "" : ", which nobody waits for"}`);
    } finally {
      this.heartbeats.remove(runId);
      this.controls.delete(control);
      await removeDirectory(`${runDeps.runsDir}/${runId}`);
    }
  }
}
