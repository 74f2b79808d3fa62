import type { BuilderDefinition } from "../../contracts/in-tree-config.ts";
import { insertPlan, lockPlans, readNewestPlan, type SplitSuite } from "../../db/sql/chunk-plans.ts";
import { countTimings, readTimings } from "../../db/sql/chunk-timings.ts";
import type { Sql } from "../../db/sql.ts";
import { isReusable, planChunks } from "./plan-chunks.ts";

/** The plan by which a job's suite is split; null for a job that is no chunk, and for a suite that no run has measured. */
export type PlanOf = (definition: BuilderDefinition) => number | null;

/**
 * Finds or makes the plans of a buildset's suites, one for all chunks of each. An earlier buildset's plan is taken again while it is still
 * good, so that equal chunks of several pushes can share a run.
 */
export async function choosePlans(
  tx: Sql,
  repositoryId: number,
  definitions: readonly BuilderDefinition[],
): Promise<PlanOf> {
  const suites = new Map<string, SplitSuite>();
  for (const { chunk } of definitions) {
    if (chunk) suites.set(keyOf(chunk), { repositoryId, suite: chunk.suite, chunks: chunk.of });
  }
  const plans = new Map<string, number | null>();
  // In one order, so that two buildsets that make plans for the same suites do not wait for each other.
  for (const [key, suite] of [...suites].sort(([a], [b]) => (a < b ? -1 : 1))) {
    plans.set(key, await choosePlan(tx, suite));
  }
  return ({ chunk }) => (chunk ? (plans.get(keyOf(chunk)) ?? null) : null);
}

async function choosePlan(tx: Sql, suite: SplitSuite): Promise<number | null> {
  const measured = await countTimings(tx, suite.repositoryId, suite.suite);
  const found = await reusablePlan(tx, suite, measured);
  if (found !== null || measured === 0) return found;
  await lockPlans(tx, suite);
  const meanwhile = await reusablePlan(tx, suite, measured);
  if (meanwhile !== null) return meanwhile;
  const timings = await readTimings(tx, suite.repositoryId, suite.suite);
  return insertPlan(tx, suite, { plan: planChunks(timings, suite.chunks), measured: timings.length });
}

async function reusablePlan(tx: Sql, suite: SplitSuite, measured: number): Promise<number | null> {
  const plan = await readNewestPlan(tx, suite);
  return plan && isReusable(plan, measured) ? plan.id : null;
}

function keyOf({ suite, of }: { suite: string; of: number }): string {
  return JSON.stringify([suite, of]);
}
