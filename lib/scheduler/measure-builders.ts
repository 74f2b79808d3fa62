import {
  addTimings,
  type EndedRunRow,
  lastEventWithin,
  lockTimingCursor,
  readEndedRuns,
} from "../db/sql/builder-timings.ts";
import { forgetEstimates } from "../db/sql/estimates.ts";
import type { SchedulerContext } from "./context.ts";
import { requirePermission } from "./permissions.ts";

/** Events that one round reads: some hundred of them are ends of runs. */
const EVENTS_AT_ONCE = 2_000;
/** Lengths that are kept of a builder: enough for a P90, few enough to follow when the work changes. */
export const SAMPLES_KEPT = 50;
const FORGET_AT_ONCE = 1_000;

/** What one round did. */
export interface MeasureReport {
  /** Runs whose length was noted. */
  measured: number;
  /** Whether another round would find more. */
  more: boolean;
}

/**
 * Notes how long the runs took that have ended since the last round, by their builders, and clears away estimates older than thirty days.
 * Only runs that ended with success, warnings or a failure say how long such work takes. Each run counts once, because the numbered
 * events are read from where the last round came to and that place moves in the same transaction.
 */
export async function measureBuilders(ctx: SchedulerContext): Promise<MeasureReport> {
  requirePermission(ctx.actor, "maintain");
  await forgetEstimates(ctx.sql, FORGET_AT_ONCE);
  return ctx.sql.transaction(async (tx) => {
    const after = await lockTimingCursor(tx);
    const upTo = await lastEventWithin(tx, after, EVENTS_AT_ONCE);
    if (upTo === null) return { measured: 0, more: false };
    const ended = await readEndedRuns(tx, after, upTo);
    await addTimings(tx, newestFirst(ended), { keep: SAMPLES_KEPT, cursor: upTo });
    return { measured: ended.length, more: upTo - after >= EVENTS_AT_ONCE };
  });
}

function newestFirst(ended: readonly EndedRunRow[]): { builderId: number; samplesMs: number[] }[] {
  const builders = Map.groupBy(ended, (run) => run.builderId);
  return [...builders].map(([builderId, runs]) => ({ builderId, samplesMs: runs.map((run) => run.ms).toReversed() }));
}
