import type { Sql } from "../sql.ts";
import { toJsonb } from "../to-jsonb.ts";

/** The run that measured, and what its measurements are worth. */
export interface MeasuringRun {
  repositoryId: number;
  suite: string;
  /** How fast its worker is; 1 is ordinary. */
  speed: number;
}

/** How much of the average a new measurement makes up. */
const NEW_WEIGHT = 0.4;
/** Parts that no run has measured for so long are gone from the suite. */
const FORGOTTEN_AFTER = "30 days";
/** What has not been measured for so long before the newest measurement is no part of the suite any more, as far as plans are concerned. */
const CURRENT_WITHIN = "7 days";
/** Parts of a suite that are remembered; a job that makes up names cannot fill the database. */
const MAX_PARTS = 50_000;

const CURRENT = `
  FROM chunk_timings t
  WHERE t.repository_id = $1 AND t.suite = $2 AND t.updated_at > (
    SELECT max(n.updated_at) FROM chunk_timings n WHERE n.repository_id = $1 AND n.suite = $2
  ) - interval '${CURRENT_WITHIN}'`;

/**
 * The suite of a run that has ended by itself and is the worker's own, of one chunk of a suite on a branch where people do not just try
 * things out. Nothing for any other run.
 */
export function readMeasuringRun(
  sql: Sql,
  run: { runId: number; workerId: number; bootId: string },
): Promise<MeasuringRun | undefined> {
  return sql.maybe<MeasuringRun>(
    {
      name: "read-measuring-run",
      text: `
        SELECT b.repository_id AS "repositoryId", j.definition -> 'chunk' ->> 'suite' AS suite, w.speed
        FROM runs r
        JOIN jobs j ON j.id = r.base_job_id
        JOIN branches b ON b.id = j.branch_id
        JOIN workers w ON w.id = r.worker_id
        WHERE r.id = $1 AND r.worker_id = $2 AND r.boot_id = $3
          AND r.state = 'done' AND r.result IN ('success', 'warnings', 'failure')
          AND NOT b.is_try AND jsonb_typeof(j.definition -> 'chunk') = 'object'`,
    },
    [run.runId, run.workerId, run.bootId],
  );
}

/** Adds measurements, ms on an ordinary worker, to the averages of their parts, and forgets parts that are gone. */
export async function saveTimings(
  tx: Sql,
  { repositoryId, suite }: Pick<MeasuringRun, "repositoryId" | "suite">,
  timings: readonly { part: string; ms: number }[],
): Promise<void> {
  await tx.count(
    {
      name: "forget-chunk-timings",
      text: `DELETE FROM chunk_timings WHERE repository_id = $1 AND suite = $2
             AND updated_at < clock_timestamp() - interval '${FORGOTTEN_AFTER}'`,
    },
    [repositoryId, suite],
  );
  await tx.count(
    {
      name: "save-chunk-timings",
      // By name, so that two runs that measured the same part do not deadlock.
      text: `
        WITH told AS (SELECT part, ms FROM jsonb_to_recordset($3::jsonb) AS n(part text, ms float8)),
        room AS (SELECT ${MAX_PARTS} - count(*) AS parts FROM chunk_timings WHERE repository_id = $1 AND suite = $2),
        beyond AS (
          SELECT part FROM told WHERE NOT EXISTS (
            SELECT FROM chunk_timings t WHERE t.repository_id = $1 AND t.suite = $2 AND t.item = told.part
          ) ORDER BY part OFFSET greatest(0, (SELECT parts FROM room))
        )
        INSERT INTO chunk_timings AS t (repository_id, suite, item, ms)
        SELECT $1, $2, part, ms FROM told WHERE part NOT IN (SELECT part FROM beyond)
        ORDER BY part
        ON CONFLICT (repository_id, suite, item) DO UPDATE
        SET ms = t.ms + (excluded.ms - t.ms) * ${NEW_WEIGHT}, updated_at = clock_timestamp()`,
    },
    [repositoryId, suite, toJsonb(timings)],
  );
}

/** How many parts of the suite have been measured lately. */
export async function countTimings(sql: Sql, repositoryId: number, suite: string): Promise<number> {
  const text = `SELECT count(*)::int AS count ${CURRENT}`;
  return (await sql.one<{ count: number }>({ name: "count-chunk-timings", text }, [repositoryId, suite])).count;
}

/** The parts of the suite that have been measured lately, with their averages. */
export function readTimings(sql: Sql, repositoryId: number, suite: string): Promise<{ part: string; ms: number }[]> {
  const text = `SELECT t.item AS part, t.ms ${CURRENT}`;
  return sql.rows<{ part: string; ms: number }>({ name: "read-chunk-timings", text }, [repositoryId, suite]);
}
