import type { BuilderDefinition } from "../../contracts/in-tree-config.ts";
import type { Sql } from "../sql.ts";

type StoredRule = Partial<BuilderDefinition["retry"]> | null;
type FailedStep = { name: string; exitCode: number | null };

/** What decides about the retry of a run's jobs, as it is stored. */
export interface RetryFacts {
  /** By job; null for a definition that was stored before there were rules. */
  rules: Map<number, StoredRule>;
  /** The step that ended the run. */
  failed: FailedStep | null;
}

/** Reads it for a run that did not succeed. */
export async function readRetryFacts(sql: Sql, runId: number, jobIds: readonly number[]): Promise<RetryFacts> {
  const rows = await sql.rows<{ jobId: number; rule: StoredRule; failed: FailedStep | null }>(
    {
      name: "read-retry-facts",
      text: `
        SELECT j.id AS "jobId", j.definition -> 'retry' AS rule, (
          SELECT jsonb_build_object('name', s.name, 'exitCode', s.exit_code)
          FROM steps s WHERE s.run_id = $1 AND s.result = 'failure' ORDER BY s.index DESC LIMIT 1
        ) AS failed
        FROM jobs j WHERE j.id = ANY ($2::bigint[])`,
    },
    [runId, jobIds],
  );
  return { rules: new Map(rows.map(({ jobId, rule }) => [jobId, rule])), failed: rows[0]?.failed ?? null };
}
