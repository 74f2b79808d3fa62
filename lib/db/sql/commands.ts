import type { CommandItem, CommandKind } from "../../contracts/command.ts";
import type { Sql } from "../sql.ts";
import { toJsonb } from "../to-jsonb.ts";

/** Writes a command without outcomes yet. */
export async function insertCommand(
  tx: Sql,
  command: { kind: CommandKind; userId: number | null; via: string; input: unknown },
): Promise<number> {
  const { id } = await tx.one<{ id: number }>(
    {
      name: "insert-command",
      text: "INSERT INTO commands (kind, user_id, via, input) VALUES ($1, $2, $3, $4) RETURNING id",
    },
    [command.kind, command.userId, command.via, toJsonb(command.input)],
  );
  return id;
}

/** The first of these jobs, by id, that does not exist. */
export async function findMissingJob(sql: Sql, jobIds: readonly number[]): Promise<number | undefined> {
  const row = await sql.maybe<{ id: number }>(
    {
      name: "find-missing-job",
      text: `
        SELECT i.id FROM unnest($1::bigint[]) AS i(id)
        WHERE NOT EXISTS (SELECT FROM jobs j WHERE j.id = i.id) ORDER BY i.id LIMIT 1`,
    },
    [jobIds],
  );
  return row?.id;
}

/** Those of the jobs that have no outcome in the command yet. */
export async function readOpenItems(tx: Sql, commandId: number, jobIds: readonly number[]): Promise<number[]> {
  const rows = await tx.rows<{ id: number }>(
    {
      name: "read-open-items",
      text: `
        SELECT i.id FROM unnest($2::bigint[]) AS i(id)
        WHERE NOT EXISTS (SELECT FROM command_items c WHERE c.command_id = $1 AND c.job_id = i.id) ORDER BY i.id`,
    },
    [commandId, jobIds],
  );
  return rows.map((row) => row.id);
}

/** Writes outcomes. */
export async function insertItems(tx: Sql, commandId: number, items: readonly CommandItem[]): Promise<void> {
  const rows = items.map((item) => ({
    job_id: item.jobId,
    outcome: item.outcome,
    code: item.code,
    message: item.message,
    created: item.created,
  }));
  await tx.count(
    {
      name: "insert-command-items",
      text: `
        INSERT INTO command_items (command_id, job_id, outcome, code, message, created)
        SELECT $1, i.job_id, i.outcome, i.code, i.message, i.created
        FROM jsonb_to_recordset($2::jsonb)
          AS i(job_id bigint, outcome text, code text, message text, created bigint[])`,
    },
    [commandId, toJsonb(rows)],
  );
}

/** Marks a command whose items all have their outcome. */
export async function completeCommand(tx: Sql, commandId: number): Promise<void> {
  const text = "UPDATE commands SET completed_at = clock_timestamp() WHERE id = $1 AND completed_at IS NULL";
  await tx.count({ name: "complete-command", text }, [commandId]);
}
