import type { Forecast, JobExplanation } from "../contracts/explanation.ts";
import { keepEstimate } from "../db/sql/estimates.ts";
import { recentAccuracy } from "./accuracy.ts";
import type { SchedulerContext } from "./context.ts";
import { SchedulerError } from "./errors.ts";
import { type Quantiles, quantiles } from "./explain/forecast.ts";
import { orderSentence } from "./explain/order-sentence.ts";
import { Foresight, type JobView } from "./foresight.ts";
import { requirePermission } from "./permissions.ts";

/** Which job; `headJobs` is how many of those before it are followed one by one, two thousand unless told. */
export interface ExplainJobInput {
  jobId: number;
  headJobs?: number;
}

/**
 * Why a job has not started, its exact place in the order of its pool, and when it will start and end. What is told to a person about a
 * waiting job is kept, once a minute at most, to be compared with what happens. Throws `not_found`.
 */
export async function explainJob(ctx: SchedulerContext, input: ExplainJobInput): Promise<JobExplanation> {
  requirePermission(ctx.actor, "read");
  const view = await new Foresight(ctx, input.headJobs).view(input.jobId);
  if (!view) throw new SchedulerError("not_found", `There is no job ${input.jobId}.`);
  const { row, ahead } = view;
  const { start, finish } = momentsOf(view);
  const position = ahead === null ? null : ahead.total + 1;
  const waits = row.state === "queued" || row.state === "blocked";
  if (ctx.actor.kind === "user" && waits && start && finish)
    await keepEstimate(ctx.sql, { jobId: row.id, position, start, finish });
  return {
    jobId: row.id,
    asOf: toTimestamp(row.nowMs),
    pool: row.pool,
    position,
    ahead,
    order: orderSentence({ name: row.pool, headStartMs: row.headStartMs }),
    blockers: view.blockers,
    start: start && toForecast(start),
    finish: finish && toForecast(finish),
    noEstimate: view.why,
    accuracy: await recentAccuracy(ctx.sql),
  };
}

/** Start and finish in ms since 1970; the start of a job that runs is known. */
function momentsOf({ row, outcome }: JobView): { start: Quantiles | null; finish: Quantiles | null } {
  const since = (moments: Quantiles | null) =>
    moments && { p50: row.nowMs + moments.p50, p90: row.nowMs + moments.p90 };
  const finish = outcome && since(quantiles(outcome.finishMs));
  if (row.state === "running" && row.startedAtMs !== null)
    return { start: { p50: row.startedAtMs, p90: row.startedAtMs }, finish };
  return { start: outcome && since(quantiles(outcome.startMs)), finish };
}

function toForecast({ p50, p90 }: Quantiles): Forecast {
  return { p50: toTimestamp(p50), p90: toTimestamp(p90) };
}

function toTimestamp(ms: number): string {
  return new Date(Math.min(ms, LATEST_MS)).toISOString();
}

/** The last moment that a timestamp can tell: the end of the year 9999. */
const LATEST_MS = Date.UTC(9999, 11, 31);
