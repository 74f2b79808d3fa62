"use client";

import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { STATUS, statusOf } from "@/app/_components/jobs/status.ts";
import { StatusSymbol } from "@/app/_components/jobs/symbol.tsx";
import { useTitle } from "@/app/_components/shell/use-title.ts";
import { Elapsed } from "@/app/_components/time/times.tsx";
import { PageHeading } from "@/app/_components/ui/page-heading.tsx";
import { Revision } from "@/app/_components/ui/revision.tsx";
import { ErrorState, SkeletonRows } from "@/app/_components/ui/states.tsx";
import { jobQueries } from "@/app/_queries/jobs.ts";
import type { JobDetail } from "@/lib/contracts/job.ts";
import { Definition } from "./definition.tsx";
import { JobActions } from "./job-actions.tsx";
import { JobFacts } from "./job-facts.tsx";
import { Related } from "./related.tsx";
import { RunView } from "./run-view.tsx";
import { RunsNav } from "./runs-nav.tsx";
import { SharedRunPanel } from "./shared-run.tsx";
import { Xray } from "./xray.tsx";

/** A job: how it stands, what can be done, its runs with their logs, and what it belongs to. */
export function JobView({ jobId, askedRun }: { jobId: number; askedRun: number | null }) {
  const { data: job, error, refetch } = useQuery(jobQueries.one(jobId));
  useTitle(job && `${STATUS[statusOf(job)].label}: ${job.builder}`);
  if (job === undefined) {
    return (
      <div className="card">{error ? <ErrorState error={error} retry={() => void refetch()} /> : <SkeletonRows />}</div>
    );
  }
  const runId = askedRun ?? job.runId;
  return (
    <>
      <Heading job={job} />
      <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,1fr)_22rem]">
        <div className="grid min-w-0 gap-4">
          <JobActions job={job} />
          {(job.state === "queued" || job.state === "blocked") && <Xray jobId={job.id} />}
          <RunsNav job={job} shown={runId} />
          {runId !== null && (
            <RunView key={runId} runId={runId} told={job.reason} membersTold={job.shared?.runId === runId} />
          )}
        </div>
        <div className="grid min-w-0 gap-4">
          {job.shared !== null && <SharedRunPanel job={job} shared={job.shared} />}
          <JobFacts job={job} />
          <Related job={job} />
          <Definition job={job} />
        </div>
      </div>
    </>
  );
}

function Heading({ job }: { job: JobDetail }) {
  const status = statusOf(job);
  return (
    <PageHeading
      above={
        <>
          <Link href={`/branches/${job.branch}`} className="link">
            {job.branch}
          </Link>
          <span aria-hidden>/</span>
          <Link href={`/pushes/${job.pushId}`} className="link">
            push {job.pushId}
          </Link>
          <span aria-hidden>/</span>
          <span>job {job.id}</span>
          <span aria-hidden>·</span>
          <Revision revision={job.revision} />
        </>
      }
      title={job.builder}
    >
      <p role="status" aria-label="State" className="flex items-center gap-2 font-medium text-lg">
        <StatusSymbol status={status} />
        {STATUS[status].label}
        {job.startedAt !== null && (
          <span className="font-normal text-ink-2">
            <Elapsed from={job.startedAt} to={job.endedAt} />
          </span>
        )}
      </p>
    </PageHeading>
  );
}
