import { type ExplainRow, type ExplainWorkerRow, readExplainRow, readExplainWorkers } from "../db/sql/explain-job.ts";
import type { SchedulerContext } from "./context.ts";
import { type AheadSplit, splitAhead } from "./explain/ahead.ts";
import { blockersOf, endlessBlocker } from "./explain/blockers.ts";
import { afterNeeds, quantiles, runningOutcome } from "./explain/forecast.ts";
import { type Foreseen, foresee } from "./explain/foresee.ts";
import { drawRest, longerThan } from "./explain/samples.ts";
import { type Outcome, type SimulatedPool, type SimulatedSlot, simulation } from "./explain/simulate.ts";
import { classedPool, getsWork, isFast } from "./explain/worker-blockers.ts";
import { type JobLine, readLine } from "./job-line.ts";
import { ONLINE_LEASES } from "./list-pools.ts";
import { RunLengths } from "./run-lengths.ts";
import { standsInQueue, toExplainFacts, toWorkerFacts } from "./to-explain-facts.ts";

/** How far needs of needs are followed, and how many of one job that wait. */
const DEEPEST = 5;
const NEEDS_FOLLOWED = 5;
const NEVER_RAN = "No run has ended here yet, so nobody knows how long runs take.";

/** A job as it looks at one moment. */
export interface JobView {
  row: ExplainRow;
  blockers: ReturnType<typeof blockersOf>;
  /** Null unless it stands in its pool's queue. */
  ahead: (AheadSplit & { merged: number; countedSecondsAgo: number }) | null;
  /** Null when it cannot be told, and then `why` says why. */
  outcome: Outcome | null;
  why: string | null;
}

/** Looks at jobs and their pools for one explanation; what has been looked up is kept for the needs of needs. */
export class Foresight {
  private readonly ctx: SchedulerContext;
  private readonly headJobs: number | undefined;
  private readonly lengths: RunLengths;
  private readonly views = new Map<number, Promise<JobView | undefined>>();

  constructor(ctx: SchedulerContext, headJobs?: number) {
    this.ctx = ctx;
    this.headJobs = headJobs;
    this.lengths = new RunLengths(ctx.sql);
  }

  /** The job now, with its forecast; undefined when there is none. */
  view(jobId: number, depth = 0): Promise<JobView | undefined> {
    const view = this.views.get(jobId) ?? this.look(jobId, depth);
    this.views.set(jobId, view);
    return view;
  }

  private async look(jobId: number, depth: number): Promise<JobView | undefined> {
    const row = await readExplainRow(this.ctx.sql, jobId);
    if (!row) return undefined;
    const nothing = { row, blockers: [], ahead: null, outcome: null };
    if (row.state === "done") return { ...nothing, why: `Job ${row.id} is done (${row.result}).` };
    const onlineSeconds = this.ctx.settings.leaseSeconds * ONLINE_LEASES;
    const workers = await readExplainWorkers(this.ctx.sql, row.poolId, { alsoId: row.onlyWorkerId, onlineSeconds });
    if (row.state === "running") return { ...nothing, ...(await this.running(row, workers)) };

    const blockers = blockersOf(toExplainFacts(row, workers));
    const endless = endlessBlocker(blockers);
    const line = row.onlyWorkerId === null ? await readLine(this.ctx, row, this.headJobs) : null;
    const foreseen = await this.foresee(row, workers, line);
    const ahead = line && standsInQueue(row) ? toAhead(row, line, foreseen?.merged ?? 0) : null;
    const view = { row, blockers, ahead };
    if (endless) return { ...view, outcome: null, why: endless.sentence };
    if (!foreseen) return { ...view, outcome: null, why: NEVER_RAN };
    const own = await playThrough(foreseen.pool);
    if (!quantiles(own.startMs))
      return { ...view, outcome: null, why: `No worker that is online may take job ${row.id}.` };
    return { ...view, ...(await this.afterNeeds(row, own, depth)) };
  }

  private async running(
    row: ExplainRow,
    workers: readonly ExplainWorkerRow[],
  ): Promise<Pick<JobView, "outcome" | "why">> {
    await this.lengths.prepare([row.builderId]);
    const samples = this.lengths.of(row.builderId);
    if (!samples) return { outcome: null, why: NEVER_RAN };
    const run = workers.flatMap((worker) => worker.runs).find(({ id }) => id === row.runId);
    const elapsedMs = Math.max(0, row.nowMs - (run?.startedAtMs ?? row.startedAtMs ?? row.nowMs));
    const longer = longerThan(samples, elapsedMs);
    return { outcome: runningOutcome((round) => drawRest(longer, elapsedMs, row.runId ?? row.id, round)), why: null };
  }

