import { type Command, CommandItem, CommandKind } from "../contracts/command.ts";
import { toTimestamp } from "../db/to-timestamp.ts";
import type { SchedulerContext } from "./context.ts";
import { SchedulerError } from "./errors.ts";
import { requirePermission } from "./permissions.ts";

/** What somebody asked for, with its outcome per job. Throws `not_found`. */
export async function getCommand(ctx: SchedulerContext, input: { commandId: number }): Promise<Command> {
  requirePermission(ctx.actor, "read");
  return readCommand(ctx, input.commandId);
}

/** The same for the verb that has just made it: whoever may ask for something also hears what became of it. */
export async function readCommand(ctx: SchedulerContext, commandId: number): Promise<Command> {
  const row = await ctx.prisma.command.findUnique({
    where: { id: commandId },
    include: { user: { select: { id: true, login: true, name: true } }, items: { orderBy: { jobId: "asc" } } },
  });
  if (!row) throw new SchedulerError("not_found", `There is no command ${commandId}.`);
  return {
    id: Number(row.id),
    kind: CommandKind.parse(row.kind),
    user: row.user && { id: Number(row.user.id), login: row.user.login, name: row.user.name },
    createdAt: toTimestamp(row.createdAt),
    completedAt: toTimestamp(row.completedAt),
    counts: { total: row.items.length, pending: 0, done: 0, unchanged: 0, refused: 0 },
    undo: { possible: false, reason: null, undoneBy: null },
    undoOf: row.undoOfId === null ? null : Number(row.undoOfId),
    items: row.items.map((item) =>
      CommandItem.parse({ ...item, jobId: Number(item.jobId), created: item.created.map(Number) }),
    ),
  };
}
