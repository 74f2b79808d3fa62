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

/** What must hold of all jobs and runs at any moment: nothing serves a job twice, no result counts twice, no running job is forgotten. */
export async function expectSound(sql: Sql): Promise<void> {
  const broken = await sql.rows(
    `SELECT 'live member of a dead run' AS what, m.job_id AS id FROM run_members m JOIN runs r ON r.id = m.run_id
       WHERE m.live AND r.state NOT IN ('running', 'cancelling')
     UNION ALL SELECT 'live member that does not run', m.job_id FROM run_members m JOIN jobs j ON j.id = m.job_id
       WHERE m.live AND j.state <> 'running'
     UNION ALL SELECT 'running without a run', id FROM jobs j WHERE state = 'running'
       AND NOT EXISTS (SELECT FROM run_members m WHERE m.job_id = j.id AND m.live)
     UNION ALL SELECT 'run without a job', id FROM runs r WHERE state = 'running'
       AND NOT EXISTS (SELECT FROM run_members m WHERE m.run_id = r.id AND m.live)
     UNION ALL SELECT 'counted twice', job_id FROM events WHERE type IN ('job.done', 'job.cancelled', 'job.skipped')
       GROUP BY job_id HAVING count(*) > 1
     UNION ALL SELECT 'ended without an event', id FROM jobs j WHERE state = 'done'
       AND EXISTS (SELECT FROM events WHERE job_id = j.id)
       AND NOT EXISTS (SELECT FROM events e WHERE e.job_id = j.id AND e.type IN ('job.done', 'job.cancelled', 'job.skipped'))
     UNION ALL SELECT 'blocked for ever', j.id FROM jobs j WHERE state = 'blocked' AND NOT EXISTS (
       SELECT FROM job_dependencies d JOIN jobs n ON n.id = d.needs_job_id WHERE d.job_id = j.id AND n.state <> 'done')
     UNION ALL SELECT 'set left open', s.id FROM buildsets s WHERE completed_at IS NULL
       AND NOT EXISTS (SELECT FROM jobs j WHERE j.buildset_id = s.id AND j.state <> 'done')
     UNION ALL SELECT 'set closed early', s.id FROM buildsets s WHERE completed_at IS NOT NULL
       AND EXISTS (SELECT FROM jobs j WHERE j.buildset_id = s.id AND j.state <> 'done')`,
  );
  expect(broken).toEqual([]);
}
