import type { UserRef } from "../../contracts/id.ts";
import type { BuilderKind, JobState, Result } from "../../contracts/job.ts";
import type { Sql } from "../sql.ts";

/** A job as far as it matters what a command would do to it. */
export interface PreviewRow {
  id: number;
  state: JobState;
  result: Result | null;
  kind: BuilderKind;
  ownerId: number | null;
  ownerLogin: string | null;
  submittedById: number | null;
  builderId: number;
  poolId: number;
  score: number;
  priority: number;
  boosted: boolean;
  /** Idle work delays nothing but idle work. */
  idle: boolean;
  /** The job's own time and rank without its priority, which make its score. */
  submittedAtMs: number;
  basePriority: number;
  headStartMs: number;
  /** The run that serves it, and for how long it has. */
  runId: number | null;
  runMs: number | null;
}

const COLUMNS = `
  j.id, j.state, j.result, bu.kind, j.owner_id AS "ownerId", u.login AS "ownerLogin", s.submitted_by AS "submittedById",
  j.builder_id AS "builderId", j.pool_id AS "poolId", j.score, j.priority, j.boost_until IS NOT NULL AS boosted,
  j.queue_class = 'idle' AS idle, floor(extract(epoch FROM j.submitted_at) * 1000)::bigint AS "submittedAtMs",
  b.base_priority AS "basePriority", p.head_start_ms AS "headStartMs", r.id AS "runId",
  extract(epoch FROM clock_timestamp() - r.started_at)::float8 * 1000 AS "runMs"`;

const TABLES = `
  jobs j
  JOIN builders bu ON bu.id = j.builder_id
  JOIN buildsets s ON s.id = j.buildset_id
  JOIN branches b ON b.id = j.branch_id
  JOIN pools p ON p.id = j.pool_id
  LEFT JOIN users u ON u.id = j.owner_id
  LEFT JOIN run_members m ON m.job_id = j.id AND m.live AND j.state = 'running'
  LEFT JOIN runs r ON r.id = m.run_id`;

/** These jobs, by id; unknown ones are left out. */
export function readPreviewJobs(sql: Sql, jobIds: readonly number[]): Promise<PreviewRow[]> {
  const text = `SELECT ${COLUMNS} FROM ${TABLES} WHERE j.id = ANY ($1::bigint[]) ORDER BY j.id`;
  return sql.rows<PreviewRow>({ name: "preview-jobs", text }, [jobIds]);
}

/** The blocked jobs that wait for any of these, directly or through others, without these themselves. */
export function readBlockedDependents(sql: Sql, jobIds: readonly number[]): Promise<PreviewRow[]> {
  const text = `
    WITH RECURSIVE waiting (id) AS (
      SELECT d.job_id FROM job_dependencies d JOIN jobs j ON j.id = d.job_id AND j.state = 'blocked'
      WHERE d.needs_job_id = ANY ($1::bigint[])
      UNION
      SELECT d.job_id FROM waiting w JOIN job_dependencies d ON d.needs_job_id = w.id
      JOIN jobs j ON j.id = d.job_id AND j.state = 'blocked'
    )
    SELECT ${COLUMNS} FROM ${TABLES}
    WHERE j.id IN (SELECT id FROM waiting EXCEPT SELECT unnest($1::bigint[])) ORDER BY j.id`;
  return sql.rows<PreviewRow>({ name: "preview-dependents", text }, [jobIds]);
}

/** Of the runs that serve these jobs, those that would serve nobody else. */
export async function readRunsOnlyFor(sql: Sql, jobIds: readonly number[]): Promise<number[]> {
  const text = `
    SELECT m.run_id AS id FROM run_members m
    WHERE m.live AND m.run_id IN (SELECT run_id FROM run_members WHERE live AND job_id = ANY ($1::bigint[]))
    GROUP BY m.run_id HAVING bool_and(m.job_id = ANY ($1::bigint[])) ORDER BY m.run_id`;
  return (await sql.rows<{ id: number }>({ name: "preview-runs", text }, [jobIds])).map((row) => row.id);
}

/** The slots of each pool's workers that were seen in the last `onlineSeconds` and get work. */
export function readPoolSlots(
  sql: Sql,
  poolIds: readonly number[],
  onlineSeconds: number,
): Promise<{ poolId: number; pool: string; slots: number }[]> {
  const text = `
    SELECT p.id AS "poolId", p.name AS pool, coalesce(sum(w.slots), 0)::int AS slots
    FROM pools p LEFT JOIN worker_pools wp ON wp.pool_id = p.id
    LEFT JOIN workers w ON w.id = wp.worker_id AND w.disabled_at IS NULL AND w.draining_at IS NULL
      AND w.quarantined_at IS NULL AND w.last_seen_at > clock_timestamp() - make_interval(secs => $2)
    WHERE p.id = ANY ($1::bigint[]) GROUP BY p.id ORDER BY p.id`;
  return sql.rows({ name: "preview-slots", text }, [poolIds, onlineSeconds]);
}

/** How much later jobs start, by their scores. */
interface Steps {
  from: readonly number[];
  seconds: readonly number[];
  upTo: number;
}

/** Whose waiting jobs would start later or sooner in one pool; `maxSeconds` is the largest change, with its sign. */
export interface DelayedRow {
  ownerId: number | null;
  jobs: number;
  meanSeconds: number;
  maxSeconds: number;
}

/**
 * The owners of the waiting jobs of a pool whose score is at least the first of `from`: a job with a score from one of these on and below
 * the next one starts `seconds` at the same place later. `without`: the jobs of the command itself.
 */
export function readDelayed(sql: Sql, poolId: number, steps: Steps, without: readonly number[]): Promise<DelayedRow[]> {
  const text = `
    SELECT owner_id AS "ownerId", count(*)::int AS jobs, avg(seconds) AS "meanSeconds",
      CASE WHEN -min(seconds) > max(seconds) THEN min(seconds) ELSE max(seconds) END AS "maxSeconds"
    FROM (
      SELECT j.owner_id, ($3::float8[])[width_bucket(j.score, $2::float8[])] AS seconds
      FROM jobs j
      WHERE j.pool_id = $1 AND j.state = 'queued' AND j.queue_class <> 'idle'
        AND j.score >= ($2::float8[])[1] AND j.score < $4
        AND j.branch_id <> ALL (ARRAY (SELECT id FROM branches WHERE closed_at IS NOT NULL))
        AND NOT EXISTS (SELECT FROM unnest($5::bigint[]) AS own(id) WHERE own.id = j.id)
    ) waiting
    WHERE abs(seconds) >= 1 GROUP BY owner_id ORDER BY abs(avg(seconds)) * count(*) DESC, owner_id LIMIT 10`;
  return sql.rows<DelayedRow>({ name: "preview-delayed", text }, [
    poolId,
    steps.from,
    steps.seconds,
    steps.upTo,
    without,
  ]);
}

/** People, by id. */
export function readUserRefs(sql: Sql, userIds: readonly number[]): Promise<UserRef[]> {
  return sql.rows<UserRef>(
    { name: "user-refs", text: "SELECT id, login, name FROM users WHERE id = ANY ($1::bigint[])" },
    [userIds],
  );
}
