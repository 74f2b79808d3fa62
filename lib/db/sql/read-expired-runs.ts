import type { Sql } from "../sql.ts";

/** Live runs whose lease has ended, by ascending id after `after`; none before `graceUntil` (ms of the database's clock). */
export async function readExpiredRuns(
  sql: Sql,
  input: { after: number; limit: number; graceUntil: number },
): Promise<number[]> {
  const rows = await sql.rows<{ id: number }>(
    {
      name: "read-expired-runs",
      text: `
        SELECT id FROM runs
        WHERE state IN ('running', 'cancelling') AND lease_until < clock_timestamp() AND id > $1
          AND clock_timestamp() >= to_timestamp($3::float8 / 1000)
        ORDER BY id LIMIT $2`,
    },
    [input.after, input.limit, input.graceUntil],
  );
  return rows.map((row) => row.id);
}
