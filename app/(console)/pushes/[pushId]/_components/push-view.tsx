"use client";

import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { Counts } from "@/app/_components/jobs/counts.tsx";
import { Pusher } from "@/app/_components/pushes/person.tsx";
import { Age } from "@/app/_components/time/times.tsx";
import { PageHeading } from "@/app/_components/ui/page-heading.tsx";
import { Revision } from "@/app/_components/ui/revision.tsx";
import { EmptyState, ErrorState, SkeletonRows } from "@/app/_components/ui/states.tsx";
import { pushQueries } from "@/app/_queries/pushes.ts";
import type { PushDetail } from "@/lib/contracts/push.ts";
import { Changes } from "./changes.tsx";
import { ConfigErrors } from "./config-errors.tsx";
import { PushJobs } from "./push-jobs.tsx";

/** A push: what was pushed, and every job of it. */
export function PushView({ pushId }: { pushId: number }) {
  const { data: push, error, refetch } = useQuery(pushQueries.one(pushId));
  if (push === undefined) {
    return (
      <div className="card">{error ? <ErrorState error={error} retry={() => void refetch()} /> : <SkeletonRows />}</div>
    );
  }
  return (
    <>
      <PageHeading above={<Above push={push} />} title={push.message.split("\n", 1)[0] || "(no message)"}>
        {push.jobs.length > 0 && (
          <div className="w-56 max-w-full">
            <Counts counts={push.counts} />
          </div>
        )}
      </PageHeading>
      <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,1fr)_22rem]">
        <div className="grid min-w-0 gap-4">
          {push.configErrors.length > 0 && <ConfigErrors push={push} />}
          <Jobs push={push} />
        </div>
        <Changes push={push} />
      </div>
    </>
  );
}

function Above({ push }: { push: PushDetail }) {
  return (
    <>
      <Link href={`/branches/${push.branch}`} className="link">
        {push.branch}
      </Link>
      <span aria-hidden>/</span>
      <span>push {push.id}</span>
      <span aria-hidden>·</span>
      <Revision revision={push.revision} />
      <span aria-hidden>·</span>
      <Pusher push={push} />
      <span aria-hidden>·</span>
      <Age at={push.pushedAt} />
      {push.forced && <span className="text-warnings">forced: the old head is not in its history</span>}
    </>
  );
}

function Jobs({ push }: { push: PushDetail }) {
  if (push.jobs.length > 0) return <PushJobs jobs={push.jobs} />;
  if (push.configState === "broken" && push.configErrors.length > 0) return null;
  return (
    <div className="card">
      <EmptyState title={push.configState === "pending" ? "Reading its configuration…" : "No jobs"}>
        {push.configState === "missing" && (
          <>
            There is no <code className="font-mono">.selfserve.yml</code> at this revision. Add one that names builders
            with their steps; the next push then builds them.
          </>
        )}
        {push.configState === "scheduled" && (
          <>
            The <code className="font-mono">.selfserve.yml</code> at this revision names no builder for this branch.
          </>
        )}
      </EmptyState>
    </div>
  );
}
