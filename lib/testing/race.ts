import { expect } from "vitest";
import type { Sql } from "../db/sql.ts";
import { SchedulerError } from "../scheduler/errors.ts";
import { readBroken } from "./model/invariants.ts";

/** Tools for tests in which two verbs meet on one job at the same moment. */

/** Either the value, or the state or code that the verb was refused with. */
export async function outcome<T>(work: Promise<T>): Promise<T | string> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof SchedulerError && (error.code === "conflict" || error.code === "not_found")) {
      return error.state ?? error.code;
    }
    throw error;
  }
}

/** Begins up to so many ms later, so that two works come in either order. */
export async function soon<T>(work: () => Promise<T>, withinMs = 8): Promise<T> {
  await new Promise((resolve) => setTimeout(resolve, Math.random() * withinMs));
  return work();
}

/** How many pairs meet in a race of the long kind: 500, or as many as `npm run races` asks for. */
export const PAIRS = Number(process.env.RACE_PAIRS ?? 500);

/** Counts who came first, to see that every order was met. */
export function tally() {
  const counts = new Map<string, number>();
  return {
    add: (what: string) => void counts.set(what, (counts.get(what) ?? 0) + 1),
    expect: (...all: string[]) => expect([...counts.keys()].toSorted()).toEqual(all.toSorted()),
  };
}

/** What must hold of all jobs (of one pool, when it is named) and of their runs at any moment. */
export async function expectSound(sql: Sql, poolId: number | null = null): Promise<void> {
  expect(await readBroken(sql, { poolId })).toEqual([]);
}
