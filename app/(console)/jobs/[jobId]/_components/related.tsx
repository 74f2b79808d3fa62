import Link from "next/link";
import { statusOf } from "@/app/_components/jobs/status.ts";
import { StatusBadge } from "@/app/_components/jobs/symbol.tsx";
import { Panel } from "@/app/_components/ui/panel.tsx";
import type { JobDetail, JobRef } from "@/lib/contracts/job.ts";

/** The jobs that this one waits for, that wait for it, and that repeat it. */
export function Related({ job }: { job: JobDetail }) {
  return (
    <>
      <Refs title="Needs" jobs={job.needs} />
      <Refs title="Needed by" jobs={job.neededBy} />
      <Refs title="Retriggers" jobs={job.retriggers} />
    </>
  );
}

function Refs({ title, jobs }: { title: string; jobs: readonly JobRef[] }) {
  if (jobs.length === 0) return null;
  return (
    <Panel title={title} aside={<span className="text-ink-3 text-sm tabular-nums">{jobs.length}</span>}>
      <ul className="max-h-80 divide-y divide-line overflow-y-auto">
        {jobs.map((other) => (
          <li key={other.id} className="row flex items-center justify-between gap-3 px-4 py-2">
            <Link
              href={`/jobs/${other.id}`}
              className="min-w-0 truncate text-sm after:absolute after:inset-0 hover:text-accent"
            >
              {other.builder} <span className="text-ink-3">{other.id}</span>
            </Link>
            <StatusBadge status={statusOf(other)} />
          </li>
        ))}
      </ul>
    </Panel>
  );
}
