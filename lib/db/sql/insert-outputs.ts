import type { Sql } from "../sql.ts";
import { toJsonb } from "../to-jsonb.ts";

/** Writes what a run's steps have set, by name. */
export async function insertOutputs(tx: Sql, runId: number, outputs: Readonly<Record<string, string>>): Promise<void> {
  const rows = Object.entries(outputs).map(([name, value]) => ({ name, value }));
  if (rows.length === 0) return;
  await tx.count(
    {
      name: "insert-outputs",
      text: `
        INSERT INTO outputs (run_id, name, value)
        SELECT $1, name, value FROM jsonb_to_recordset($2::jsonb) AS o(name text, value text)
        ON CONFLICT (run_id, name) DO NOTHING`,
    },
    [runId, toJsonb(rows)],
  );
}
