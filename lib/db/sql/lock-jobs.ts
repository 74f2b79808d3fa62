import type { BuilderKind, JobState, Result } from "../../contracts/job.ts";
import type { Sql } from "../sql.ts";

/** A job whose row this transaction holds. */
export interface LockedJob {
  id: number;
  state: JobState;
  result: Result | null;
  buildsetId: number;
  branchId: number;
  pushId: number;
  poolId: number;
  ownerId: number | null;
  ownerLogin: string | null;
  submittedById: number | null;
  builder: string;
  kind: BuilderKind;
  priority: number;
  submittedAt: Date;
  lostCount: number;
  retryCount: number;
}

/** The columns of `LockedJob` over `LOCKED_TABLES`; lock `OF j`. */
export const LOCKED_COLUMNS = `
  j.id, j.state, j.result, j.buildset_id AS "buildsetId", j.branch_id AS "branchId", j.push_id AS "pushId",
  j.pool_id AS "poolId", j.owner_id AS "ownerId", u.login AS "ownerLogin", s.submitted_by AS "submittedById",
  bu.name AS builder, bu.kind, j.priority, j.submitted_at AS "submittedAt",
  j.lost_count AS "lostCount", j.retry_count AS "retryCount"`;

/** A job with what names it and whoever owns it. */
export const LOCKED_TABLES = `
  jobs j
  JOIN builders bu ON bu.id = j.builder_id
  JOIN buildsets s ON s.id = j.buildset_id
  LEFT JOIN users u ON u.id = j.owner_id`;

const lockWhere = (name: string, condition: string) => ({
  name,
  text: `SELECT ${LOCKED_COLUMNS} FROM ${LOCKED_TABLES} WHERE ${condition} ORDER BY j.id FOR NO KEY UPDATE OF j`,
});
// The ids are an array, not a join, so that the plan is always one index scan per id. An array is planned anew at every call, one id is not.
const LOCK_MANY = lockWhere("lock-jobs", "j.id = ANY ($1::bigint[])");
const LOCK_ONE = lockWhere("lock-job", "j.id = $1::bigint");

const REACH = {
  name: "reach-jobs",
  text: `
    WITH RECURSIVE reach (id) AS (
      SELECT unnest($1::bigint[])
      UNION
      SELECT d.job_id FROM reach r JOIN job_dependencies d ON d.needs_job_id = r.id
    )
    SELECT id FROM reach ORDER BY id`,
};

/** Locks these jobs, by ascending id in one statement: the lock order. Unknown ids are left out. */
export function lockJobs(tx: Sql, jobIds: readonly number[]): Promise<LockedJob[]> {
  return jobIds.length === 1 ? tx.rows<LockedJob>(LOCK_ONE, jobIds) : tx.rows<LockedJob>(LOCK_MANY, [jobIds]);
}

/** Locks these jobs together with every job that waits for them, directly or through others. */
export async function lockJobsWithDependents(tx: Sql, jobIds: readonly number[]): Promise<LockedJob[]> {
  return lockReach(tx, jobIds, await reach(tx, jobIds));
}

/**
 * The same, with the set as it was seen unlocked. It is read again once locked: a retrigger may have added a dependent meanwhile. Such a
 * newcomer is locked afterwards, against the order; should that end in a deadlock, PostgreSQL undoes one of the transactions and it runs
 * again. A job that nothing waits for stays so: a new job needs what is new itself, or what the job needs that it is a copy of.
 */
export async function lockReach(tx: Sql, jobIds: readonly number[], seen: readonly number[]): Promise<LockedJob[]> {
  for (let ids = seen; ; ) {
    const locked = await lockJobs(tx, ids);
    if (ids.length === new Set(jobIds).size) return locked;
    const now = await reach(tx, ids);
    if (now.length === ids.length) return locked;
    ids = now;
  }
}

async function reach(tx: Sql, jobIds: readonly number[]): Promise<number[]> {
  return (await tx.rows<{ id: number }>(REACH, [jobIds])).map((row) => row.id);
}
