import { clsx } from "clsx";
import Link from "next/link";
import { memo } from "react";
import { OutcomeNote } from "@/app/_components/commands/outcome-note.tsx";
import type { Outcome } from "@/app/_components/commands/use-commands.ts";
import { signed } from "@/app/_components/jobs/job-row.tsx";
import { Age } from "@/app/_components/time/times.tsx";
import type { Queue } from "@/lib/contracts/pool.ts";

interface WaitingJobProps {
  job: Queue["jobs"][number];
  selected: boolean;
  onSelect: (jobId: number) => void;
  outcome: Outcome | undefined;
}

/** A waiting job: its place, and what gives it that place. */
export const WaitingJob = memo(function WaitingJob({ job, selected, onSelect, outcome }: WaitingJobProps) {
  const base = job.rank - job.priority;
  return (
    <tr
      data-row={job.id}
      className={clsx(
        "focus-within:shadow-[inset_2px_0_0_var(--accent)]",
        selected ? "bg-accent-soft" : "hover:bg-hover",
      )}
    >
      <td className="w-9 py-2 pl-4 align-top">
        <input
          type="checkbox"
          checked={selected}
          onChange={() => onSelect(job.id)}
          aria-label={`Select ${job.builder}, job ${job.id}`}
          className="mt-0.5 size-4 accent-accent"
        />
      </td>
      <td className="w-16 px-2 py-2 text-right max-sm:w-8 align-top font-semibold tabular-nums">
        {job.position.toLocaleString("en")}
      </td>
      <td className="min-w-0 px-2 py-2">
        <Link href={`/jobs/${job.id}`} className="font-medium break-words hover:text-accent hover:underline">
          {job.builder}
        </Link>
        <span className="block text-ink-3 text-xs">
          <Link href={`/pushes/${job.pushId}`} className="hover:underline">
            {job.branch} · push {job.pushId}
          </Link>
          <span className="md:hidden"> · {job.owner?.login ?? "nobody's"}</span>
          {job.retriggerOf !== null && ` · retrigger of ${job.retriggerOf}`}
        </span>
        <OutcomeNote outcome={outcome} />
      </td>
      <td className="px-2 py-2 text-right align-top whitespace-nowrap tabular-nums">
        {signed(job.rank)}
        {job.priority !== 0 && (
          <span className="block text-ink-3 text-xs max-sm:hidden">
            {signed(base)} branch, {signed(job.priority)} priority
          </span>
        )}
      </td>
      <td className="px-2 py-2 align-top max-md:hidden">
        {job.owner?.login ?? <span className="text-ink-3">nobody</span>}
      </td>
      <td className="px-2 py-2 pr-4 text-right align-top text-ink-2">
        <Age at={job.submittedAt} />
      </td>
    </tr>
  );
});
