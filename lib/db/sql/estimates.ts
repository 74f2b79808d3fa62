import type { Sql } from "../sql.ts";

/** When a job was said to start and end. Moments are ms since 1970. */
export interface EstimateRow {
  jobId: number;
  position: number | null;
  start: { p50: number; p90: number };
  finish: { p50: number; p90: number };
}

/** Keeps an estimate, unless one was kept for the job within the last minute. */
export async function keepEstimate(sql: Sql, { jobId, position, start, finish }: EstimateRow): Promise<void> {
  await sql.count(
    {
      name: "keep-estimate",
      text: `
        INSERT INTO estimates (job_id, position, start_p50_at, start_p90_at, finish_p50_at, finish_p90_at)
        SELECT $1, $2, to_timestamp($3::float8 / 1000), to_timestamp($4::float8 / 1000),
               to_timestamp($5::float8 / 1000), to_timestamp($6::float8 / 1000)
        WHERE NOT EXISTS (
          SELECT FROM estimates WHERE job_id = $1 AND given_at > clock_timestamp() - interval '1 minute')`,
    },
    [jobId, position, start.p50, start.p90, finish.p50, finish.p90],
  );
}

/** How estimates compare with what happened. */
export interface AccuracyRow {
  compared: number;
  byP50: number | null;
  byP90: number | null;
  medianErrorSeconds: number | null;
}

/**
 * Compares the estimates of the last seven days, at most the newest 5,000, with the first start of their jobs after they were given.
 * Those whose jobs have not started are not compared; a second counts as in time.
 */
export function readAccuracy(sql: Sql): Promise<AccuracyRow> {
  return sql.one<AccuracyRow>({
    name: "estimate-accuracy",
    text: `
      WITH given AS (
        SELECT job_id, given_at, start_p50_at, start_p90_at FROM estimates
        WHERE given_at > clock_timestamp() - interval '7 days' ORDER BY given_at DESC LIMIT 5000)
      SELECT count(*)::int AS compared,
        avg((began.at <= g.start_p50_at + interval '1 second')::int)::float8 AS "byP50",
        avg((began.at <= g.start_p90_at + interval '1 second')::int)::float8 AS "byP90",
        percentile_cont(0.5) WITHIN GROUP (ORDER BY abs(extract(epoch FROM began.at - g.start_p50_at)::float8))
          AS "medianErrorSeconds"
      FROM given g CROSS JOIN LATERAL (
        SELECT r.started_at AS at FROM run_members m JOIN runs r ON r.id = m.run_id
        WHERE m.job_id = g.job_id AND r.started_at >= g.given_at ORDER BY m.run_id LIMIT 1) began`,
  });
}

/** Deletes estimates that are older than thirty days, at most `count`; answers how many. */
export function forgetEstimates(sql: Sql, count: number): Promise<number> {
  return sql.count(
    {
      name: "forget-estimates",
      text: `
        DELETE FROM estimates WHERE id IN (
          SELECT id FROM estimates WHERE given_at < clock_timestamp() - interval '30 days' ORDER BY given_at LIMIT $1)`,
    },
    [count],
  );
}
