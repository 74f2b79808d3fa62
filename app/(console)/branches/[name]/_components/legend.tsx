import { STATUS, STATUS_ORDER } from "@/app/_components/jobs/status.ts";
import { StatusSymbol } from "@/app/_components/jobs/symbol.tsx";

/** What the symbols mean. */
export function Legend() {
  return (
    <ul aria-label="What the symbols mean" className="mt-3 flex flex-wrap gap-x-4 gap-y-1.5 px-1 text-ink-2 text-xs">
      {STATUS_ORDER.filter((status) => status !== "retry").map((status) => (
        <li key={status} className="inline-flex items-center gap-1.5">
          <StatusSymbol status={status} size="sm" />
          {STATUS[status].label}
        </li>
      ))}
    </ul>
  );
}
