import { plural } from "@/app/_components/time/format.ts";
import type { Pool } from "@/lib/contracts/pool.ts";

/** The order of a pool's queue in one sentence. */
export function orderRule(pool: Pick<Pool, "strict" | "headStartMs">): string {
  if (pool.strict)
    return "The job with the highest rank is served first; among equal ranks the one that was submitted first.";
  return (
    `First come, first served, and each point of rank is worth ${lengthOf(pool.headStartMs)} of waiting: ` +
    `a job with 3 points more goes ahead of those submitted up to ${lengthOf(3 * pool.headStartMs)} before it.`
  );
}

function lengthOf(milliseconds: number): string {
  const seconds = milliseconds / 1_000;
  if (seconds % 3_600 === 0) return plural(seconds / 3_600, "hour");
  if (seconds % 60 === 0) return plural(seconds / 60, "minute");
  return plural(seconds, "second");
}
