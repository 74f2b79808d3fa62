import type { QueueClass } from "../../contracts/placement.ts";

/** What of a builder's definition decides which workers it is for. */
export interface ClassedBuilder {
  /** Runs only while enough workers of its pool are free. */
  idle: boolean;
  /** `fast`: only on fast workers, as long as its pool has some. */
  workers: "any" | "fast";
}

/**
 * The set of its pool's queue that a job stands in. Work that only fills idle machines is `idle`, whatever else it says. It is written when
 * the job is made, and again when the pool's configuration changes.
 */
export function queueClassOf(
  builder: ClassedBuilder,
  branch: string,
  pool: { reserveBranches: readonly string[] },
): QueueClass {
  if (builder.idle) return "idle";
  const reserved = pool.reserveBranches.includes(branch);
  if (builder.workers === "fast") return reserved ? "reserved-fast" : "fast";
  return reserved ? "reserved" : "any";
}
