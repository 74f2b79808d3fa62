import { clsx } from "clsx";
import Link from "next/link";
import type { ReactNode } from "react";
import type { Job } from "@/lib/contracts/job.ts";
import { Age, Elapsed } from "../time/times.tsx";
import { shortName } from "./group.ts";
import { STATUS, statusOf } from "./status.ts";
import { StatusSymbol } from "./symbol.tsx";

interface JobRowProps {
  job: Job;
  selected: boolean;
  onSelect: () => void;
  /** What was just done to it. */
  note?: ReactNode;
}

/** A job in a list that can be selected. */
export function JobRow({ job, selected, onSelect, note }: JobRowProps) {
  const status = statusOf(job);
  return (
    <li data-row={job.id} className={clsx("row px-4 py-2", selected && "bg-accent-soft")}>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-0.5">
        <input
          type="checkbox"
          checked={selected}
          onChange={onSelect}
          aria-label={`Select ${job.builder}, job ${job.id}`}
          className="relative z-10 size-4 accent-accent"
        />
        <StatusSymbol status={status} />
        <Link
          href={`/jobs/${job.id}`}
          className="min-w-0 truncate font-medium after:absolute after:inset-0 hover:text-accent"
        >
          {shortName(job.builder, job.platform)}
        </Link>
        <span className="text-ink-3 text-xs">
          {!job.builder.includes(job.kind) && `${job.kind} `}
          {job.retriggerOf !== null && `retrigger of ${job.retriggerOf}`}
        </span>
        <span className="ml-auto flex items-center gap-3 text-ink-2 text-sm">
          {job.priority !== 0 && <span title="priority">{signed(job.priority)}</span>}
          <span>{STATUS[status].label}</span>
          <span className="min-w-20 text-right">
            <JobTime job={job} />
          </span>
        </span>
      </div>
      {job.reason !== null && job.state === "done" && <p className="mt-0.5 pl-14 text-ink-3 text-xs">{job.reason}</p>}
      {note && <div className="relative z-10 mt-1 pl-14 empty:hidden">{note}</div>}
    </li>
  );
}

/** How long a job ran, or since when it waits. */
export function JobTime({ job }: { job: Pick<Job, "state" | "submittedAt" | "startedAt" | "endedAt"> }) {
  if (job.startedAt !== null) return <Elapsed from={job.startedAt} to={job.endedAt} />;
  return <Age at={job.endedAt ?? job.submittedAt} />;
}

/** `+20`, `−5`, `0`. */
export function signed(points: number): string {
  return points > 0 ? `+${points}` : points < 0 ? `−${-points}` : "0";
}
