import { clsx } from "clsx";
import type { JobExplanation } from "@/lib/contracts/explanation.ts";

const PARTS = [
  { name: "higherRank", label: "by a higher rank", tone: "bg-accent" },
  { name: "older", label: "submitted earlier", tone: "bg-line-strong" },
] as const;

/** How many jobs are before this one, and by what: a bar with its legend. */
export function Ahead({ ahead }: { ahead: NonNullable<JobExplanation["ahead"]> }) {
  if (ahead.total === 0) return null;
  const shown = PARTS.filter(({ name }) => ahead[name] > 0);
  return (
    <div className="grid gap-1.5">
      {shown.length > 1 && (
        <div aria-hidden className="flex h-2 gap-px overflow-hidden rounded-full">
          {shown.map(({ name, tone }) => (
            <div key={name} className={clsx("min-w-1.5", tone)} style={{ flexGrow: ahead[name] }} />
          ))}
        </div>
      )}
      <ul aria-label="Jobs before it" className="flex flex-wrap gap-x-4 gap-y-1 text-ink-2">
        {shown.map(({ name, label, tone }) => (
          <li key={name} className="inline-flex items-center gap-1.5">
            <span aria-hidden className={clsx("size-2.5 rounded-sm", tone)} />
            <span className="font-medium text-ink tabular-nums">{ahead[name].toLocaleString("en")}</span> {label}
          </li>
        ))}
        {ahead.merged > 0 && (
          <li className="text-ink-3">
            <span className="tabular-nums">{ahead.merged.toLocaleString("en")}</span> of them ride along in another's
            run
          </li>
        )}
      </ul>
    </div>
  );
}
