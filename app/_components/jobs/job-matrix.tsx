"use client";

import { clsx } from "clsx";
import Link from "next/link";
import { memo } from "react";
import type { Job } from "@/lib/contracts/job.ts";
import { formatDuration } from "../time/format.ts";
import { type BuilderGroup, groupJobs, shortName } from "./group.ts";
import { STATUS, statusOf } from "./status.ts";
import { StatusSymbol } from "./symbol.tsx";

/** Above this many builders names give way to symbols alone. */
const NAMED_BUILDERS = 40;

/** A push's jobs by platform: one symbol per job, named by its builder while there is room. */
export const JobMatrix = memo(function JobMatrix({ jobs }: { jobs: readonly Job[] }) {
  const platforms = groupJobs(jobs);
  const named = platforms.reduce((sum, { builders }) => sum + builders.length, 0) <= NAMED_BUILDERS;
  return (
    <dl className="grid min-w-0 grid-cols-[auto_minmax(0,1fr)] items-start gap-x-3 gap-y-1.5 max-sm:grid-cols-1">
      {platforms.map(({ platform, builders }) => (
        <div key={platform} className="contents">
          <dt className="max-w-40 truncate font-mono text-ink-2 text-xs sm:text-right sm:leading-6.5" title={platform}>
            {platform}
          </dt>
          <dd className={clsx("flex min-w-0 flex-wrap", named ? "gap-1.5" : "gap-1")}>
            {builders.map((group) => (
              <Builder key={group.builder} group={group} named={named} />
            ))}
          </dd>
        </div>
      ))}
    </dl>
  );
});

function Builder({ group, named }: { group: BuilderGroup; named: boolean }) {
  const newest = group.jobs.at(-1);
  if (newest === undefined) return null;
  if (named && group.jobs.length === 1) {
    return (
      <SymbolLink
        job={newest}
        className="gap-1.5 rounded-md border border-line py-0.5 pr-2 pl-0.5 hover:border-line-strong hover:bg-hover"
      >
        <span className="max-w-44 truncate text-xs">{group.shortName}</span>
      </SymbolLink>
    );
  }
  return (
    <span
      className={clsx(
        "inline-flex max-w-full flex-wrap items-center gap-0.5",
        named && "rounded-md border border-line p-0.5",
      )}
    >
      {group.jobs.map((job) => (
        <SymbolLink key={job.id} job={job} className="rounded-sm hover:ring-2 hover:ring-accent" />
      ))}
      {named && <span className="max-w-44 truncate px-1 text-xs">{group.shortName}</span>}
    </span>
  );
}

function SymbolLink({ job, className, children }: { job: Job; className: string; children?: React.ReactNode }) {
  const text = sentence(job);
  return (
    <Link
      href={`/jobs/${job.id}`}
      prefetch={false}
      title={text}
      aria-label={text}
      data-job={job.id}
      className={clsx("inline-flex max-w-full items-center", className)}
    >
      <StatusSymbol status={statusOf(job)} />
      {children}
    </Link>
  );
}

/** `linux64 opt build: failure after 3 min 05 s`. */
function sentence(job: Job): string {
  const status = STATUS[statusOf(job)].label.toLowerCase();
  const took =
    job.startedAt !== null && job.endedAt !== null
      ? ` after ${formatDuration(Date.parse(job.endedAt) - Date.parse(job.startedAt))}`
      : "";
  const name = shortName(job.builder, job.platform) === job.builder ? `${job.builder} on ${job.platform}` : job.builder;
  return `${name}: ${status}${took}${job.retriggerOf === null ? "" : " (retrigger)"}`;
}
