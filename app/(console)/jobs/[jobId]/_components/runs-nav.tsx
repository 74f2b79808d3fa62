import { clsx } from "clsx";
import Link from "next/link";
import { STATUS, type Status } from "@/app/_components/jobs/status.ts";
import { StatusSymbol } from "@/app/_components/jobs/symbol.tsx";
import type { JobDetail, RunRef } from "@/lib/contracts/job.ts";

/** The job's runs, newest first; only shown when there is a choice. */
export function RunsNav({ job, shown }: { job: JobDetail; shown: number | null }) {
  if (job.runs.length < 2) return null;
  return (
    <nav aria-label="Runs" className="-mb-1 flex flex-wrap gap-1.5">
      {job.runs.map((run) => (
        <Link
          key={run.id}
          href={`/jobs/${job.id}?run=${run.id}`}
          aria-current={run.id === shown ? "true" : undefined}
          className={clsx(
            "inline-flex items-center gap-1.5 rounded-md border px-2 py-1 text-sm",
            run.id === shown ? "border-accent bg-accent-soft" : "border-line bg-surface hover:bg-hover",
          )}
        >
          <StatusSymbol status={statusOfRun(run)} size="sm" />
          Run {run.id}{" "}
          <span className="text-ink-2">{run.state === "lost" ? "lost" : STATUS[statusOfRun(run)].label}</span>
        </Link>
      ))}
    </nav>
  );
}

/** How a run looks: a lost one as a retry, because its jobs went back to the queue. */
export function statusOfRun(run: Pick<RunRef, "state" | "result">): Status {
  if (run.state === "done") return run.result ?? "exception";
  return run.state === "lost" ? "retry" : "running";
}
