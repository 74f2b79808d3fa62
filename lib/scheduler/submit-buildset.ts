import type { BuilderDefinition } from "../contracts/in-tree-config.ts";
import type { JobState } from "../contracts/job.ts";
import { insertBuildset, type NewJob } from "../db/sql/insert-buildset.ts";
import { type PoolRow, type PushRow, readPoolsByName, readPushForBuildset } from "../db/sql/read-push-for-buildset.ts";
import { choosePlans, type PlanOf } from "./chunks/choose-plans.ts";
import type { SchedulerContext } from "./context.ts";
import { SchedulerError } from "./errors.ts";
import { requirePermission } from "./permissions.ts";
import { queueClassOf } from "./placement/queue-class.ts";
import { score } from "./queue/score.ts";
import { recordAll } from "./record.ts";

/** One scheduling decision: which builders run on a push, and why. */
export interface SubmitBuildsetInput {
  pushId: number;
  kind: "push" | "nightly" | "request";
  /** One sentence for people. */
  reason: string;
  definitions: readonly BuilderDefinition[];
  /** Shared by all jobs; `buildid` is added unless it is named. */
  properties: Record<string, unknown>;
}

/** What was made, or found when this push's own buildset had been made before. Jobs in the order of the definitions. */
export interface SubmittedBuildset {
  buildsetId: number;
  jobIds: number[];
}

/**
 * Makes a buildset with a job for each definition, in one transaction: blocked when it needs another job of the set, queued otherwise.
 * A push has one buildset of the kind `push`: a repeat answers with the first one. `invalid` names what is wrong with a definition.
 */
export async function submitBuildset(ctx: SchedulerContext, input: SubmitBuildsetInput): Promise<SubmittedBuildset> {
  requirePermission(ctx.actor, "buildset:submit");
  const submitted = await ctx.sql.transaction(async (tx) => {
    const push = await readPushForBuildset(tx, input.pushId);
    if (!push) throw new SchedulerError("not_found", `There is no push ${input.pushId}.`);
    if (input.kind === "push" && push.buildsetId !== null) {
      return { buildsetId: push.buildsetId, jobIds: push.jobIds };
    }
    checkNeeds(input.definitions);
    const names = [...new Set(input.definitions.map((definition) => definition.pool))];
    const pools = new Map((await readPoolsByName(tx, names)).map((pool) => [pool.name, pool]));
    const planOf = await choosePlans(tx, push.repositoryId, input.definitions);
    const jobs = input.definitions.map((definition) => toNewJob(definition, push, pools, planOf));
    const properties = { buildid: buildIdAt(push.nowMs), ...input.properties };
    const made = await insertBuildset(tx, { ...input, properties, push, jobs });
    await recordAll(tx, ctx, {
      events: jobs.map((job, index) => ({
        type: "job.created",
        branchId: push.branchId,
        pushId: push.id,
        jobId: made.jobIds[index] ?? null,
        body: { state: job.state, builder: job.definition.name, buildsetId: made.buildsetId },
      })),
      audits: [{ action: "buildset.submit", object: `buildset:${made.buildsetId}`, after: auditOf(input) }],
    });
    return made;
  });
  ctx.signals.send("relay");
  return submitted;
}

/** A moment as the id that builds carry: `YYYYMMDDHHMMSS` in UTC. */
export function buildIdAt(epochMs: number): string {
  return new Date(epochMs).toISOString().slice(0, 19).replace(/\D/g, "");
}

function auditOf(input: SubmitBuildsetInput) {
  return { push: input.pushId, kind: input.kind, reason: input.reason, jobs: input.definitions.length };
}

function toNewJob(
  definition: BuilderDefinition,
  push: PushRow,
  pools: ReadonlyMap<string, PoolRow>,
  planOf: PlanOf,
): NewJob {
  const pool = pools.get(definition.pool);
  if (!pool) throw invalid(definition, `names the pool ${definition.pool}, which does not exist`);
  if (pool.trustLevel !== push.trustLevel) {
    const levels = `the pool has trust level ${pool.trustLevel} and the branch ${push.branch} has ${push.trustLevel}`;
    throw invalid(definition, `names the pool ${definition.pool}, but ${levels}; they must be equal`);
  }
  const state: JobState = definition.needs.length === 0 ? "queued" : "blocked";
  const place = { submittedAtMs: push.nowMs, rank: push.basePriority };
  return {
    definition,
    poolId: pool.id,
    state,
    priority: 0,
    score: score(place, pool.headStartMs),
    queueClass: queueClassOf(definition, push.branch, pool),
    chunkPlanId: planOf(definition),
  };
}

/** Refuses names that are there twice, needs that are no builder of the set, and needs that lead round in a circle. */
function checkNeeds(definitions: readonly BuilderDefinition[]): void {
  const byName = new Map<string, BuilderDefinition>();
  for (const definition of definitions) {
    if (byName.has(definition.name)) {
      throw invalid(definition, "is defined twice; every builder of a buildset has a name of its own");
    }
    byName.set(definition.name, definition);
  }
  for (const definition of definitions) {
    const unknown = definition.needs.find((need) => !byName.has(need));
    if (unknown !== undefined) throw invalid(definition, `needs ${unknown}, which is no builder of this buildset`);
  }
  const stuck = neverStarting(definitions);
  let [inCircle] = stuck.values();
  // Every step leads to another one that is stuck; after so many steps it is one of a circle.
  for (let steps = stuck.size; steps > 0 && inCircle; steps--) {
    const need = inCircle.needs.find((name) => stuck.has(name));
    inCircle = need === undefined ? undefined : stuck.get(need);
  }
  if (inCircle) throw invalid(inCircle, "needs itself, directly or through others");
}

/** The builders that could never start: what needs nothing is taken away, then what needs nothing else, and so on. Time grows with the needs. */
function neverStarting(definitions: readonly BuilderDefinition[]): Map<string, BuilderDefinition> {
  const left = new Map(definitions.map((definition) => [definition.name, definition]));
  const waitsFor = new Map(definitions.map(({ name, needs }) => [name, new Set(needs).size]));
  const neededBy = Map.groupBy(
    definitions.flatMap(({ name, needs }) => [...new Set(needs)].map((need) => ({ name, need }))),
    ({ need }) => need,
  );
  const free = definitions.filter(({ needs }) => needs.length === 0).map(({ name }) => name);
  for (let done = free.pop(); done !== undefined; done = free.pop()) {
    left.delete(done);
    for (const { name } of neededBy.get(done) ?? []) {
      const others = (waitsFor.get(name) ?? 0) - 1;
      waitsFor.set(name, others);
      if (others === 0) free.push(name);
    }
  }
  return left;
}

function invalid(definition: BuilderDefinition, what: string): SchedulerError {
  return new SchedulerError("invalid", `The builder ${definition.name} ${what}.`);
}
