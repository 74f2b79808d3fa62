import { createHash } from "node:crypto";
import type { Command, CommandKind } from "../contracts/command.ts";
import { insertItems } from "../db/sql/command-items.ts";
import { insertCommand } from "../db/sql/commands.ts";
import { keepCommandOfKey, takeKey } from "../db/sql/idempotency-key.ts";
import type { Database, Sql } from "../db/sql.ts";
import { canonicalJson } from "../db/to-jsonb.ts";
import { announce, type CommandWork, workBatch, workOff } from "./command-work.ts";
import type { SchedulerContext } from "./context.ts";
import { SchedulerError } from "./errors.ts";
import { readCommand } from "./get-command.ts";
import { requirePermission } from "./permissions.ts";
import { actorKey, auditRefusal } from "./record.ts";

/** What somebody asks for: one effect on each of many jobs. */
export interface CommandRequest {
  kind: CommandKind;
  /** What it is asked for, such as `job:12`, for the audit row of a refusal of the whole. */
  object: string;
  /** Which jobs, as they were named: the same idempotency key with others is another request. */
  named: object;
  /** What to do to them; kept with the command for whoever resumes it. */
  params: object;
  idempotencyKey: string | undefined;
  undoOf?: number;
  /** The jobs, found once, in the transaction that makes the command. */
  targets(tx: Sql): Promise<readonly number[]>;
}

/** Batches that whoever asks waits for: 500 jobs. What is left goes on by itself. */
const WAITED_FOR = 5;

/**
 * Runs a command. The transaction that makes it stores every job as pending and works off the first hundred; the others follow a hundred at
 * a time, each batch whole or not at all. Up to 500 jobs are done when it answers; a larger command goes on in this process, and when this
 * process ends, `resumeCommands` goes on. With an idempotency key the same request is one command, which a repeat also completes when it
 * was cut off; the same key with another request is `invalid`.
 */
export async function runCommand(ctx: SchedulerContext, request: CommandRequest, work: CommandWork): Promise<Command> {
  const { id, first } = await auditRefusal(ctx, { action: `job.${request.kind}`, object: request.object }, async () => {
    requirePermission(ctx.actor, "command");
    return ctx.sql.transaction(async (tx) => {
      const id = await openCommand(tx, ctx, request);
      return { id, first: await workBatch(tx, ctx, id, work) };
    });
  });
  announce(ctx, first);
  if (!first.complete) await goOnWaiting(ctx, id, work);
  return readCommand(ctx, id);
}

/** The command is made, so what stops its next batches is no error of the request: the answer names what is pending, and the timer goes on. */
async function goOnWaiting(ctx: SchedulerContext, commandId: number, work: CommandWork): Promise<void> {
  try {
    if (!(await workOff(ctx, commandId, work, { batches: WAITED_FOR - 1 }))) goOn(ctx, commandId, work);
  } catch (error) {
    ctx.report(error);
  }
}

/** Makes the command, or finds the one that its key stands for. */
async function openCommand(tx: Sql, ctx: SchedulerContext, request: CommandRequest): Promise<number> {
  const { kind, named, params, idempotencyKey: key, undoOf = null } = request;
  const { actor } = ctx;
  const hash = createHash("sha256").update(canonicalJson({ kind, named, params })).digest("hex");
  const known = key === undefined ? undefined : await takeKey(tx, actorKey(actor), key, hash);
  if (known && known.bodyHash !== hash) {
    throw new SchedulerError("invalid", `The idempotency key ${key} was used for another request; make a new one.`);
  }
  if (known) return known.commandId;

  const jobIds = await request.targets(tx);
  const id = await insertCommand(tx, { kind, actor, params, undoOf });
  await insertItems(tx, id, jobIds);
  if (key !== undefined) await keepCommandOfKey(tx, actorKey(actor), key, id);
  return id;
}

/** The large commands that go on in this process, one after the other for each database: claims and pages come first. */
const going = new WeakMap<Database, Promise<unknown>>();

/** Goes on without anybody who waits. Whatever stops it, such as the end of the process, `resumeCommands` finds it. */
function goOn(ctx: SchedulerContext, commandId: number, work: CommandWork): void {
  const before = going.get(ctx.sql) ?? Promise.resolve();
  const now = before.then(() => workOff(ctx, commandId, work)).catch(() => false);
  going.set(ctx.sql, now);
}
