import type { Command } from "@/lib/contracts/command.ts";
import { plural } from "../time/format.ts";

const DONE: Record<Command["kind"], string> = {
  cancel: "cancelled",
  retrigger: "retriggered",
  reprioritize: "moved",
  undo: "put back",
};

/** What has become of a command, in one sentence: `12 jobs cancelled, 2 refused, 300 to go.` */
export function commandSummary({ kind, counts }: Pick<Command, "kind" | "counts">): string {
  const parts = [
    counts.done > 0 && `${plural(counts.done, "job")} ${DONE[kind]}`,
    counts.unchanged > 0 && `${counts.unchanged.toLocaleString("en")} already so`,
    counts.refused > 0 && `${counts.refused.toLocaleString("en")} refused`,
    counts.pending > 0 && `${counts.pending.toLocaleString("en")} to go`,
  ].filter((part) => part !== false);
  if (parts.length === 0) return "No job was concerned.";
  const sentence = `${parts.join(", ")}.`;
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}
