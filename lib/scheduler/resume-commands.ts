import { refusePending } from "../db/sql/command-items.ts";
import { lockCommand, type StoredCommand, takeStalledCommand } from "../db/sql/commands.ts";
import { type CancelParams, cancelWork } from "./cancel-jobs.ts";
import { type CommandWork, workBatch, workOff } from "./command-work.ts";
import type { Actor, SchedulerContext } from "./context.ts";
import { requirePermission } from "./permissions.ts";
import { type ReprioritizeParams, reprioritizeWork } from "./reprioritize-jobs.ts";
import { type RetriggerParams, retriggerWork } from "./retrigger-jobs.ts";
import { type UndoParams, undoWork } from "./undo-command.ts";

/** A command without a batch for this long has lost the process that worked on it. */
const STALLED_SECONDS = 10;

/**
 * Goes on with commands that stand still, as whoever gave them: what they may do is decided by the roles that they had then, because that is
 * when they asked. The account of somebody who is disabled meanwhile does nothing any more: the rest of their jobs is refused. A job that had
 * its turn has no second one. Answers how many commands it has completed; an error of one does not hold up the others and is thrown at the end.
 */
export async function resumeCommands(ctx: SchedulerContext, abort?: AbortSignal): Promise<number> {
  requirePermission(ctx.actor, "maintain");
  const errors: unknown[] = [];
  let completed = 0;
  while (!abort?.aborted) {
    const command = await takeStalledCommand(ctx.sql, STALLED_SECONDS);
    if (!command) break;
    try {
      if (await resume(ctx, command, abort)) completed++;
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
  return completed;
}

async function resume(ctx: SchedulerContext, command: StoredCommand, abort: AbortSignal | undefined): Promise<boolean> {
  const acting = { ...ctx, actor: command.actor };
  const work = workOf(command);
  if (await isDisabled(ctx, command.actor)) {
    await ctx.sql.transaction(async (tx) => {
      const message = "Whoever gave the command has lost their account before this job had its turn.";
      await lockCommand(tx, command.id);
      await refusePending(tx, command.id, "forbidden", message);
      await workBatch(tx, acting, command.id, work);
    });
    return true;
  }
  return workOff(acting, command.id, work, { abort });
}

/** How each kind of command is worked off, from what was kept with it. */
function workOf({ kind, params }: StoredCommand): CommandWork {
  switch (kind) {
    case "cancel":
      return cancelWork(params as CancelParams);
    case "reprioritize":
      return reprioritizeWork(params as ReprioritizeParams);
    case "retrigger":
      return retriggerWork(params as RetriggerParams);
    case "undo":
      return undoWork(params as UndoParams);
  }
}

async function isDisabled({ sql }: SchedulerContext, actor: Actor): Promise<boolean> {
  if (actor.kind !== "user") return false;
  const text = "SELECT id FROM users WHERE id = $1 AND disabled_at IS NULL";
  return (await sql.maybe({ name: "read-enabled-user", text }, [actor.userId])) === undefined;
}
