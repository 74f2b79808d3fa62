import type { BuilderKind } from "../../contracts/job.ts";
import type { Sql } from "../sql.ts";
import { toJsonb } from "../to-jsonb.ts";

/** What is known of a builder's runs. */
export interface BuilderFactsRow {
  builderId: number;
  kind: BuilderKind;
  /** Newest first, in ms; null when none has ended yet. */
  samplesMs: number[] | null;
  /** Of its newest job: whether it may share a run, and with how many. */
  mergeable: boolean;
  mergeLimit: number | "all";
}

/** What is known of these builders. */
export function readBuilderFacts(sql: Sql, builderIds: readonly number[]): Promise<BuilderFactsRow[]> {
  return sql.rows<BuilderFactsRow>(
    {
      name: "builder-facts",
      text: `
        SELECT b.id AS "builderId", b.kind, t.samples_ms AS "samplesMs",
          coalesce((newest.definition->'mergeable')::boolean, true) AND b.kind <> 'nightly' AS mergeable,
          coalesce(newest.definition->'mergeLimit', '3') AS "mergeLimit"
        FROM builders b
        LEFT JOIN builder_timings t ON t.builder_id = b.id AND cardinality(t.samples_ms) > 0
        LEFT JOIN LATERAL (SELECT definition FROM jobs j WHERE j.builder_id = b.id ORDER BY j.id DESC LIMIT 1) newest ON true
        WHERE b.id = ANY ($1::bigint[])`,
    },
    [builderIds],
  );
}

/** The median lengths of other builders' runs, in ms, by kind: of each kind's 100 builders that ran last. */
export function readMedians(sql: Sql): Promise<{ kind: BuilderKind; mediansMs: number[] }[]> {
  return sql.rows({
    name: "builder-medians",
    text: `
      SELECT kind, array_agg(median::int) AS "mediansMs"
      FROM (
        SELECT b.kind, t.samples_ms, row_number() OVER (PARTITION BY b.kind ORDER BY t.updated_at DESC, b.id) AS place
        FROM builder_timings t JOIN builders b ON b.id = t.builder_id WHERE cardinality(t.samples_ms) > 0
      ) recent
      CROSS JOIN LATERAL (
        SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY sample) AS median FROM unnest(recent.samples_ms) AS sample
      ) middle
      WHERE place <= 100 GROUP BY kind ORDER BY kind`,
  });
}

/** A run that has ended, as the event stream numbers its end. */
export interface EndedRunRow {
  seq: number;
  builderId: number;
  ms: number;
}

/** Where the reading of events has come to, locked until the end of the transaction. */
export async function lockTimingCursor(tx: Sql): Promise<number> {
  await tx.count("INSERT INTO counters (name, value) VALUES ('builder timings', 0) ON CONFLICT DO NOTHING");
  return (await tx.one<{ value: number }>("SELECT value FROM counters WHERE name = 'builder timings' FOR UPDATE"))
    .value;
}

/** The last number of an event up to which it can be read on, at most `count` after `seq`; null when there is none. */
export async function lastEventWithin(sql: Sql, seq: number, count: number): Promise<number | null> {
  const { last } = await sql.one<{ last: number | null }>(
    {
      name: "timing-window",
      text: "SELECT max(seq) AS last FROM events WHERE seq > $1::bigint AND seq <= $1::bigint + $2",
    },
    [seq, count],
  );
  return last;
}

/** The runs whose end is told between two numbers, the first one left out, and that say how long such work takes. Oldest first. */
export function readEndedRuns(sql: Sql, after: number, upTo: number): Promise<EndedRunRow[]> {
  return sql.rows<EndedRunRow>(
    {
      name: "ended-runs",
      text: `
        SELECT e.seq, j.builder_id AS "builderId",
          least(2147483647, greatest(0, extract(epoch FROM r.ended_at - r.started_at) * 1000))::int AS ms
        FROM events e JOIN runs r ON r.id = e.run_id JOIN jobs j ON j.id = r.base_job_id
        WHERE e.seq > $1 AND e.seq <= $2 AND e.type = 'run.done' AND r.result IN ('success', 'warnings', 'failure')
          AND r.ended_at IS NOT NULL
        ORDER BY e.seq`,
    },
    [after, upTo],
  );
}

/** Puts new lengths, newest first, before those that are known, and keeps the newest `keep`. Moves the cursor. */
export async function addTimings(
  tx: Sql,
  timings: readonly { builderId: number; samplesMs: readonly number[] }[],
  options: { keep: number; cursor: number },
): Promise<void> {
  const rows = timings.map(({ builderId, samplesMs }) => ({ builder_id: builderId, samples: samplesMs }));
  await tx.count(
    {
      name: "add-timings",
      text: `
        INSERT INTO builder_timings AS known (builder_id, samples_ms, updated_at)
        SELECT t.builder_id, t.samples[1:$2], clock_timestamp()
        FROM jsonb_to_recordset($1::jsonb) AS t(builder_id bigint, samples int[]) ORDER BY t.builder_id
        ON CONFLICT (builder_id) DO UPDATE
          SET samples_ms = (excluded.samples_ms || known.samples_ms)[1:$2], updated_at = excluded.updated_at`,
    },
    [toJsonb(rows), options.keep],
  );
  await tx.count("UPDATE counters SET value = $1 WHERE name = 'builder timings'", [options.cursor]);
}
