import type { WorkerControl } from "../../contracts/control.ts";
import type { BuilderKind, JobState, Result } from "../../contracts/job.ts";
import type { MergeWhen, QueueClass } from "../../contracts/placement.ts";
import type { Sql } from "../sql.ts";

/** A job with all that may keep it from starting. Moments are ms since 1970. */
export interface ExplainRow {
  /** The database's clock. */
  nowMs: number;
  id: number;
  state: JobState;
  result: Result | null;
  pushId: number;
  builderId: number;
  kind: BuilderKind;
  branchId: number;
  trustLevel: number;
  score: number;
  rank: number;
  queueClass: QueueClass;
  /** It was split out of a shared run, retriggered, or asked for by a person. */
  solo: boolean;
  avoidWorkerId: number | null;
  onlyWorkerId: number | null;
  startedAtMs: number | null;
  endedAtMs: number | null;
  /** The run that serves it now. */
  runId: number | null;
  branch: string;
  closedAtMs: number | null;
  closedBy: string | null;
  closedReason: string | null;
  poolId: number;
  pool: string;
  poolTrustLevel: number;
  headStartMs: number;
  mergeWhen: MergeWhen;
  fastSpeed: number | null;
  reserveWorkers: number;
  reserveBranches: string[];
  idleAbove: number;
  pausedAtMs: number | null;
  pausedBy: string | null;
  pausedNote: string | null;
  removedAtMs: number | null;
  needs: {
    jobId: number;
    builder: string;
    state: JobState;
    result: Result | null;
    score: number;
    sinceMs: number | null;
  }[];
}

const ms = (moment: string) => `floor(extract(epoch FROM ${moment}) * 1000)::bigint`;
const login = (id: string) => `(SELECT u.login FROM users u WHERE u.id = ${id})`;

/** Whether a job gets a run of its own whoever waits beside it, as far as its row tells. */
export const SOLO = "(j.alone OR j.retrigger_of_id IS NOT NULL OR j.only_worker_id IS NOT NULL)";

const READ = {
  name: "explain-job",
  text: `
    SELECT ${ms("clock_timestamp()")} AS "nowMs", j.id, j.state, j.result, j.push_id AS "pushId",
      j.builder_id AS "builderId", bu.kind, j.branch_id AS "branchId", j.trust_level AS "trustLevel", j.score,
      b.base_priority + j.priority AS rank, j.queue_class AS "queueClass", ${SOLO} AS solo,
      j.avoid_worker_id AS "avoidWorkerId", j.only_worker_id AS "onlyWorkerId",
      ${ms("j.started_at")} AS "startedAtMs", ${ms("j.ended_at")} AS "endedAtMs",
      (SELECT m.run_id FROM run_members m WHERE m.job_id = j.id AND m.live) AS "runId",
      b.name AS branch, ${ms("b.closed_at")} AS "closedAtMs", ${login("b.closed_by_id")} AS "closedBy",
      b.closed_reason AS "closedReason", p.id AS "poolId", p.name AS pool, p.trust_level AS "poolTrustLevel",
      p.head_start_ms AS "headStartMs", p.merge_when AS "mergeWhen", p.fast_speed AS "fastSpeed",
      p.reserve_workers AS "reserveWorkers", p.reserve_branches AS "reserveBranches", p.idle_above AS "idleAbove",
      ${ms("p.paused_at")} AS "pausedAtMs", ${login("p.paused_by_id")} AS "pausedBy", p.paused_note AS "pausedNote",
      ${ms("p.removed_at")} AS "removedAtMs",
      (SELECT coalesce(jsonb_agg(jsonb_build_object('jobId', n.id, 'builder', nb.name, 'state', n.state,
          'result', n.result, 'score', n.score,
          'sinceMs', ${ms("CASE n.state WHEN 'queued' THEN n.queued_at WHEN 'running' THEN n.started_at WHEN 'done' THEN n.ended_at ELSE n.created_at END")}
        ) ORDER BY n.id), '[]')
       FROM job_dependencies d JOIN jobs n ON n.id = d.needs_job_id JOIN builders nb ON nb.id = n.builder_id
       WHERE d.job_id = j.id) AS needs
    FROM jobs j JOIN branches b ON b.id = j.branch_id JOIN pools p ON p.id = j.pool_id
    JOIN builders bu ON bu.id = j.builder_id
    WHERE j.id = $1`,
};

/** A job with what may keep it from starting; undefined when there is none. */
export function readExplainRow(sql: Sql, jobId: number): Promise<ExplainRow | undefined> {
  return sql.maybe<ExplainRow>(READ, [jobId]);
}

/** A worker with the runs that it has now. */
export interface ExplainWorkerRow {
  id: number;
  name: string;
  inPool: boolean;
  speed: number;
  slots: number;
  online: boolean;
  lastSeenAtMs: number | null;
  control: WorkerControl;
  heldAtMs: number | null;
  heldBy: string | null;
  heldWhy: string | null;
  heldUntilMs: number | null;
  runs: { id: number; startedAtMs: number; builderId: number }[];
}

const WORKERS = {
  name: "explain-workers",
  text: `
    SELECT w.id, w.name, wp.pool_id IS NOT NULL AS "inPool", w.speed, w.slots,
      coalesce(w.last_seen_at > clock_timestamp() - make_interval(secs => $3), false) AS online,
      ${ms("w.last_seen_at")} AS "lastSeenAtMs",
      CASE WHEN w.disabled_at IS NOT NULL THEN 'disabled' WHEN w.draining_at IS NOT NULL THEN 'draining'
           WHEN w.quarantined_at IS NOT NULL THEN 'quarantined' ELSE 'enabled' END AS control,
      ${ms("coalesce(w.disabled_at, w.draining_at, w.quarantined_at)")} AS "heldAtMs",
      ${login("w.controlled_by_id")} AS "heldBy", w.control_reason AS "heldWhy",
      ${ms("w.quarantined_until")} AS "heldUntilMs",
      coalesce(working.runs, '[]') AS runs
    FROM workers w
    LEFT JOIN worker_pools wp ON wp.worker_id = w.id AND wp.pool_id = $1
    LEFT JOIN (
      SELECT r.worker_id, jsonb_agg(jsonb_build_object('id', r.id, 'builderId', j.builder_id,
        'startedAtMs', ${ms("r.started_at")}) ORDER BY r.id) AS runs
      FROM runs r JOIN jobs j ON j.id = r.base_job_id WHERE r.state IN ('running', 'cancelling') GROUP BY r.worker_id
    ) working ON working.worker_id = w.id
    WHERE wp.pool_id IS NOT NULL OR w.id = $2
    ORDER BY w.id`,
};

/** The workers of a pool, and `alsoId`; $3: for how many seconds a worker that was seen counts as online. */
export function readExplainWorkers(
  sql: Sql,
  poolId: number,
  options: { alsoId: number | null; onlineSeconds: number },
): Promise<ExplainWorkerRow[]> {
  return sql.rows<ExplainWorkerRow>(WORKERS, [poolId, options.alsoId, options.onlineSeconds]);
}
