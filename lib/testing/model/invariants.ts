import type { Sql } from "../../db/sql.ts";

/** A rule that does not hold, and the job, run or set for which it does not. */
export interface Broken {
  what: string;
  id: number;
}

/** Which jobs to look at: those with ids above `after`, of one pool or of all. */
export interface Scope {
  after?: number;
  poolId?: number | null;
}

// One statement, because the model test asks after every step. What a job's end was is told by its events as well as by its row, so
// that a row which was overwritten is found.
const RULES = `
  WITH js AS MATERIALIZED (
    SELECT * FROM jobs WHERE id > $1 AND ($2::bigint IS NULL OR pool_id = $2)
  ), ms AS MATERIALIZED (
    SELECT m.*, r.state AS run_state, r.result AS run_result, m.receipt ? 'detached' AS detached
    FROM js JOIN run_members m ON m.job_id = js.id JOIN runs r ON r.id = m.run_id
  ), rs AS MATERIALIZED (
    SELECT * FROM runs WHERE id IN (SELECT run_id FROM ms)
  ), es AS MATERIALIZED (
    SELECT e.* FROM js JOIN events e ON e.job_id = js.id WHERE e.type LIKE 'job.%'
  ), told AS MATERIALIZED (
    SELECT job_id, count(*) FILTER (WHERE type = 'job.done') AS counted,
           count(*) FILTER (WHERE type IN ('job.done', 'job.cancelled', 'job.skipped')) AS ended,
           count(*) FILTER (WHERE type = 'job.restored') AS restored,
           min(id) FILTER (WHERE type = 'job.started') AS first_start, max(id) FILTER (WHERE type = 'job.restored') AS last_restore,
           (array_agg(body->>'state' ORDER BY id DESC) FILTER (WHERE body ? 'state'))[1] AS state
    FROM es GROUP BY job_id
  )
  SELECT 'a live member of a run that is over' AS what, job_id AS id FROM ms
    WHERE live AND run_state NOT IN ('running', 'cancelling')
  UNION ALL SELECT 'a live member that does not run', job_id FROM ms JOIN js ON js.id = ms.job_id
    WHERE live AND js.state <> 'running'
  UNION ALL SELECT 'a job runs without a run', id FROM js
    WHERE state = 'running' AND NOT EXISTS (SELECT FROM ms WHERE ms.job_id = js.id AND live)
  UNION ALL SELECT 'a run serves no job', id FROM rs
    WHERE state = 'running' AND NOT EXISTS (SELECT FROM ms WHERE ms.run_id = rs.id AND live)
  UNION ALL SELECT 'two live runs of a job', job_id FROM ms WHERE live GROUP BY job_id HAVING count(*) > 1
  UNION ALL SELECT 'two live runs of a slot', max(id) FROM rs
    WHERE state IN ('running', 'cancelling') GROUP BY worker_id, slot HAVING count(*) > 1
  UNION ALL SELECT 'a superseded run is live', job_id FROM ms
    WHERE live AND EXISTS (SELECT FROM ms newer WHERE newer.job_id = ms.job_id AND newer.run_id > ms.run_id)
  UNION ALL SELECT 'a superseded result counted', es.job_id FROM es JOIN ms ON ms.job_id = es.job_id AND ms.run_id > es.run_id
    WHERE es.type = 'job.done'
  UNION ALL SELECT 'counted twice', job_id FROM told WHERE counted > 1
  UNION ALL SELECT 'ends and events differ', js.id FROM js LEFT JOIN told ON told.job_id = js.id
    WHERE coalesce(ended - restored, 0) <> CASE js.state WHEN 'done' THEN 1 ELSE 0 END
  UNION ALL SELECT 'the last event tells another state', js.id FROM js JOIN told ON told.job_id = js.id
    WHERE told.state IS NOT NULL AND told.state <> js.state::text
  UNION ALL SELECT 'a job came back after it had run', job_id FROM told WHERE first_start < last_restore
  UNION ALL SELECT 'the result of a run was lost', max(run_id) FROM ms JOIN js ON js.id = ms.job_id
    WHERE run_state = 'done' AND run_result IN ('success', 'warnings', 'failure') AND NOT detached
    GROUP BY run_id HAVING NOT bool_or(js.state = 'done' AND js.result = run_result)
  UNION ALL SELECT 'a lease that had not ended was taken away', id FROM rs
    WHERE state = 'lost' AND reason LIKE 'The worker was not heard of%' AND lease_until > ended_at
  UNION ALL SELECT 'a job is not where its submission and its rank put it', js.id
    FROM js JOIN branches b ON b.id = js.branch_id JOIN pools p ON p.id = js.pool_id JOIN buildsets s ON s.id = js.buildset_id
    WHERE js.submitted_at <> s.submitted_at OR js.score <>
      (round(extract(epoch FROM js.submitted_at) * 1000) - (b.base_priority + js.priority) * p.head_start_ms)::float8
  UNION ALL SELECT 'blocked by nothing', id FROM js
    WHERE state = 'blocked' AND NOT EXISTS (
      SELECT FROM job_dependencies d JOIN jobs n ON n.id = d.needs_job_id WHERE d.job_id = js.id AND n.state <> 'done')
  UNION ALL SELECT 'a set is open although its jobs are done', s.id FROM buildsets s
    WHERE s.id IN (SELECT buildset_id FROM js) AND s.completed_at IS NULL
      AND NOT EXISTS (SELECT FROM jobs o WHERE o.buildset_id = s.id AND o.state <> 'done')
  UNION ALL SELECT 'a set is closed although a job of it is not done', s.id FROM buildsets s
    WHERE s.id IN (SELECT buildset_id FROM js WHERE state <> 'done') AND s.completed_at IS NOT NULL`;

/** What must hold of jobs and their runs at any moment, and does not. */
export function readBroken(sql: Sql, { after = 0, poolId = null }: Scope = {}): Promise<Broken[]> {
  return sql.rows<Broken>({ name: "model-rules", text: RULES }, [after, poolId]);
}

/** What must hold of the events once all are numbered, and does not: numbers without a gap, a job's events in their order. */
export function readBrokenNumbers(sql: Sql): Promise<Broken[]> {
  return sql.rows<Broken>({
    name: "model-numbers",
    text: `
      SELECT 'an event has no number' AS what, id FROM events WHERE seq IS NULL
      UNION ALL SELECT 'the numbers of events have a gap', max(seq) FROM events
        HAVING max(seq) - min(seq) + 1 <> count(*) OR max(seq) <> (SELECT value FROM counters WHERE name = 'events')
      UNION ALL SELECT 'the numbers of a job are out of order', job_id FROM (
        SELECT job_id, seq < lag(seq) OVER (PARTITION BY job_id ORDER BY id) AS back FROM events WHERE job_id IS NOT NULL
      ) AS numbered WHERE back`,
  });
}
