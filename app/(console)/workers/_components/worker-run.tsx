"use client";

import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { StatusSymbol } from "@/app/_components/jobs/symbol.tsx";
import { Elapsed } from "@/app/_components/time/times.tsx";
import { runQueries } from "@/app/_queries/runs.ts";

/** What a worker does in one of its slots now. */
export function WorkerRun({ runId }: { runId: number }) {
  const { data: run } = useQuery(runQueries.one(runId));
  const [job] = run?.jobs ?? [];
  return (
    <li className="flex flex-wrap items-center gap-x-2">
      <StatusSymbol status="running" size="sm" />
      {run === undefined || job === undefined ? (
        <span className="text-ink-3">run {runId}</span>
      ) : (
        <>
          <Link href={`/jobs/${job.id}?run=${run.id}`} className="min-w-0 truncate hover:text-accent hover:underline">
            {job.builder}
          </Link>
          <span className="text-ink-3">
            slot {run.slot} · <Elapsed from={run.startedAt} to={run.endedAt} />
          </span>
        </>
      )}
    </li>
  );
}
