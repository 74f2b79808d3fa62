import Link from "next/link";
import { StatusSymbol } from "@/app/_components/jobs/symbol.tsx";
import { Elapsed } from "@/app/_components/time/times.tsx";
import type { Job } from "@/lib/contracts/job.ts";

/** What runs in a pool now. */
export function RunningJobs({ jobs }: { jobs: readonly Job[] }) {
  return (
    <ul aria-label="Running jobs" className="divide-y divide-line">
      {jobs.map((job) => (
        <li key={job.id} className="row flex flex-wrap items-center gap-x-3 px-4 py-2 text-sm">
          <StatusSymbol status="running" />
          <Link
            href={`/jobs/${job.id}`}
            className="min-w-0 truncate font-medium after:absolute after:inset-0 hover:text-accent"
          >
            {job.builder}
          </Link>
          <span className="text-ink-3">
            {job.branch} · {job.owner?.login ?? "nobody's"}
          </span>
          <span className="ml-auto text-ink-2">
            {job.startedAt !== null && <Elapsed from={job.startedAt} to={job.endedAt} />}
          </span>
        </li>
      ))}
    </ul>
  );
}
