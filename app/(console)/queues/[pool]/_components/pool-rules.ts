import { plural } from "@/app/_components/time/format.ts";
import type { Pool } from "@/lib/contracts/pool.ts";

type Rules = Pick<Pool, "mergeWhen" | "fastSpeed" | "reserve" | "idleAbove">;

const MERGING: Record<Pool["mergeWhen"], string> = {
  always: "Waiting jobs of one builder share a run.",
  backlog: "Waiting jobs of one builder share a run only while no other worker is free for them.",
  never: "Every job has a run of its own.",
};

/** How a pool chooses whom and what it serves, a sentence for each rule that is in force. */
export function poolRules({ mergeWhen, fastSpeed, reserve, idleAbove }: Rules): string[] {
  const rules = [MERGING[mergeWhen]];
  if (fastSpeed !== null)
    rules.push(`Workers of speed ${fastSpeed} or more are fast: some builders run on those alone.`);
  if (reserve.workers > 0) {
    const kept = fastSpeed === null ? "free worker" : "free fast worker";
    const last = reserve.workers === 1 ? `The last ${kept} is` : `The last ${reserve.workers} ${kept}s are`;
    rules.push(`${last} kept for ${listOf(reserve.branches)}.`);
  }
  if (idleAbove > 0) {
    rules.push(`Idle jobs start only while more than ${plural(idleAbove, "worker is", "workers are")} free.`);
  }
  return rules;
}

function listOf(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
