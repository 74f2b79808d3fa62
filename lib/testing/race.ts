import { expect } from "vitest";
import type { Sql } from "../db/sql.ts";
import { SchedulerError } from "../scheduler/errors.ts";

/** Tools for tests in which two verbs meet on one job at the same moment. */

/** Either the value, or the state or code that the verb was refused with. */
export async function outcome<T>(work: Promise<T>): Promise<T | string> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof SchedulerError && (error.code === "conflict" || error.code === "not_found")) {
      return error.state ?? error.code;
    }
    throw error;
  }
}

/** Begins up to 8 ms later, so that two works come in either order. */
export async function soon<T>(work: () => Promise<T>): Promise<T> {
  await new Promise((resolve) => setTimeout(resolve, Math.random() * 8));
  return work();
}

/** Counts who came first, to see that every order was met. */
export function tally() {
  const counts = new Map<string, number>();
  return {
    add: (what: string) => void counts.set(what, (counts.get(what) ?? 0) + 1),
    expect: (...all: string[]) => expect([...counts.keys()].toSorted()).toEqual(all.toSorted()),
  };
}

/**
 * What must hold of all jobs (of one pool, when it is named) and of their runs at any moment: nothing serves a job twice, no result counts twice, no running job
 * is forgotten.
 */
export async function expectSound(sql: Sql, poolId: number | null = null): Promise<void> {
  const broken = await sql.rows(
    `WITH js AS MATERIALIZED (SELECT * FROM jobs WHERE $1::bigint IS NULL OR pool_id = $1),
       ms AS MATERIALIZED (SELECT m.*, r.state AS run_state FROM run_members m JOIN runs r ON r.id = m.run_id WHERE $1::bigint IS NULL OR r.pool_id = $1),
       ends AS MATERIALIZED (SELECT e.job_id FROM js JOIN events e ON e.job_id = js.id
                             WHERE e.type IN ('job.done', 'job.cancelled', 'job.skipped'))
     SELECT 'live member of a dead run' AS what, job_id AS id FROM ms WHERE live AND run_state NOT IN ('running', 'cancelling')
     UNION ALL SELECT 'live member that does not run', job_id FROM ms JOIN js ON js.id = ms.job_id WHERE live AND js.state <> 'running'
     UNION ALL SELECT 'running without a run', id FROM js
       WHERE state = 'running' AND NOT EXISTS (SELECT FROM ms WHERE ms.job_id = js.id AND live)
     UNION ALL SELECT 'run without a job', id FROM runs r WHERE ($1::bigint IS NULL OR pool_id = $1) AND state = 'running'
       AND NOT EXISTS (SELECT FROM ms WHERE ms.run_id = r.id AND live)
     UNION ALL SELECT 'counted twice', e.job_id FROM ends e GROUP BY e.job_id HAVING count(*) > 1 + (
       SELECT count(*) FROM events u WHERE u.job_id = e.job_id AND u.type = 'job.restored')
     UNION ALL SELECT 'ended without an event', id FROM js WHERE state = 'done' AND id NOT IN (SELECT job_id FROM ends)
     UNION ALL SELECT 'blocked for ever', id FROM js WHERE state = 'blocked' AND NOT EXISTS (
       SELECT FROM job_dependencies d JOIN js n ON n.id = d.needs_job_id WHERE d.job_id = js.id AND n.state <> 'done')
     UNION ALL SELECT DISTINCT 'set left open', s.id FROM buildsets s JOIN js ON js.buildset_id = s.id
       WHERE s.completed_at IS NULL AND NOT EXISTS (SELECT FROM js o WHERE o.buildset_id = s.id AND o.state <> 'done')
     UNION ALL SELECT DISTINCT 'set closed early', s.id FROM buildsets s JOIN js ON js.buildset_id = s.id
       WHERE s.completed_at IS NOT NULL AND js.state <> 'done'`,
    [poolId],
  );
  expect(broken).toEqual([]);
}
