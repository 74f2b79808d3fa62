import type { BuilderDefinition } from "../contracts/in-tree-config.ts";
import type { Result } from "../contracts/job.ts";

/** How many faults of the infrastructure a job survives, and which exit codes of a step count as one. */
export type RetryRule = BuilderDefinition["retry"];

/** How a run ended, as its worker says it or as the rule takes it. */
export interface Ending {
  result: Result;
  reason: string | undefined;
}

/** The step that ended a run, with the code that its process ended with; null when a signal ended it. */
export interface FailedStep {
  name: string;
  exitCode: number | null;
}

/**
 * What a run's end counts as. A failure is the job's own and stands, unless the step that failed ended with a code that its builder names:
 * then it is a fault of the infrastructure, and the job is tried again. A run that was cancelled, or ended in any other way, stays what it is.
 */
export function applyRetryRule(ending: Ending, failed: FailedStep | null, rule: RetryRule): Ending {
  const code = failed?.exitCode ?? null;
  if (ending.result !== "failure" || failed === null || code === null || !rule.exitCodes.includes(code)) return ending;
  const reason = `Step “${failed.name}” ended with exit code ${code}, which its builder takes for a fault of the infrastructure.`;
  return { result: "retry", reason };
}

/** The rule that a job's stored definition has; `limit` is the deployment's, for definitions that were stored before there were rules. */
export function retryRuleOf(stored: Partial<RetryRule> | null, limit: number): RetryRule {
  return { limit: stored?.limit ?? limit, exitCodes: stored?.exitCodes ?? [] };
}
