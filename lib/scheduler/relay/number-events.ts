import type { SchedulerContext } from "../context.ts";
import { requirePermission } from "../permissions.ts";

const BATCH = 1000;

/** What one round did. */
export interface NumberEventsReport {
  numbered: number;
  /** Whether another round would find more. */
  more: boolean;
}

/**
 * Gives the committed events that have none yet their numbers: without gaps, in the order of their ids as far as they are
 * committed. The lock on the counter makes relays that overlap take turns.
 */
export async function numberEvents(ctx: SchedulerContext): Promise<NumberEventsReport> {
  requirePermission(ctx.actor, "maintain");
  const waiting = await ctx.sql.rows("SELECT 1 FROM events WHERE seq IS NULL LIMIT 1");
  if (waiting.length === 0) return { numbered: 0, more: false };

  const numbered = await ctx.sql.transaction(async (tx) => {
    // lock first, then look: the statement after the lock sees what the relay before us numbered
    const last = await tx.one<{ value: number }>("SELECT value FROM counters WHERE name = 'events' FOR UPDATE");
    const count = await tx.count(
      `WITH fresh AS (SELECT id FROM events WHERE seq IS NULL ORDER BY id LIMIT $2),
            placed AS (SELECT id, row_number() OVER (ORDER BY id) AS place FROM fresh)
       UPDATE events SET seq = $1 + placed.place FROM placed WHERE events.id = placed.id`,
      [last.value, BATCH],
    );
    await tx.count("UPDATE counters SET value = value + $1 WHERE name = 'events'", [count]);
    return count;
  });
  return { numbered, more: numbered === BATCH };
}
