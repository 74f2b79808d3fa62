import type { CommandItem } from "../../contracts/command.ts";
import type { ProblemCode } from "../../contracts/problem.ts";
import type { PreparedStatement, Sql } from "../sql.ts";
import { toJsonb } from "../to-jsonb.ts";

/** What became of one job; `before` and `after` are what its undo needs to know. */
export interface ItemResult extends CommandItem {
  before?: object;
  after?: object;
}

/**
 * What of a command has its turn together: nothing but the next jobs, also all that they need, directly or through others, or all jobs of
 * their buildsets.
 */
export type Together = "nothing" | "needs" | "buildsets";

/** Writes an item for each of these jobs: pending, or refused when there is no such job. */
export async function insertItems(tx: Sql, commandId: number, jobIds: readonly number[]): Promise<void> {
  await tx.count(
    {
      name: "insert-command-items",
      text: `
        INSERT INTO command_items (command_id, job_id, outcome, code, message)
        SELECT $1, i.id,
               CASE WHEN j.id IS NULL THEN 'refused' ELSE 'pending' END,
               CASE WHEN j.id IS NULL THEN 'not_found' END,
               CASE WHEN j.id IS NULL THEN format('There is no job %s.', i.id) END
        FROM unnest($2::bigint[]) AS i(id) LEFT JOIN jobs j ON j.id = i.id`,
    },
    [commandId, jobIds],
  );
}

/** The jobs that a command has changed or made, by id: those that its undo is about. */
export async function readUndoTargets(sql: Sql, commandId: number): Promise<number[]> {
  const rows = await sql.rows<{ id: number }>(
    {
      name: "read-undo-targets",
      text: `
        SELECT DISTINCT made.id FROM command_items i JOIN commands c ON c.id = i.command_id
        CROSS JOIN unnest(CASE WHEN c.kind = 'retrigger' THEN i.created ELSE ARRAY[i.job_id] END) AS made(id)
        WHERE i.command_id = $1 AND i.outcome = 'done' ORDER BY made.id`,
    },
    [commandId],
  );
  return rows.map((row) => row.id);
}

/** What a command has noted of these jobs, as they were before it changed them. */
export function readItemsBefore<Before extends object>(
  sql: Sql,
  commandId: number,
  jobIds: readonly number[],
): Promise<{ jobId: number; before: Before }[]> {
  const text = `SELECT job_id AS "jobId", before FROM command_items WHERE command_id = $1 AND job_id = ANY ($2::bigint[])`;
  return sql.rows({ name: "read-items-before", text }, [commandId, jobIds]);
}

const NEXT = `
  SELECT job_id AS id FROM command_items WHERE command_id = $1 AND outcome = 'pending' ORDER BY job_id LIMIT $2`;

// Jobs are named as arrays, not by joins, so that the plan is always one look at the key per job, whatever the statistics say.
const PENDING: Record<Together, PreparedStatement> = {
  nothing: { name: "read-pending", text: NEXT },
  needs: {
    name: "read-pending-with-needs",
    text: `
      WITH RECURSIVE batch (id) AS (
        SELECT id FROM (${NEXT}) AS next
        UNION
        SELECT d.needs_job_id FROM batch b JOIN job_dependencies d ON d.job_id = b.id
      )
      SELECT job_id AS id FROM command_items
      WHERE command_id = $1 AND job_id = ANY (ARRAY (SELECT id FROM batch)) AND outcome = 'pending' ORDER BY job_id`,
  },
  buildsets: {
    name: "read-pending-buildsets",
    text: `
      SELECT job_id AS id FROM command_items
      WHERE command_id = $1 AND outcome = 'pending' AND job_id = ANY (ARRAY (
        SELECT j.id FROM jobs j WHERE j.buildset_id = ANY (ARRAY (
          SELECT n.buildset_id FROM jobs n WHERE n.id = ANY (ARRAY (${NEXT}))))))
      ORDER BY job_id`,
  },
};

/** The next jobs of a command that have not had their turn, by id: at most `limit`, and what comes together with them. */
export async function readPending(tx: Sql, commandId: number, limit: number, together: Together): Promise<number[]> {
  return (await tx.rows<{ id: number }>(PENDING[together], [commandId, limit])).map((row) => row.id);
}

/** Writes what became of jobs whose turn it was. An Error when one of them has had its turn before. */
export async function settleItems(tx: Sql, commandId: number, results: readonly ItemResult[]): Promise<void> {
  if (results.length === 0) return;
  const rows = results.map(({ jobId, ...result }) => ({ job_id: jobId, ...result }));
  const settled = await tx.count(
    {
      name: "settle-command-items",
      text: `
        UPDATE command_items c SET
          outcome = i.outcome, code = i.code, message = i.message, created = i.created, before = i.before, after = i.after
        FROM jsonb_to_recordset($2::jsonb)
          AS i(job_id bigint, outcome text, code text, message text, created bigint[], before jsonb, after jsonb)
        WHERE c.command_id = $1 AND c.job_id = ANY ($3::bigint[]) AND c.job_id = i.job_id AND c.outcome = 'pending'`,
    },
    [commandId, toJsonb(rows), results.map((result) => result.jobId)],
  );
  if (settled !== results.length) {
    throw new Error(`Command ${commandId} settled ${results.length} items, but only ${settled} were pending.`);
  }
}

/** Refuses all that have not had their turn, with one sentence. */
export async function refusePending(tx: Sql, commandId: number, code: ProblemCode, message: string): Promise<void> {
  const text = `
    UPDATE command_items SET outcome = 'refused', code = $2, message = $3 WHERE command_id = $1 AND outcome = 'pending'`;
  await tx.count({ name: "refuse-pending-items", text }, [commandId, code, message]);
}
