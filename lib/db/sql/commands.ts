import type { CommandKind } from "../../contracts/command.ts";
import type { Actor } from "../../scheduler/context.ts";
import type { Sql } from "../sql.ts";
import { toJsonb } from "../to-jsonb.ts";

/** A command to be written. */
export interface NewCommand {
  kind: CommandKind;
  actor: Actor;
  /** What it was asked to do, as whoever resumes it needs to know it. */
  params: object;
  /** The command that it undoes. */
  undoOf: number | null;
}

/** A command as it is worked off. */
export interface StoredCommand {
  id: number;
  kind: CommandKind;
  params: object;
  /** Whoever gave it, as the rules saw them then. */
  actor: Actor;
  /** The command that it undoes. */
  undoOf: number | null;
  createdAt: Date;
  completedAt: Date | null;
}

/** How far a command is. */
export interface Progress {
  total: number;
  pending: number;
}

const COLUMNS = `
  id, kind, input AS params, actor, undo_of_id AS "undoOf", created_at AS "createdAt", completed_at AS "completedAt"`;

/** Writes a command without items yet. */
export async function insertCommand(tx: Sql, { kind, actor, params, undoOf }: NewCommand): Promise<number> {
  const { id } = await tx.one<{ id: number }>(
    {
      name: "insert-command",
      text: `
        INSERT INTO commands (kind, user_id, via, actor, input, undo_of_id) VALUES ($1, $2, $3, $4, $5, $6) RETURNING id`,
    },
    [kind, actor.kind === "user" ? actor.userId : null, actor.via, toJsonb(actor), toJsonb(params), undoOf],
  );
  return id;
}

/** Reads a command and holds its row, so that its batches come one after the other. After the key in the lock order. */
export function lockCommand(tx: Sql, commandId: number): Promise<StoredCommand | undefined> {
  return tx.maybe<StoredCommand>(
    { name: "lock-command", text: `SELECT ${COLUMNS} FROM commands WHERE id = $1 FOR NO KEY UPDATE` },
    [commandId],
  );
}

/**
 * Takes over a command that is not complete and has stood still for this long, unless somebody else holds it; undefined when there is none.
 * Whoever looks next does not find it again before it has stood still anew.
 */
export function takeStalledCommand(sql: Sql, seconds: number): Promise<StoredCommand | undefined> {
  return sql.maybe<StoredCommand>(
    {
      name: "take-stalled-command",
      text: `
        UPDATE commands SET worked_at = clock_timestamp()
        WHERE id = (
          SELECT id FROM commands
          WHERE completed_at IS NULL AND worked_at < clock_timestamp() - make_interval(secs => $1)
          ORDER BY worked_at LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
        )
        RETURNING ${COLUMNS}`,
    },
    [seconds],
  );
}

/** Notes that a batch was worked off, and completes the command when it was the last one. */
export async function noteProgress(tx: Sql, commandId: number): Promise<Progress> {
  const progress = await tx.one<Progress>(
    {
      name: "read-command-progress",
      text: `
        SELECT count(*) AS total, count(*) FILTER (WHERE outcome = 'pending') AS pending
        FROM command_items WHERE command_id = $1`,
    },
    [commandId],
  );
  await tx.count(
    {
      name: "note-command-progress",
      text: `
        UPDATE commands SET worked_at = clock_timestamp(), completed_at = CASE WHEN $2::bigint = 0 THEN clock_timestamp() END
        WHERE id = $1`,
    },
    [commandId, progress.pending],
  );
  return progress;
}
