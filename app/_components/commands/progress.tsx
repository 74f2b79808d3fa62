import type { Command } from "@/lib/contracts/command.ts";

/** How far a command is while some of its jobs have not had their turn. */
export function Progress({ command: { counts } }: { command: Pick<Command, "counts"> }) {
  if (counts.pending === 0) return null;
  return (
    <progress
      aria-label="Jobs that have had their turn"
      value={counts.total - counts.pending}
      max={counts.total}
      className="h-1.5 w-full overflow-hidden rounded-full accent-accent"
    />
  );
}
