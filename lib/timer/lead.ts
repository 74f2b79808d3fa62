import { setTimeout as sleep } from "node:timers/promises";
import { ADVISORY_LOCKS } from "../db/advisory-locks.ts";
import type { Database, Sql } from "../db/sql.ts";

/** How often a follower tries to take over, and a leader looks whether it still leads. */
const LOOK_EVERY_MS = 1000;

/** What a timer does about leading. */
export interface LeadOptions {
  sql: Database;
  /** Ends it. */
  abort: AbortSignal;
  /** Does the leader's work until `lost` fires, and then ends soon. */
  work: (lost: AbortSignal) => Promise<void>;
  /** Hears why it could not lead, or does not lead any more. */
  report: (error: unknown) => void;
}

/**
 * Leads whenever no other timer does, until aborted. The lock belongs to a database session: when the leader dies, or loses the
 * database, PostgreSQL gives it to the next one. Two that overlap for a moment do no harm.
 */
export async function lead({ sql, abort, work, report }: LeadOptions): Promise<void> {
  while (!abort.aborted) {
    try {
      await sql.session((session) => leadOnce(session, abort, work));
    } catch (error) {
      report(error);
    }
    await pause(abort);
  }
}

async function leadOnce(session: Sql, abort: AbortSignal, work: LeadOptions["work"]): Promise<void> {
  while (!(await tryLock(session))) {
    await pause(abort);
    if (abort.aborted) return;
  }
  const ended = new AbortController();
  const stop = AbortSignal.any([abort, ended.signal]);
  const working = work(stop).finally(() => ended.abort());
  working.catch(() => {}); // thrown on below
  try {
    while (!stop.aborted) {
      await session.one("SELECT 1"); // throws when the session, and with it the lock, is gone
      await pause(stop);
    }
  } finally {
    ended.abort();
    await working;
  }
}

async function tryLock(session: Sql): Promise<boolean> {
  const { mine } = await session.one<{ mine: boolean }>("SELECT pg_try_advisory_lock($1) AS mine", [
    ADVISORY_LOCKS.leader,
  ]);
  return mine;
}

async function pause(abort: AbortSignal): Promise<void> {
  await sleep(LOOK_EVERY_MS, undefined, { signal: abort }).catch(() => {}); // aborted: the caller sees it
}
