"use client";

import { OutcomeNote } from "@/app/_components/commands/outcome-note.tsx";
import { SelectionBar } from "@/app/_components/commands/selection-bar.tsx";
import { useOutcomes } from "@/app/_components/commands/use-commands.ts";
import { type Selection, useSelection } from "@/app/_components/commands/use-selection.ts";
import { groupJobs, type PlatformGroup } from "@/app/_components/jobs/group.ts";
import { JobRow } from "@/app/_components/jobs/job-row.tsx";
import { useListKeys } from "@/app/_components/keys/use-list-keys.ts";
import { plural } from "@/app/_components/time/format.ts";
import type { Job } from "@/lib/contracts/job.ts";

/** A push's jobs by platform and kind, selectable, with what can be done to the selected ones. */
export function PushJobs({ jobs }: { jobs: readonly Job[] }) {
  const selection = useSelection();
  const list = useListKeys<HTMLDivElement>();
  const all = jobs.every((job) => selection.ids.has(job.id));
  return (
    <section aria-label="Jobs" className="card min-w-0">
      <div className="sticky top-13 z-30 flex flex-wrap items-center gap-x-4 gap-y-2 rounded-t-lg border-line border-b bg-surface px-4 py-2.5 max-sm:static">
        <label className="inline-flex items-center gap-2 font-semibold">
          <input
            type="checkbox"
            checked={all}
            onChange={() => selection.set(all ? [] : jobs.map((job) => job.id))}
            className="size-4 accent-accent"
            aria-label="Select all jobs"
          />
          {plural(jobs.length, "job")}
        </label>
        <div className="sm:ml-auto">
          <SelectionBar jobs={jobs} selection={selection} list={list} />
        </div>
      </div>
      <div ref={list}>
        {groupJobs(jobs).map((platform) => (
          <Platform key={platform.platform} group={platform} selection={selection} />
        ))}
      </div>
    </section>
  );
}

function Platform({ group, selection }: { group: PlatformGroup; selection: Selection }) {
  const outcomes = useOutcomes();
  const jobs = group.builders.flatMap((builder) => builder.jobs);
  const all = jobs.every((job) => selection.ids.has(job.id));
  const others = () => [...selection.ids].filter((id) => !jobs.some((job) => job.id === id));
  return (
    <section aria-label={group.platform} className="border-line border-b last:border-b-0">
      <h2 className="bg-sunken px-4 py-1.5 font-mono text-ink-2 text-xs">
        <label className="inline-flex items-center gap-2">
          <input
            type="checkbox"
            checked={all}
            onChange={() => selection.set(all ? others() : [...others(), ...jobs.map((job) => job.id)])}
            className="size-4 accent-accent"
            aria-label={`Select all jobs of ${group.platform}`}
          />
          {group.platform}
        </label>
      </h2>
      <ul className="divide-y divide-line">
        {jobs.map((job) => (
          <JobRow
            key={job.id}
            job={job}
            selected={selection.ids.has(job.id)}
            onSelect={() => selection.toggle(job.id)}
            note={<OutcomeNote outcome={outcomes.get(job.id)} />}
          />
        ))}
      </ul>
    </section>
  );
}
