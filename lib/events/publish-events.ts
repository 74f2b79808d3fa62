import type { Event } from "../contracts/event.ts";
import type { Sql } from "../db/sql.ts";
import type { EventStream } from "./event-stream.ts";
import { EVENT_COLUMNS, type EventRow, toEvent } from "./to-event.ts";

const PAGE = 500;

/** How many of the newest events an emptied stream gets back; whoever needs older ones asks PostgreSQL. */
const REFILLED = 1000;

/** Numbered events after `seq`, oldest first. */
export async function eventsAfter(sql: Sql, seq: number, limit: number): Promise<Event[]> {
  const rows = await sql.rows<EventRow>(
    { name: "events_after", text: `SELECT ${EVENT_COLUMNS} FROM events WHERE seq > $1 ORDER BY seq LIMIT $2` },
    [seq, limit],
  );
  return rows.map(toEvent);
}

/** The last number that was given out; 0 before the first. */
export async function lastNumber(sql: Sql): Promise<number> {
  const { value } = await sql.one<{ value: number }>("SELECT value FROM counters WHERE name = 'events'");
  return value;
}

/** Brings the stream up to what is numbered in PostgreSQL, from wherever it stands; answers how many events it lacked. */
export async function publishEvents(sql: Sql, stream: EventStream): Promise<number> {
  const target = await lastNumber(sql);
  let last = await stream.last();
  if (last !== null && last > target && last > (await lastNumber(sql))) {
    await stream.clear(); // PostgreSQL was restored from a backup
    last = null;
  }
  let from = last ?? Math.max(0, target - REFILLED);
  let published = 0;
  while (from < target) {
    const events = await eventsAfter(sql, from, PAGE);
    const newest = events.at(-1);
    if (!newest) break;
    await stream.append(events);
    published += events.length;
    from = newest.seq;
  }
  return published;
}
