"use client";

import Link from "next/link";
import { Fragment } from "react";
import { statusOf } from "@/app/_components/jobs/status.ts";
import { StatusSymbol } from "@/app/_components/jobs/symbol.tsx";
import { Age } from "@/app/_components/time/times.tsx";
import type { JobDetail } from "@/lib/contracts/job.ts";

/** Where the job stands, in one or two sentences. */
export function Standing({ job }: { job: JobDetail }) {
  return (
    <div aria-live="polite">
      <Sentence job={job} />
    </div>
  );
}

function Sentence({ job }: { job: JobDetail }) {
  if (job.state === "queued") return <Queued job={job} />;
  if (job.state === "blocked") return <Blocked job={job} />;
  if (job.state === "running" && job.startedAt !== null) {
    return (
      <p>
        Started <Age at={job.startedAt} />
        {job.runId !== null && <> as run {job.runId}</>} in pool <PoolLink pool={job.pool} />.
      </p>
    );
  }
  if (job.state === "running") return <p>A worker is starting it.</p>;
  return (
    <p>
      {job.endedAt === null ? (
        "It is done."
      ) : (
        <>
          Ended <Age at={job.endedAt} />.
        </>
      )}{" "}
      {job.reason}
    </p>
  );
}

function Queued({ job }: { job: JobDetail }) {
  return (
    <p>
      Waiting in pool <PoolLink pool={job.pool} />, submitted <Age at={job.submittedAt} />. {job.reason}
    </p>
  );
}

function Blocked({ job }: { job: JobDetail }) {
  const waitsFor = job.needs.filter((need) => need.state !== "done");
  return (
    <p>
      Waits for{" "}
      {waitsFor.map((need, index) => (
        <Fragment key={need.id}>
          {index > 0 && ", "}
          <Link href={`/jobs/${need.id}`} className="link inline-flex items-center gap-1.5 align-bottom">
            <StatusSymbol status={statusOf(need)} size="sm" />
            {need.builder}
          </Link>
        </Fragment>
      ))}
      {waitsFor.length === 0 && "the jobs it needs"}. It enters the queue at its old place as soon as{" "}
      {waitsFor.length === 1 ? "that has" : "they have"} succeeded.
    </p>
  );
}

function PoolLink({ pool }: { pool: string }) {
  return (
    <Link href={`/queues/${pool}`} className="link">
      {pool}
    </Link>
  );
}
