"use client";

import { useQuery } from "@tanstack/react-query";
import { FileWarning } from "lucide-react";
import Link from "next/link";
import { JobMatrix } from "@/app/_components/jobs/job-matrix.tsx";
import { Pusher } from "@/app/_components/pushes/person.tsx";
import { Age } from "@/app/_components/time/times.tsx";
import { Revision } from "@/app/_components/ui/revision.tsx";
import { Skeleton } from "@/app/_components/ui/states.tsx";
import { pushQueries } from "@/app/_queries/pushes.ts";
import type { Push } from "@/lib/contracts/push.ts";

/** A push on its branch's page: what was pushed on the left, every job as a symbol on the right. */
export function BranchPush({ push }: { push: Push }) {
  return (
    <li
      data-row={push.id}
      className="grid gap-x-8 gap-y-3 px-4 py-3.5 focus-within:shadow-[inset_2px_0_0_var(--accent)] lg:grid-cols-[minmax(0,22rem)_minmax(0,1fr)]"
    >
      <div className="min-w-0">
        <Link href={`/pushes/${push.id}`} className="line-clamp-2 font-medium hover:text-accent">
          {push.message.split("\n", 1)[0] || "(no message)"}
        </Link>
        <p className="mt-0.5 flex flex-wrap items-center gap-x-2 text-ink-2 text-sm">
          <Revision revision={push.revision} />
          {push.forced && <span className="text-warnings">forced</span>}
          <Pusher push={push} />
          <Age at={push.pushedAt} />
        </p>
      </div>
      <PushJobs push={push} />
    </li>
  );
}

function PushJobs({ push }: { push: Push }) {
  const jobs = useQuery(pushQueries.jobs(push.id));
  if (push.configState === "broken") {
    return (
      <Link
        href={`/pushes/${push.id}`}
        className="inline-flex items-center gap-1.5 self-start text-failure text-sm hover:underline"
      >
        <FileWarning aria-hidden className="size-4" /> Broken configuration, nothing scheduled
      </Link>
    );
  }
  if (push.configState === "missing") return <p className="text-ink-3 text-sm">No .selfserve.yml at this revision</p>;
  if (jobs.isPending) return <Skeleton className="h-6 w-64 max-w-full" />;
  if (jobs.isError) {
    return (
      <p role="alert" className="text-failure text-sm">
        {jobs.error.message}{" "}
        <button type="button" className="link" onClick={() => void jobs.refetch()}>
          Try again
        </button>
      </p>
    );
  }
  if (jobs.data.length === 0) return <p className="text-ink-3 text-sm">No jobs</p>;
  return <JobMatrix jobs={jobs.data} />;
}
