import type { CommandItem, CommandKind, ItemOutcome } from "../../contracts/command.ts";
import type { Sql } from "../sql.ts";

/** A command as people see it, apart from its items. */
export interface CommandRow {
  id: number;
  kind: CommandKind;
  userId: number | null;
  userLogin: string | null;
  userName: string | null;
  createdAt: Date;
  completedAt: Date | null;
  undoOf: number | null;
  undoneBy: number | null;
  /** By outcome; one that no item has is missing. */
  counts: Partial<Record<ItemOutcome, number>>;
  /** Whether at least one of the jobs that it changed looks as if it could be put back. */
  restorable: boolean;
}

// A first look, without what only the jobs' histories tell: the undo itself decides job by job.
const RESTORABLE = `
  CASE c.kind
    WHEN 'cancel' THEN EXISTS (
      SELECT FROM command_items i JOIN jobs j ON j.id = i.job_id
      WHERE i.command_id = c.id AND i.outcome = 'done' AND j.result = 'cancelled' AND NOT j.ever_ran)
    WHEN 'reprioritize' THEN EXISTS (
      SELECT FROM command_items i JOIN jobs j ON j.id = i.job_id
      WHERE i.command_id = c.id AND i.outcome = 'done' AND j.state IN ('queued', 'blocked'))
    WHEN 'retrigger' THEN EXISTS (
      SELECT FROM command_items i CROSS JOIN unnest(i.created) AS made(id) JOIN jobs j ON j.id = made.id
      WHERE i.command_id = c.id AND j.state IN ('queued', 'blocked') AND NOT j.ever_ran)
    ELSE false
  END`;

/** A command; undefined when there is none. */
export function readCommandRow(sql: Sql, commandId: number): Promise<CommandRow | undefined> {
  return sql.maybe<CommandRow>(
    {
      name: "read-command",
      text: `
        SELECT c.id, c.kind, c.user_id AS "userId", u.login AS "userLogin", u.name AS "userName",
               c.created_at AS "createdAt", c.completed_at AS "completedAt", c.undo_of_id AS "undoOf", x.id AS "undoneBy",
               (SELECT coalesce(jsonb_object_agg(o.outcome, o.count), '{}') FROM (
                 SELECT outcome, count(*) FROM command_items WHERE command_id = c.id GROUP BY outcome) AS o) AS counts,
               ${RESTORABLE} AS restorable
        FROM commands c
        LEFT JOIN users u ON u.id = c.user_id
        LEFT JOIN commands x ON x.undo_of_id = c.id
        WHERE c.id = $1`,
    },
    [commandId],
  );
}

/** A command's items after this job id, by job id. */
export function readCommandItems(
  sql: Sql,
  page: { commandId: number; afterJobId: number; outcome: ItemOutcome | null; limit: number },
): Promise<CommandItem[]> {
  return sql.rows<CommandItem>(
    {
      name: "read-command-items",
      text: `
        SELECT job_id AS "jobId", outcome, code, message, created FROM command_items
        WHERE command_id = $1 AND job_id > $2 AND ($3::text IS NULL OR outcome = $3)
        ORDER BY job_id LIMIT $4`,
    },
    [page.commandId, page.afterJobId, page.outcome, page.limit],
  );
}
