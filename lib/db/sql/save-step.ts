import type { Result } from "../../contracts/job.ts";
import type { Sql } from "../sql.ts";
import { cleanText } from "../to-jsonb.ts";

/** A step as it begins, and with a result as it ends. */
interface StepReport {
  index: number;
  name: string;
  firstLine?: number | undefined;
  result?: Result | undefined;
  exitCode?: number | null | undefined;
}

/** Writes a step of a locked run; false when that changes nothing. */
export async function saveStep(tx: Sql, runId: number, step: StepReport): Promise<boolean> {
  const saved = await tx.count(
    {
      name: "save-step",
      text: `
        INSERT INTO steps AS s (run_id, index, name, result, exit_code, first_line, started_at, ended_at)
        VALUES ($1, $2, $3, $4::result, $5, $6, clock_timestamp(), CASE WHEN $4::result IS NOT NULL THEN clock_timestamp() END)
        ON CONFLICT (run_id, index) DO UPDATE SET
          result = excluded.result, exit_code = excluded.exit_code, ended_at = excluded.ended_at,
          first_line = coalesce(s.first_line, excluded.first_line)
        WHERE s.result IS NULL AND (excluded.result IS NOT NULL OR (s.first_line IS NULL AND excluded.first_line IS NOT NULL))`,
    },
    [runId, step.index, cleanText(step.name), step.result ?? null, step.exitCode ?? null, step.firstLine ?? null],
  );
  return saved === 1;
}
