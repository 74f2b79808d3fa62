import type { Command } from "@/lib/contracts/command.ts";

const NAMED = 5;

/** The jobs that a command could not do anything to, each with its reason. */
export function Refused({ command: { items, counts } }: { command: Command }) {
  const named = items.filter((item) => item.outcome === "refused").slice(0, NAMED);
  if (named.length === 0) return null;
  const more = counts.refused - named.length;
  return (
    <ul aria-label="Refused" className="grid max-h-32 gap-0.5 overflow-y-auto text-ink-2">
      {named.map((item) => (
        <li key={item.jobId} className="break-words">
          {item.message}
        </li>
      ))}
      {more > 0 && <li>… and {more.toLocaleString("en")} more.</li>}
    </ul>
  );
}
