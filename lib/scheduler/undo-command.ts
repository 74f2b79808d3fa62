import type { Command, CommandKind } from "../contracts/command.ts";
import type { UndoCommandInput } from "../contracts/job.ts";
import { readUndoTargets, refusePending } from "../db/sql/command-items.ts";
import { lockCommand, noteProgress } from "../db/sql/commands.ts";
import { readCommandRow } from "../db/sql/read-command.ts";
import type { Sql } from "../db/sql.ts";
import type { CommandWork } from "./command-work.ts";
import type { SchedulerContext } from "./context.ts";
import { SchedulerError } from "./errors.ts";
import { record } from "./record.ts";
import { runCommand } from "./run-command.ts";
import { undoCancelBatch } from "./undo-cancel.ts";
import { undoReprioritizeBatch } from "./undo-reprioritize.ts";
import { undoRetriggerBatch } from "./undo-retrigger.ts";
import { undoStanding } from "./undo-standing.ts";

/** What an undo is told: the command that it takes back. */
export interface UndoParams {
  commandId: number;
  kind: CommandKind;
}

/**
 * Takes a command back, as a command of its own with an outcome per job: what nothing has happened to since returns to exactly where it was,
 * the others are named with the reason. There is no limit of time. A command that is still at work stops first. Whoever gave it may, and
 * sheriffs and admins. `conflict` when it is an undo itself, was undone before or changed nothing; `not_found`.
 */
export async function undoCommand(ctx: SchedulerContext, input: UndoCommandInput): Promise<Command> {
  const { commandId, idempotencyKey } = input;
  const row = await readCommandRow(ctx.sql, commandId);
  if (!row) throw new SchedulerError("not_found", `There is no command ${commandId}.`);
  const params: UndoParams = { commandId, kind: row.kind };
  const request = {
    kind: "undo" as const,
    object: `command:${commandId}`,
    named: {},
    params,
    idempotencyKey,
    undoOf: commandId,
    targets: (tx: Sql) => stopAndName(tx, ctx, commandId),
  };
  return runCommand(ctx, request, undoWork(params));
}

/** How an undo works off its jobs. */
export function undoWork({ commandId, kind }: UndoParams): CommandWork {
  const undoBatch = UNDO[kind];
  return {
    together: kind === "cancel" ? "needs" : "nothing",
    apply: (tx, ctx, batch) => undoBatch(tx, ctx, batch, commandId),
  };
}

const UNDO: Record<CommandKind, typeof undoCancelBatch> = {
  cancel: undoCancelBatch,
  reprioritize: undoReprioritizeBatch,
  retrigger: undoRetriggerBatch,
  undo: () => {
    throw new Error("An undo is never undone.");
  },
};

/** Holds the command, so that no batch of it and no other undo comes between; what it has not done yet it will not do. */
async function stopAndName(tx: Sql, ctx: SchedulerContext, commandId: number): Promise<number[]> {
  await lockCommand(tx, commandId);
  const row = await readCommandRow(tx, commandId);
  if (!row) throw new SchedulerError("not_found", `There is no command ${commandId}.`);
  const { done = 0, pending = 0 } = row.counts;
  const standing = undoStanding(ctx.actor, { ...row, done, pending });
  if (standing !== null) throw new SchedulerError(standing.code, standing.message);
  if (row.completedAt === null) {
    await refusePending(tx, commandId, "conflict", "The command was undone before this job had its turn.");
    const { total } = await noteProgress(tx, commandId);
    const body = { commandId, kind: row.kind, total, pending: 0, complete: true };
    await record(tx, ctx, { event: { type: "command.changed", body } });
  }
  return readUndoTargets(tx, commandId);
}
