"use client";

import type { ReactNode } from "react";
import { SelectionBar } from "@/app/_components/commands/selection-bar.tsx";
import { useOutcomes } from "@/app/_components/commands/use-commands.ts";
import { useSelection } from "@/app/_components/commands/use-selection.ts";
import { useListKeys } from "@/app/_components/keys/use-list-keys.ts";
import { plural } from "@/app/_components/time/format.ts";
import type { Queue } from "@/lib/contracts/pool.ts";
import { WaitingJob } from "./waiting-job.tsx";

interface WaitingJobsProps {
  pool: string;
  /** In the order in which they are served. */
  jobs: Queue["jobs"];
  /** How many wait in all, loaded or not. */
  total: number;
  children: ReactNode;
}

/** What waits in a pool, in its real order, with what can be done to the selected jobs. */
export function WaitingJobs({ pool, jobs, total, children }: WaitingJobsProps) {
  const selection = useSelection();
  const outcomes = useOutcomes();
  const list = useListKeys<HTMLTableSectionElement>();
  return (
    <section aria-label="Waiting jobs" className="card">
      <div className="sticky top-13 z-30 flex flex-wrap items-center gap-x-4 gap-y-2 rounded-t-lg border-line border-b bg-surface px-4 py-2.5 max-sm:static">
        <h2>{plural(Math.max(total, jobs.length), "job")} waiting</h2>
        <div className="sm:ml-auto">
          <SelectionBar
            jobs={jobs}
            selection={selection}
            list={list}
            whole={{ filter: { pool, state: "queued" }, total }}
          />
        </div>
      </div>
      <table className="w-full text-left text-sm">
        <thead className="text-ink-3 text-xs">
          <tr className="border-line border-b">
            <th scope="col" className="py-1.5 pl-4 font-medium">
              <input
                type="checkbox"
                checked={jobs.every((job) => selection.ids.has(job.id))}
                onChange={(event) => selection.set(event.target.checked ? jobs.map((job) => job.id) : [])}
                aria-label="Select all jobs"
                className="size-4 accent-accent"
              />
            </th>
            <th scope="col" className="px-2 py-1.5 text-right font-medium">
              Position
            </th>
            <th scope="col" className="px-2 py-1.5 font-medium">
              Job
            </th>
            <th scope="col" className="px-2 py-1.5 text-right font-medium">
              Rank
            </th>
            <th scope="col" className="px-2 py-1.5 font-medium max-md:hidden">
              Owner
            </th>
            <th scope="col" className="px-2 py-1.5 pr-4 text-right font-medium">
              Submitted
            </th>
          </tr>
        </thead>
        <tbody ref={list} className="divide-y divide-line">
          {jobs.map((job) => (
            <WaitingJob
              key={job.id}
              job={job}
              selected={selection.ids.has(job.id)}
              onSelect={selection.toggle}
              outcome={outcomes.get(job.id)}
            />
          ))}
        </tbody>
      </table>
      {children}
    </section>
  );
}
