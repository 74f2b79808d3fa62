import type { Command, CommandItemsInput } from "../contracts/command.ts";
import { type CommandRow, readCommandItems, readCommandRow } from "../db/sql/read-command.ts";
import { toTimestamp } from "../db/to-timestamp.ts";
import type { SchedulerContext } from "./context.ts";
import { fromCursor, toCursor } from "./cursor.ts";
import { SchedulerError } from "./errors.ts";
import { requirePermission } from "./permissions.ts";
import { undoStanding } from "./undo-standing.ts";

/** Items that a command's own answer has at most; the others are read page by page. */
const SHOWN_ITEMS = 500;

/** What somebody asked for, with a page of its outcomes per job. Throws `not_found`. */
export async function getCommand(
  ctx: SchedulerContext,
  input: { commandId: number } & Partial<CommandItemsInput>,
): Promise<Command> {
  requirePermission(ctx.actor, "read");
  return readCommand(ctx, input.commandId, input);
}

/** The same for the verb that has just made it: whoever may ask for something also hears what became of it. */
export async function readCommand(
  ctx: SchedulerContext,
  commandId: number,
  { cursor, outcome, limit = SHOWN_ITEMS }: Partial<CommandItemsInput> = {},
): Promise<Command> {
  const [afterJobId = 0] = fromCursor(cursor, 1) ?? [];
  const row = await readCommandRow(ctx.sql, commandId);
  if (!row) throw new SchedulerError("not_found", `There is no command ${commandId}.`);
  const page = { commandId, afterJobId, outcome: outcome ?? null, limit: limit + 1 };
  const items = await readCommandItems(ctx.sql, page);
  const shown = items.slice(0, limit);
  const last = shown.at(-1);
  return {
    ...toCommand(ctx, row),
    items: shown,
    nextCursor: items.length > limit && last ? toCursor([last.jobId]) : null,
  };
}

function toCommand(ctx: SchedulerContext, row: CommandRow): Omit<Command, "items" | "nextCursor"> {
  const { id, kind, userId, userLogin, userName, undoOf, undoneBy } = row;
  const { pending = 0, done = 0, unchanged = 0, refused = 0 } = row.counts;
  const standing = undoStanding(ctx.actor, { ...row, done, pending });
  return {
    id,
    kind,
    user:
      userId !== null && userLogin !== null && userName !== null
        ? { id: userId, login: userLogin, name: userName }
        : null,
    createdAt: toTimestamp(row.createdAt),
    completedAt: toTimestamp(row.completedAt),
    counts: { total: pending + done + unchanged + refused, pending, done, unchanged, refused },
    undo: {
      possible: standing === null && row.restorable,
      reason: standing?.message ?? (row.restorable ? null : MOVED),
      undoneBy,
    },
    undoOf,
  };
}

const MOVED = "Every job that it changed has moved on since, so nothing would come back.";
