import type { EventType } from "../contracts/event.ts";
import type { Sql } from "../db/sql.ts";
import { toJsonb } from "../db/to-jsonb.ts";
import type { Actor, SchedulerContext } from "./context.ts";
import { SchedulerError } from "./errors.ts";

/** One committed change, as the event stream will tell it. */
export interface EventEntry {
  type: EventType;
  branchId?: number | null;
  pushId?: number | null;
  jobId?: number | null;
  runId?: number | null;
  body?: Record<string, unknown>;
}

/** Who did what to which object, such as `job.cancel` to `job:12`; `refused` when it was not allowed. */
export interface AuditEntry {
  action: string;
  object: string;
  before?: unknown;
  after?: unknown;
  outcome?: "done" | "refused";
}

/** An event row, an audit row, or both. */
export interface Entries {
  event?: EventEntry;
  audit?: AuditEntry;
}

interface ManyEntries {
  events?: readonly EventEntry[];
  audits?: readonly AuditEntry[];
}

// An event of a run that names no job gets the base's: who follows a job, a push or a branch hears of its runs.
const INSERT_RECORDS = {
  name: "record",
  text: `
    WITH events AS (
      INSERT INTO events (type, branch_id, push_id, job_id, run_id, body)
      SELECT e.type, coalesce(e.branch_id, j.branch_id), coalesce(e.push_id, j.push_id), coalesce(e.job_id, j.id),
             e.run_id, e.body
      FROM ROWS FROM (
        jsonb_to_recordset($1::jsonb) AS (type text, branch_id bigint, push_id bigint, job_id bigint, run_id bigint, body jsonb)
      ) WITH ORDINALITY AS e(type, branch_id, push_id, job_id, run_id, body, place)
      LEFT JOIN runs r ON r.id = e.run_id AND e.job_id IS NULL
      LEFT JOIN jobs j ON j.id = r.base_job_id
      ORDER BY e.place
    )
    INSERT INTO audit_entries (user_id, actor, via, from_ip, request_id, action, object, before, after, outcome)
    SELECT $3, $4, $5, $6, $7, action, object, before, after, outcome
    FROM jsonb_to_recordset($2::jsonb) AS a(action text, object text, before jsonb, after jsonb, outcome text)`,
};

/** Writes an event row, an audit row or both, in the transaction of the change that they tell of. */
export function record(tx: Sql, ctx: SchedulerContext, { event, audit }: Entries): Promise<void> {
  return recordAll(tx, ctx, { events: event ? [event] : [], audits: audit ? [audit] : [] });
}

/** The same for many at once, in the order given. */
export async function recordAll(tx: Sql, ctx: SchedulerContext, entries: ManyEntries): Promise<void> {
  const { events = [], audits = [] } = entries;
  if (events.length === 0 && audits.length === 0) return;
  const told = events.map((event) => ({
    type: event.type,
    branch_id: event.branchId ?? null,
    push_id: event.pushId ?? null,
    job_id: event.jobId ?? null,
    run_id: event.runId ?? null,
    body: event.body ?? {},
  }));
  const done = audits.map((audit) => ({ ...audit, outcome: audit.outcome ?? "done" }));
  await tx.count(INSERT_RECORDS, [toJsonb(told), toJsonb(done), ...whoColumns(ctx)]);
}

/**
 * Runs a verb's work and writes an audit row of its own when it is refused as `forbidden`: its transaction is undone by then.
 * The error is thrown on.
 */
export async function auditRefusal<T>(
  ctx: SchedulerContext,
  what: Pick<AuditEntry, "action" | "object">,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof SchedulerError && error.code === "forbidden") {
      await record(ctx.sql, ctx, { audit: { ...what, after: { reason: error.message }, outcome: "refused" } });
    }
    throw error;
  }
}

/** The actor as one word, unique over the kinds: the owner of idempotency keys. */
export function actorKey(actor: Actor): string {
  if (actor.kind === "user") return `user:${actor.userId}`;
  if (actor.kind === "worker") return `worker:${actor.workerId}`;
  return `${actor.kind}:${actor.name}`;
}

/** The id of the person who asks; null for a process or a worker. */
export function userIdOf({ actor }: SchedulerContext): number | null {
  return actor.kind === "user" ? actor.userId : null;
}

/** What whoever asks is called: a person's login, or the name of a process or a worker. */
export function nameOf({ actor }: SchedulerContext): string {
  return actor.kind === "user" ? actor.login : actor.name;
}

function whoColumns(ctx: SchedulerContext): unknown[] {
  return [userIdOf(ctx), nameOf(ctx), ctx.actor.via, ctx.actor.ip, ctx.requestId];
}
