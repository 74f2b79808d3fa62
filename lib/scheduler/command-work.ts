import type { CommandKind } from "../contracts/command.ts";
import { type ItemResult, readPending, settleItems, type Together } from "../db/sql/command-items.ts";
import { lockCommand, noteProgress, type Progress, type StoredCommand } from "../db/sql/commands.ts";
import type { Sql } from "../db/sql.ts";
import type { SchedulerContext } from "./context.ts";
import { type AuditEntry, recordAll } from "./record.ts";

/** Some jobs of a command, whose turn it is. */
export interface CommandBatch {
  commandId: number;
  createdAt: Date;
  jobIds: readonly number[];
}

/** What became of a batch: an item for each of its jobs, and perhaps for others of the command. `wake` names signals to send once it is committed. */
export interface Applied {
  items: ItemResult[];
  audits?: AuditEntry[];
  wake?: string[];
}

/** How a kind of command works off its jobs. */
export interface CommandWork {
  /** What comes together with the next jobs in turn, as far as it belongs to the command and has not had its turn. */
  together: Together;
  /** Jobs that are changed in one transaction, whole or not at all; 100 unless one of them is worth many. */
  jobsAtOnce?: number;
  /** Does it to a batch, in the transaction that also keeps the outcome. */
  apply(tx: Sql, ctx: SchedulerContext, batch: CommandBatch): Promise<Applied>;
}

/** What one batch has done. */
export interface BatchDone {
  complete: boolean;
  wake: readonly string[];
}

const BATCH = 100;

/**
 * Works off the next batch of a command in this transaction: the jobs, their events and audit rows, the outcome of each and the command's
 * own event. The command's row is held meanwhile, so that of two processes that work on it each job has its turn with one of them.
 */
export async function workBatch(
  tx: Sql,
  ctx: SchedulerContext,
  commandId: number,
  work: CommandWork,
): Promise<BatchDone> {
  const command = await lockCommand(tx, commandId);
  if (!command) throw new Error(`There is no command ${commandId} to work on.`);
  if (command.completedAt !== null) return { complete: true, wake: [] };
  const jobIds = await readPending(tx, commandId, work.jobsAtOnce ?? BATCH, work.together);
  const batch = { commandId, createdAt: command.createdAt, jobIds };
  const applied = jobIds.length === 0 ? { items: [] } : await work.apply(tx, ctx, batch);
  const answered = new Set(applied.items.map((item) => item.jobId));
  const forgotten = jobIds.find((id) => !answered.has(id));
  if (forgotten !== undefined) throw new Error(`Command ${commandId} has no outcome for job ${forgotten}.`);
  await settleItems(tx, commandId, applied.items);
  const progress = await noteProgress(tx, commandId);
  await recordAll(tx, ctx, {
    events: [{ type: "command.changed", body: bodyOf(command, progress) }],
    audits: applied.items.map((item) => auditOf(command, item, applied.audits)),
  });
  return { complete: progress.pending === 0, wake: applied.wake ?? [] };
}

/** Works off at most `batches` batches, each in a transaction of its own; whether the command is complete then. Stops when `abort` fires. */
export async function workOff(
  ctx: SchedulerContext,
  commandId: number,
  work: CommandWork,
  { batches = Number.POSITIVE_INFINITY, abort }: { batches?: number; abort?: AbortSignal | undefined } = {},
): Promise<boolean> {
  for (let count = 0; count < batches && !abort?.aborted; count++) {
    const done = await ctx.sql.transaction((tx) => workBatch(tx, ctx, commandId, work));
    announce(ctx, done);
    if (done.complete) return true;
  }
  return false;
}

/** Tells the relay and the workers concerned about a batch that is committed. */
export function announce(ctx: SchedulerContext, { wake }: BatchDone): void {
  for (const topic of new Set(["relay", ...wake])) ctx.signals.send(topic);
}

function bodyOf({ id, kind, undoOf }: StoredCommand, { total, pending }: Progress) {
  return { commandId: id, kind, total, pending, complete: pending === 0, ...(undoOf !== null && { undoOf }) };
}

/** One audit row per job: the verb's own, or one that says what became of it. */
function auditOf(
  command: { id: number; kind: CommandKind },
  item: ItemResult,
  own: readonly AuditEntry[] = [],
): AuditEntry {
  const action = `job.${command.kind}`;
  const object = `job:${item.jobId}`;
  const done = own.find((audit) => audit.object === object);
  const after = { command: command.id, outcome: item.outcome, ...(item.message !== null && { reason: item.message }) };
  if (done) return { ...done, after: { ...after, ...(done.after as Record<string, unknown>) } };
  return { action, object, after, outcome: item.outcome === "refused" ? "refused" : "done" };
}
