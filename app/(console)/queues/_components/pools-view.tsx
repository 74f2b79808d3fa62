"use client";

import { useQuery } from "@tanstack/react-query";
import { CirclePause } from "lucide-react";
import Link from "next/link";
import { useListKeys } from "@/app/_components/keys/use-list-keys.ts";
import { Age } from "@/app/_components/time/times.tsx";
import { PageHeading } from "@/app/_components/ui/page-heading.tsx";
import { EmptyState, ErrorState, SkeletonRows } from "@/app/_components/ui/states.tsx";
import { poolQueries } from "@/app/_queries/pools.ts";
import type { Pool } from "@/lib/contracts/pool.ts";

/** Every pool with what waits and what works in it. */
export function PoolsView() {
  const pools = useQuery(poolQueries.list());
  const list = useListKeys<HTMLUListElement>();
  return (
    <>
      <PageHeading title="Queues" />
      <div className="card overflow-hidden">
        {pools.isPending && <SkeletonRows />}
        {pools.isError && !pools.data && <ErrorState error={pools.error} retry={() => void pools.refetch()} />}
        {pools.data?.length === 0 && (
          <EmptyState title="No pool yet">
            Name a pool in <code className="font-mono">selfserve.yml</code>, and start a worker that serves it.
          </EmptyState>
        )}
        <ul ref={list} aria-label="Pools" className="divide-y divide-line">
          {pools.data?.map((pool) => (
            <PoolRow key={pool.id} pool={pool} />
          ))}
        </ul>
      </div>
    </>
  );
}

function PoolRow({ pool }: { pool: Pool }) {
  return (
    <li
      data-row={pool.name}
      className="row grid grid-cols-4 items-center gap-x-4 gap-y-2 px-4 py-3 sm:grid-cols-[minmax(0,1fr)_repeat(4,minmax(5.5rem,auto))]"
    >
      <div className="col-span-full min-w-0 sm:col-span-1">
        <Link href={`/queues/${pool.name}`} className="font-medium after:absolute after:inset-0 hover:text-accent">
          {pool.name}
        </Link>
        <p className="text-ink-3 text-sm">trust level {pool.trustLevel}</p>
        {pool.pausedNote !== null && (
          <p className="inline-flex items-center gap-1.5 text-sm text-warnings">
            <CirclePause aria-hidden className="size-4" /> Paused: {pool.pausedNote}
          </p>
        )}
      </div>
      <Figure name="queued">{pool.queued.toLocaleString("en")}</Figure>
      <Figure name="running">{pool.running.toLocaleString("en")}</Figure>
      <Figure name="online" warn={pool.workersOnline === 0 && pool.queued > 0}>
        {pool.workersOnline} of {pool.workers}
      </Figure>
      <Figure name="oldest">{pool.oldestQueuedAt === null ? "–" : <Age at={pool.oldestQueuedAt} />}</Figure>
    </li>
  );
}

function Figure({ name, warn = false, children }: { name: string; warn?: boolean; children: React.ReactNode }) {
  return (
    <p className="text-sm sm:text-right">
      <span className={warn ? "font-semibold text-failure" : "font-medium tabular-nums"}>{children}</span>
      <span className="block text-ink-3 text-xs">{name}</span>
    </p>
  );
}
