"use client";

import { useQuery } from "@tanstack/react-query";
import { StatusBadge } from "@/app/_components/jobs/symbol.tsx";
import { LogViewer } from "@/app/_components/log/log-viewer.tsx";
import { Age, Elapsed } from "@/app/_components/time/times.tsx";
import { Panel } from "@/app/_components/ui/panel.tsx";
import { ErrorState, Skeleton } from "@/app/_components/ui/states.tsx";
import { runQueries } from "@/app/_queries/runs.ts";
import type { Run } from "@/lib/contracts/run.ts";
import { Artifacts } from "./artifacts.tsx";
import { CancelTime } from "./cancel-time.tsx";
import { failingLine } from "./failing-line.ts";
import { statusOfRun } from "./runs-nav.tsx";
import { Steps } from "./steps.tsx";

interface RunViewProps {
  runId: number;
  /** What the page says of it already: a reason, and which jobs share it. */
  told: string | null;
  membersTold: boolean;
}

/** A run: where and how it went, its steps, its log and what it made. */
export function RunView({ runId, told, membersTold }: RunViewProps) {
  const { data: run, error, refetch } = useQuery(runQueries.one(runId));
  if (run === undefined) {
    return (
      <div className="card">
        {error ? <ErrorState error={error} retry={() => void refetch()} /> : <Skeleton className="h-40" />}
      </div>
    );
  }
  return (
    <>
      <Panel title={`Run ${run.id}`} aside={<RunSummary run={run} />}>
        <CancelTime run={run} />
        {run.reason !== null && run.reason !== told && (
          <p className="border-line border-b px-4 py-2.5 text-ink-2 text-sm">{run.reason}</p>
        )}
        {!membersTold && <MergedJobs run={run} />}
        {run.placement !== null && (
          <p className="border-line border-b px-4 py-2.5 text-ink-2 text-sm">
            <span className="text-ink-3">Why this worker:</span> {run.placement.why}
          </p>
        )}
        <Steps run={run} />
      </Panel>
      <LogViewer
        runId={run.id}
        live={run.state === "running" || run.state === "cancelling"}
        startLine={failingLine(run)}
      />
      <Artifacts run={run} />
    </>
  );
}

function RunSummary({ run }: { run: Run }) {
  return (
    <div className="flex flex-wrap items-center gap-x-3 text-ink-2 text-sm">
      <span>
        on <span className="font-medium text-ink">{run.worker}</span>, slot {run.slot}
      </span>
      <Age at={run.startedAt} />
      <Elapsed from={run.startedAt} to={run.endedAt} />
      <span className="inline-flex text-ink">
        {run.state === "lost" && "lost its worker"}
        {run.state === "cancelling" && "being stopped"}
        {(run.state === "running" || run.state === "done") && <StatusBadge status={statusOfRun(run)} />}
      </span>
    </div>
  );
}

function MergedJobs({ run }: { run: Run }) {
  if (run.jobs.length < 2) return null;
  const names = run.jobs.map((job) => `${job.builder} (${job.id}${job.live ? "" : ", detached"})`);
  return (
    <p className="border-line border-b px-4 py-2.5 text-ink-2 text-sm">
      It serves {run.jobs.length} jobs: {names.join(", ")}
    </p>
  );
}
