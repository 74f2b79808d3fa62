import type { EventStream } from "../events/event-stream.ts";
import { publishEvents } from "../events/publish-events.ts";
import type { SchedulerContext } from "../scheduler/context.ts";
import { endBoosts } from "../scheduler/end-boosts.ts";
import { endQuarantines } from "../scheduler/end-quarantines.ts";
import { expireLeases } from "../scheduler/expire-leases.ts";
import { measureBuilders } from "../scheduler/measure-builders.ts";
import { chainAudit } from "../scheduler/relay/chain-audit.ts";
import { numberEvents } from "../scheduler/relay/number-events.ts";
import { relayQueue } from "../scheduler/relay/relay-queue.ts";
import { sweepQueue } from "../scheduler/relay/sweep-queue.ts";
import { resumeCommands } from "../scheduler/resume-commands.ts";
import type { AuditHeads } from "./audit-heads.ts";
import { LeaseGrace } from "./lease-grace.ts";
import type { Task } from "./task.ts";

/** What the tasks of the core work with. */
export interface CoreTaskOptions {
  ctx: SchedulerContext;
  stream: EventStream;
  auditHeads: AuditHeads;
  sweepSeconds: number;
}

/** Same keys give the same answer for this long. */
const IDEMPOTENCY_DAYS = 7;

/** What the leader does for the core, from the moment it begins to lead. */
export function coreTasks({ ctx, stream, auditHeads, sweepSeconds }: CoreTaskOptions): Task[] {
  const grace = new LeaseGrace(ctx.sql, ctx.settings.leaseSeconds);
  return [
    { name: "relay", everyMs: 1000, topics: ["relay"], run: (abort) => relay(ctx, abort) },
    { name: "sweep", everyMs: sweepSeconds * 1000, topics: ["sweep"], run: () => sweep(ctx) },
    { name: "events", everyMs: 1000, topics: ["relay"], run: (abort) => tellEvents(ctx, stream, abort) },
    { name: "audit", everyMs: 1000, topics: ["relay"], run: (abort) => audit(ctx, auditHeads, abort) },
    { name: "leases", everyMs: 2000, topics: [], run: () => expire(ctx, grace) },
    { name: "quarantines", everyMs: 5000, topics: [], run: async () => void (await endQuarantines(ctx)) },
    { name: "commands", everyMs: 5000, topics: [], run: async (abort) => void (await resumeCommands(ctx, abort)) },
    { name: "boosts", everyMs: 5000, topics: [], run: async () => void (await endBoosts(ctx)) },
    { name: "timings", everyMs: 5000, topics: [], run: (abort) => measure(ctx, abort) },
    { name: "idempotency keys", everyMs: 3_600_000, topics: [], run: () => forgetKeys(ctx) },
  ];
}

async function relay(ctx: SchedulerContext, abort: AbortSignal): Promise<void> {
  for (let more = true; more && !abort.aborted; ) {
    const report = await relayQueue(ctx);
    if (report.notReady.length > 0) ctx.signals.send("sweep"); // which rebuilds them first of all
    more = report.more;
  }
}

async function sweep(ctx: SchedulerContext): Promise<void> {
  const { rebuilt } = await sweepQueue(ctx);
  if (rebuilt.length > 0) ctx.signals.send("relay");
}

async function tellEvents(ctx: SchedulerContext, stream: EventStream, abort: AbortSignal): Promise<void> {
  for (let more = true; more && !abort.aborted; ) {
    const report = await numberEvents(ctx);
    try {
      await publishEvents(ctx.sql, stream);
    } finally {
      if (report.numbered > 0) ctx.signals.send("events"); // also while Redis is away: readers find them in PostgreSQL
    }
    more = report.more;
  }
}

async function measure(ctx: SchedulerContext, abort: AbortSignal): Promise<void> {
  for (let more = true; more && !abort.aborted; ) more = (await measureBuilders(ctx)).more;
}

async function audit(ctx: SchedulerContext, heads: AuditHeads, abort: AbortSignal): Promise<void> {
  for (let more = true; more && !abort.aborted; ) {
    const report = await chainAudit(ctx);
    await heads.note(report.head);
    more = report.more;
  }
}

async function expire(ctx: SchedulerContext, grace: LeaseGrace): Promise<void> {
  const graceUntil = await grace.until();
  try {
    await expireLeases(ctx, { graceUntil });
  } catch (error) {
    grace.missed(); // perhaps the database went away
    throw error;
  }
}

async function forgetKeys(ctx: SchedulerContext): Promise<void> {
  await ctx.sql.count("DELETE FROM idempotency_keys WHERE created_at < now() - make_interval(days => $1)", [
    IDEMPOTENCY_DAYS,
  ]);
}
