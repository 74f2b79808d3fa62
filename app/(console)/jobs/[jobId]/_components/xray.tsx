"use client";

import { useQuery } from "@tanstack/react-query";
import { CircleMinus } from "lucide-react";
import Link from "next/link";
import { Panel } from "@/app/_components/ui/panel.tsx";
import { ErrorState, Skeleton } from "@/app/_components/ui/states.tsx";
import { jobQueries } from "@/app/_queries/jobs.ts";
import type { Blocker, JobExplanation } from "@/lib/contracts/explanation.ts";
import { Ahead } from "./ahead.tsx";
import { Estimate } from "./estimate.tsx";

/** Why a job has not started: its exact place, what is before it and why, what holds it back, and when it will start. */
export function Xray({ jobId }: { jobId: number }) {
  const { data, error, refetch } = useQuery(jobQueries.explanation(jobId));
  if (data === undefined) {
    return (
      <div className="card">
        {error ? <ErrorState error={error} retry={() => void refetch()} /> : <Skeleton className="h-32" />}
      </div>
    );
  }
  return (
    <Panel title="Why it waits" aside={<Place explanation={data} />}>
      <div className="grid gap-3.5 px-4 py-3.5 text-sm">
        <Blockers explanation={data} />
        {data.ahead !== null && <Ahead ahead={data.ahead} />}
        <Estimate explanation={data} />
        <p className="text-ink-3">{data.order}</p>
      </div>
    </Panel>
  );
}

function Place({ explanation: { position, pool } }: { explanation: JobExplanation }) {
  if (position === null) return <span className="text-ink-3 text-sm">in no queue</span>;
  return (
    <span className="text-ink-2 text-sm">
      number <strong className="font-semibold text-ink text-lg tabular-nums">{position.toLocaleString("en")}</strong> of{" "}
      <Link href={`/queues/${pool}`} className="link">
        {pool}
      </Link>
    </span>
  );
}

function Blockers({ explanation: { blockers, ahead } }: { explanation: JobExplanation }) {
  if (blockers.length === 0) {
    if (ahead === null) return null;
    return (
      <p>
        {ahead.total === 0
          ? "It is next: it starts as soon as a worker is free for it."
          : "It waits for its turn; nothing else holds it back."}
      </p>
    );
  }
  return (
    <ul aria-label="What holds it back" className="grid gap-1.5">
      {blockers.map((blocker) => (
        <li key={`${blocker.code} ${blocker.jobId}`} className="flex items-start gap-2">
          <CircleMinus aria-hidden className="mt-0.5 size-4 shrink-0 text-warnings" />
          <span>
            <Sentence blocker={blocker} />{" "}
            <code className="whitespace-nowrap rounded-sm bg-idle-soft px-1 py-0.5 font-mono text-ink-2 text-xs">
              {blocker.code}
            </code>
          </span>
        </li>
      ))}
    </ul>
  );
}

/** A blocker's sentence, in which the job that is waited for is a link. */
function Sentence({ blocker: { sentence, jobId } }: { blocker: Blocker }) {
  const [before = "", after] = jobId === null ? [sentence] : sentence.split(`job ${jobId}`, 2);
  if (after === undefined) return before;
  return (
    <>
      {before}
      <Link href={`/jobs/${jobId}`} className="link">
        job {jobId}
      </Link>
      {after}
    </>
  );
}
