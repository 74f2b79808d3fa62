import { createHash } from "node:crypto";
import type { Command, CommandItem, CommandKind } from "../contracts/command.ts";
import { completeCommand, findMissingJob, insertCommand, insertItems, readOpenItems } from "../db/sql/commands.ts";
import { keepCommandOfKey, takeKey } from "../db/sql/idempotency-key.ts";
import type { Sql } from "../db/sql.ts";
import { canonicalJson } from "../db/to-jsonb.ts";
import type { SchedulerContext } from "./context.ts";
import { SchedulerError } from "./errors.ts";
import { readCommand } from "./get-command.ts";
import { requirePermission } from "./permissions.ts";
import { type AuditEntry, actorKey, auditRefusal, recordAll } from "./record.ts";

/** What somebody asks for: one effect on each of the jobs. `input` is kept with the command. */
export interface CommandRequest {
  kind: CommandKind;
  jobIds: readonly number[] | undefined;
  input: Record<string, unknown>;
  idempotencyKey: string | undefined;
}

/** What became of some of a command's jobs; `wake` names signals to send once it is committed. */
export interface Applied {
  items: CommandItem[];
  audits?: AuditEntry[];
  wake?: string[];
}

const BATCH = 100;

/**
 * Runs a command: the first hundred jobs in the transaction that makes it, the others a hundred at a time, each batch whole or not at all.
 * With an idempotency key the same request is one command, which a repeat also completes when it was cut off; the same key with another
 * request is `invalid`. `not_found` when a job does not exist.
 */
export async function runCommand(
  ctx: SchedulerContext,
  request: CommandRequest,
  apply: (tx: Sql, jobIds: readonly number[]) => Promise<Applied>,
): Promise<Command> {
  await auditRefusal(ctx, { action: `job.${request.kind}`, object: `job:${request.jobIds?.[0]}` }, async () =>
    requirePermission(ctx.actor, "command"),
  );
  const jobIds = [...new Set(request.jobIds ?? [])].sort((a, b) => a - b);
  const wake = new Set<string>();
  let commandId: number | null = null;
  for (let from = 0; from < jobIds.length; from += BATCH) {
    const batch = { jobIds: jobIds.slice(from, from + BATCH), last: from + BATCH >= jobIds.length };
    const done = await ctx.sql.transaction(async (tx) => {
      const id: number = await openCommand(tx, ctx, { ...request, jobIds }, commandId);
      return { id, applied: await runBatch(tx, ctx, { id, kind: request.kind, ...batch }, apply) };
    });
    commandId = done.id;
    for (const topic of done.applied.wake ?? []) wake.add(topic);
  }
  for (const topic of ["relay", ...wake]) ctx.signals.send(topic);
  if (commandId === null) throw new SchedulerError("invalid", "Name at least one job.");
  return readCommand(ctx, commandId);
}

/** Makes the command, or finds the one that its key stands for. The key's row is locked until the batch is committed. */
async function openCommand(
  tx: Sql,
  ctx: SchedulerContext,
  request: CommandRequest & { jobIds: readonly number[] },
  known: number | null,
): Promise<number> {
  const { kind, jobIds, input, idempotencyKey: key } = request;
  const content = canonicalJson({ kind, jobIds, input });
  const hash = createHash("sha256").update(content).digest("hex");
  const actor = actorKey(ctx.actor);
  const taken = key === undefined ? undefined : await takeKey(tx, actor, key, hash);
  if (taken && taken.bodyHash !== hash) {
    throw new SchedulerError("invalid", `The idempotency key ${key} was used for another request; make a new one.`);
  }
  const existing = taken?.commandId ?? known;
  if (existing !== null) return existing;

  const missing = await findMissingJob(tx, jobIds);
  if (missing !== undefined) throw new SchedulerError("not_found", `There is no job ${missing}.`);
  const userId = ctx.actor.kind === "user" ? ctx.actor.userId : null;
  const id = await insertCommand(tx, { kind, userId, via: ctx.actor.via, input: { ...input, jobIds } });
  if (key !== undefined) await keepCommandOfKey(tx, actor, key, id);
  return id;
}

async function runBatch(
  tx: Sql,
  ctx: SchedulerContext,
  command: { id: number; kind: CommandKind; jobIds: readonly number[]; last: boolean },
  apply: (tx: Sql, jobIds: readonly number[]) => Promise<Applied>,
): Promise<Applied> {
  const open = await readOpenItems(tx, command.id, command.jobIds);
  const applied = open.length === 0 ? { items: [] } : await apply(tx, open);
  await insertItems(tx, command.id, applied.items);
  if (command.last) await completeCommand(tx, command.id);
  await recordAll(tx, ctx, { audits: applied.items.map((item) => auditOf(command, item, applied.audits)) });
  return applied;
}

/** One audit row per job: the verb's own, or one that says what became of it. */
function auditOf(
  command: { id: number; kind: CommandKind },
  item: CommandItem,
  own: readonly AuditEntry[] = [],
): AuditEntry {
  const action = `job.${command.kind}`;
  const object = `job:${item.jobId}`;
  const done = own.find((audit) => audit.object === object);
  const after = { command: command.id, outcome: item.outcome, ...(item.message !== null && { reason: item.message }) };
  if (done) return { ...done, after: { ...after, ...(done.after as Record<string, unknown>) } };
  return { action, object, after, outcome: item.outcome === "refused" ? "refused" : "done" };
}
