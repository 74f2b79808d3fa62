import type { JobCounts } from "@/lib/contracts/push.ts";
import { STATUS, STATUS_ORDER, type Status } from "./status.ts";
import { StatusSymbol } from "./symbol.tsx";

const BAR_WIDTH = 100;

/** How a push stands: a bar of its jobs by status, and the counts that matter with their symbols. */
export function Counts({ counts }: { counts: JobCounts }) {
  const present = presentCounts(counts);
  const total = present.reduce((sum, [, count]) => sum + count, 0);
  if (total === 0) return <span className="text-ink-3 text-sm">No jobs</span>;
  return (
    <div className="flex min-w-0 flex-col gap-1.5">
      <ul aria-label={`${total} jobs`} className="flex flex-wrap gap-x-2.5 gap-y-1">
        {present.map(([status, count]) => (
          <li key={status} title={STATUS[status].label} className="flex items-center gap-1 text-sm tabular-nums">
            <StatusSymbol status={status} size="sm" />
            {count}
            <span className="sr-only"> {STATUS[status].label.toLowerCase()}</span>
          </li>
        ))}
      </ul>
      <Bar present={present} total={total} />
    </div>
  );
}

function Bar({ present, total }: { present: [Status, number][]; total: number }) {
  let x = 0;
  return (
    <svg aria-hidden viewBox={`0 0 ${BAR_WIDTH} 3`} preserveAspectRatio="none" className="h-1 w-full rounded-full">
      {present.map(([status, count]) => {
        const width = (count / total) * BAR_WIDTH;
        const from = x;
        x += width;
        return <rect key={status} x={from} y={0} width={width} height={3} className={STATUS[status].fill} />;
      })}
    </svg>
  );
}

function presentCounts(counts: JobCounts): [Status, number][] {
  return STATUS_ORDER.flatMap((status): [Status, number][] => {
    const count = status === "retry" ? 0 : counts[status];
    return count > 0 ? [[status, count]] : [];
  });
}
