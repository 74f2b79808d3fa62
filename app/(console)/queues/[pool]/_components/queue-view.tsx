"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import Link from "next/link";
import { plural } from "@/app/_components/time/format.ts";
import { LoadMore } from "@/app/_components/ui/load-more.tsx";
import { PageHeading } from "@/app/_components/ui/page-heading.tsx";
import { Panel } from "@/app/_components/ui/panel.tsx";
import { EmptyState, ErrorState, SkeletonRows } from "@/app/_components/ui/states.tsx";
import { poolQueries } from "@/app/_queries/pools.ts";
import type { Pool } from "@/lib/contracts/pool.ts";
import { orderRule } from "./order-rule.ts";
import { PoolControl } from "./pool-control.tsx";
import { poolRules } from "./pool-rules.ts";
import { RunningJobs } from "./running-jobs.tsx";
import { WaitingJobs } from "./waiting-jobs.tsx";

/** A pool: what runs in it now, and what waits, in the order in which it will be served. */
export function QueueView({ name }: { name: string }) {
  const queue = useInfiniteQuery(poolQueries.queue(name));
  const [first] = queue.data?.pages ?? [];
  if (first === undefined) {
    return (
      <div className="card">
        {queue.isError ? <ErrorState error={queue.error} retry={() => void queue.refetch()} /> : <SkeletonRows />}
      </div>
    );
  }
  const { pool } = first;
  const waiting = queue.data?.pages.flatMap((page) => page.jobs) ?? [];
  return (
    <>
      <PoolHeading pool={pool} />
      <div className="grid gap-4">
        <Panel
          title="Running now"
          aside={<span className="text-ink-3 text-sm tabular-nums">{first.running.length}</span>}
        >
          {first.running.length === 0 ? (
            <p className="px-4 py-3 text-ink-2 text-sm">
              {pool.workersOnline === 0 ? "No worker of this pool is online." : "Nothing runs; its workers are free."}
            </p>
          ) : (
            <RunningJobs jobs={first.running} />
          )}
        </Panel>
        {waiting.length === 0 ? (
          <div className="card">
            <EmptyState title="Nothing waits">
              A job that is submitted now starts at once if a worker is free.
            </EmptyState>
          </div>
        ) : (
          <WaitingJobs pool={name} jobs={waiting} total={pool.queued}>
            <LoadMore query={queue} />
          </WaitingJobs>
        )}
      </div>
    </>
  );
}

function PoolHeading({ pool }: { pool: Pool }) {
  return (
    <>
      <PageHeading
        above={
          <>
            <Link href="/queues" className="link">
              Queues
            </Link>
            <span aria-hidden>/</span> trust level {pool.trustLevel} · {pool.workersOnline} of{" "}
            {plural(pool.workers, "worker")} online
          </>
        }
        title={pool.name}
      >
        <PoolControl pool={pool} />
      </PageHeading>
      <ul aria-label="Rules of this pool" className="-mt-2 mb-4 grid max-w-[80ch] gap-1 text-ink-2 text-sm">
        {[orderRule(pool), ...poolRules(pool)].map((rule) => (
          <li key={rule}>{rule}</li>
        ))}
      </ul>
    </>
  );
}