  private async foresee(
    row: ExplainRow,
    workers: readonly ExplainWorkerRow[],
    line: JobLine | null,
  ): Promise<Foreseen | null> {
    const able = ableWorkers(row, workers);
    const head = line?.head ?? [];
    if (line?.counted) this.lengths.adopt(line.counted.lengths);
    await this.lengths.prepare([
      row.builderId,
      ...head.map((job) => job.builderId),
      ...able.flatMap((worker) => worker.runs.map((run) => run.builderId)),
    ]);
    const facts = toExplainFacts(row, workers);
    const slots = able.flatMap((worker) => this.slotsOf(worker, row));
    if (slots.includes(null)) return null;
    const now = {
      rules: row.onlyWorkerId === null ? classedPool(facts) : FREE_FOR_ALL,
      mergeWhen: row.mergeWhen,
      slots: slots.flatMap((slot) => slot ?? []),
      job: line?.own ?? row,
      head,
      before: line?.before?.kinds ?? null,
      totals: line?.totals ?? new Map<string, number>(),
    };
    return foresee(now, this.lengths);
  }

  /** A worker's slots; one is null when nothing is known of what it does. */
  private slotsOf(worker: ExplainWorkerRow, row: ExplainRow): (SimulatedSlot | null)[] {
    const fast = isFast(worker, row.fastSpeed);
    const busy = worker.runs.slice(0, worker.slots).map((run) => {
      const samples = this.lengths.of(run.builderId);
      const elapsedMs = Math.max(0, row.nowMs - run.startedAtMs);
      return samples && { fast, busy: { runId: run.id, elapsedMs, samples } };
    });
    return [...busy, ...Array.from({ length: worker.slots - busy.length }, () => ({ fast, busy: null }))];
  }

  /** Joins a blocked job's own forecast with those of what it needs: of those that wait, the ones that are served last. */
  private async afterNeeds(row: ExplainRow, own: Outcome, depth: number): Promise<Pick<JobView, "outcome" | "why">> {
    if (row.state !== "blocked") return { outcome: own, why: null };
    if (depth >= DEEPEST)
      return { outcome: null, why: "It waits for jobs that wait for jobs, further than is foreseen." };
    const open = row.needs.filter((need) => need.state !== "done").toSorted((a, b) => b.score - a.score);
    const outcomes: Outcome[] = [];
    for (const need of open.slice(0, NEEDS_FOLLOWED)) {
      const view = await this.view(need.jobId, depth + 1);
      if (view?.outcome) outcomes.push(view.outcome);
      else if (view && view.row.state !== "done")
        return { outcome: null, why: `It needs ${need.builder} (job ${need.jobId}). ${view.why ?? ""}`.trim() };
    }
    return { outcome: afterNeeds(own, outcomes), why: null };
  }
}

const FREE_FOR_ALL = { fastSpeed: null, fastOnline: 0, reserveWorkers: 0, idleAbove: 0 };

/** The workers that may take the job: all of its pool that get work, without the one that failed it; of a probe the one that it is for. */
function ableWorkers(row: ExplainRow, workers: readonly ExplainWorkerRow[]): ExplainWorkerRow[] {
  if (row.onlyWorkerId !== null)
    return workers.filter(({ id, online, control }) => id === row.onlyWorkerId && online && control !== "disabled");
  const working = workers.filter((worker) => getsWork(toWorkerFacts(worker)));
  const others = working.filter(({ id }) => id !== row.avoidWorkerId);
  return others.length > 0 ? others : working;
}

function toAhead(row: ExplainRow, line: JobLine, merged: number): JobView["ahead"] {
  const groups = line.before?.ranks ?? line.head.map(({ rank }) => ({ rank, jobs: 1 }));
  const ageMs = line.before && line.counted ? performance.now() - line.counted.countedAtMs : 0;
  return {
    ...splitAhead(line.total, row.rank, groups),
    merged: Math.min(merged, line.total),
    countedSecondsAgo: Math.round(ageMs / 1_000),
  };
}

/** Simulates in small portions, so that nobody else of the process waits for it. */
async function playThrough(pool: SimulatedPool): Promise<Outcome> {
  const steps = simulation(pool);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}
