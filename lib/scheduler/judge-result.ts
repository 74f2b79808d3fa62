import type { LockedJob } from "../db/sql/lock-jobs.ts";
import { readRetryFacts } from "../db/sql/read-retry-rules.ts";
import type { Sql } from "../db/sql.ts";
import type { SchedulerContext } from "./context.ts";
import type { Move } from "./move-jobs.ts";
import { moveOfResult } from "./move-of-result.ts";
import { applyRetryRule, type Ending, retryRuleOf } from "./retry-rule.ts";

/** What a run's end is by the rules of its builder, and what becomes of the jobs that it serves. */
export interface Judgement {
  ending: Ending;
  moves: Move[];
}

/** Judges the end that a worker told, or a cancel made. The jobs are locked; those of one run have equal definitions. */
export async function judgeResult(
  tx: Sql,
  ctx: SchedulerContext,
  { run, jobs }: { run: { id: number; workerId: number }; jobs: readonly LockedJob[] },
  told: Ending,
): Promise<Judgement> {
  const { retryLimit } = ctx.settings;
  const [first] = jobs;
  if (!first || told.result === "success" || told.result === "warnings" || told.result === "skipped") {
    return { ending: told, moves: jobs.map((job) => moveOfResult(job, { ...told, run, retryLimit })) };
  }
  const facts = await readRetryFacts(
    tx,
    run.id,
    jobs.map((job) => job.id),
  );
  const ruleOf = (job: LockedJob) => retryRuleOf(facts.rules.get(job.id) ?? null, retryLimit);
  const ending = applyRetryRule(told, facts.failed, ruleOf(first));
  const moves = jobs.map((job) => moveOfResult(job, { ...ending, run, retryLimit: ruleOf(job).limit }));
  return { ending, moves };
}
