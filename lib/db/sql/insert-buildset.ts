import { createHash } from "node:crypto";
import type { BuilderDefinition } from "../../contracts/in-tree-config.ts";
import type { JobState } from "../../contracts/job.ts";
import type { QueueClass } from "../../contracts/placement.ts";
import type { Sql } from "../sql.ts";
import { canonicalJson, toJsonb } from "../to-jsonb.ts";

/** A job to be made. */
export interface NewJob {
  definition: BuilderDefinition;
  poolId: number;
  state: JobState;
  priority: number;
  score: number;
  queueClass: QueueClass;
  /** How the suite that it is a chunk of is split. */
  chunkPlanId: number | null;
}

/** A buildset to be made, with what its jobs share. */
interface NewBuildset {
  kind: string;
  reason: string;
  properties: Record<string, unknown>;
  push: {
    id: number;
    revision: string;
    ownerId: number | null;
    branchId: number;
    repositoryId: number;
    trustLevel: number;
    nowMs: number;
  };
  jobs: readonly NewJob[];
}

const INSERT_BUILDSET = {
  name: "insert-buildset",
  text: `
    INSERT INTO buildsets (branch_id, push_id, revision, kind, reason, properties, submitted_at, completed_at, result)
    VALUES ($1, $2, $3, $4, $5, $6::jsonb, $7, CASE WHEN $8 THEN clock_timestamp() END, CASE WHEN $8 THEN 'success'::result END)
    RETURNING id`,
};

// Ids are given in the order of the definitions.
const INSERT_JOBS = {
  name: "insert-jobs",
  text: `
    INSERT INTO jobs (buildset_id, builder_id, branch_id, push_id, pool_id, owner_id, trust_level, definition,
                      definition_hash, state, priority, score, submitted_at, queued_at, exclusive, queue_class,
                      chunk_plan_id)
    SELECT $1, b.id, $2, $3, n.pool_id, $4, $5, n.definition, n.hash, n.state, n.priority, n.score, $6,
           CASE WHEN n.state = 'queued' THEN clock_timestamp() END, n.exclusive, n.queue_class, n.chunk_plan_id
    FROM jsonb_to_recordset($8::jsonb) AS n(
      ordinal int, name text, pool_id bigint, definition jsonb, hash text, state job_state, priority int, score float8,
      exclusive bool, queue_class queue_class, chunk_plan_id bigint)
    JOIN builders b ON b.repository_id = $7 AND b.name = n.name
    ORDER BY n.ordinal
    RETURNING id`,
};

/** Writes a buildset, its builders, its jobs and their dependencies: five statements for any number of jobs. */
export async function insertBuildset(tx: Sql, set: NewBuildset): Promise<{ buildsetId: number; jobIds: number[] }> {
  const { push, jobs } = set;
  const submittedAt = new Date(push.nowMs);
  await upsertBuilders(tx, push.repositoryId, jobs);
  const { id: buildsetId } = await tx.one<{ id: number }>(INSERT_BUILDSET, [
    push.branchId,
    push.id,
    push.revision,
    set.kind,
    set.reason,
    toJsonb(set.properties),
    submittedAt,
    jobs.length === 0,
  ]);
  const shared = [buildsetId, push.branchId, push.id, push.ownerId, push.trustLevel, submittedAt, push.repositoryId];
  const rows = await tx.rows<{ id: number }>(INSERT_JOBS, [...shared, toJsonb(jobs.map(toRow))]);
  const jobIds = rows.map((row) => row.id).sort((a, b) => a - b);
  await insertDependencies(tx, jobs, jobIds);
  return { buildsetId, jobIds };
}

/** SHA-256 of the canonical definition; equal hashes mean equal work. */
export function definitionHash(definition: unknown): string {
  return createHash("sha256").update(canonicalJson(definition)).digest("hex");
}

function toRow(job: NewJob, ordinal: number) {
  const { definition, poolId, state, priority, score } = job;
  return {
    ordinal,
    name: definition.name,
    pool_id: poolId,
    definition,
    hash: definitionHash(definition),
    state,
    priority,
    score,
    exclusive: definition.exclusive,
    queue_class: job.queueClass,
    chunk_plan_id: job.chunkPlanId,
  };
}

async function upsertBuilders(tx: Sql, repositoryId: number, jobs: readonly NewJob[]): Promise<void> {
  const builders = jobs.map(({ definition: { name, platform, kind } }) => ({ name, platform, kind }));
  await tx.count(
    {
      name: "upsert-builders",
      // Rows that are right already are left alone: most pushes change nothing here. By name, so that two pushes do not deadlock.
      text: `
        INSERT INTO builders (repository_id, name, platform, kind)
        SELECT $1, n.name, n.platform, n.kind
        FROM jsonb_to_recordset($2::jsonb) AS n(name text, platform text, kind builder_kind)
        WHERE NOT EXISTS (
          SELECT FROM builders b
          WHERE b.repository_id = $1 AND b.name = n.name AND b.platform = n.platform AND b.kind = n.kind
        )
        ORDER BY n.name
        ON CONFLICT (repository_id, name) DO UPDATE SET platform = excluded.platform, kind = excluded.kind`,
    },
    [repositoryId, toJsonb(builders)],
  );
}

async function insertDependencies(tx: Sql, jobs: readonly NewJob[], jobIds: readonly number[]): Promise<void> {
  const idOf = new Map(jobs.map((job, index) => [job.definition.name, jobIds[index]]));
  const pairs = jobs.flatMap((job, index) =>
    job.definition.needs.map((need) => ({ job_id: jobIds[index], needs_job_id: idOf.get(need) })),
  );
  if (pairs.length === 0) return;
  await tx.count(
    {
      name: "insert-dependencies",
      text: `
        INSERT INTO job_dependencies (job_id, needs_job_id)
        SELECT DISTINCT job_id, needs_job_id FROM jsonb_to_recordset($1::jsonb) AS d(job_id bigint, needs_job_id bigint)`,
    },
    [toJsonb(pairs)],
  );
}
