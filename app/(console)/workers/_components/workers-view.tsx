"use client";

import { useQuery } from "@tanstack/react-query";
import { clsx } from "clsx";
import Link from "next/link";
import { plural } from "@/app/_components/time/format.ts";
import { Age } from "@/app/_components/time/times.tsx";
import { PageHeading } from "@/app/_components/ui/page-heading.tsx";
import { EmptyState, ErrorState, SkeletonRows } from "@/app/_components/ui/states.tsx";
import { poolQueries } from "@/app/_queries/pools.ts";
import type { Worker } from "@/lib/contracts/pool.ts";
import { WorkerControls, WorkerState } from "./worker-control.tsx";
import { WorkerRun } from "./worker-run.tsx";

/** Every worker: whether it is there, which pools it serves, and what it works on. */
export function WorkersView() {
  const workers = useQuery(poolQueries.workers());
  const online = workers.data?.filter((worker) => worker.online).length ?? 0;
  return (
    <>
      <PageHeading title="Workers">
        {workers.data && workers.data.length > 0 && (
          <p className="text-ink-2 text-sm">
            {online} of {plural(workers.data.length, "worker")} online
          </p>
        )}
      </PageHeading>
      <div className="card overflow-hidden">
        {workers.isPending && <SkeletonRows />}
        {workers.isError && !workers.data && <ErrorState error={workers.error} retry={() => void workers.refetch()} />}
        {workers.data?.length === 0 && (
          <EmptyState title="No worker has registered yet">
            Start one with its pool's registration token; it registers by itself and begins with the next job that
            waits.
          </EmptyState>
        )}
        <ul aria-label="Workers" className="divide-y divide-line">
          {workers.data?.toSorted(onlineFirst).map((worker) => (
            <WorkerRow key={worker.id} worker={worker} />
          ))}
        </ul>
      </div>
    </>
  );
}

function onlineFirst(a: Worker, b: Worker): number {
  return Number(b.online) - Number(a.online);
}

function WorkerRow({ worker }: { worker: Worker }) {
  return (
    <li className="grid gap-x-6 gap-y-1.5 px-4 py-3 text-sm md:grid-cols-[minmax(0,16rem)_minmax(0,12rem)_minmax(0,1fr)]">
      <div className="min-w-0">
        <p className="flex items-center gap-2 font-medium text-base">
          <span
            aria-hidden
            className={clsx("size-2 rounded-full", worker.online ? "bg-success" : "border border-field")}
          />
          <span className="truncate">{worker.name}</span>
          <span className={clsx("font-normal text-sm", worker.online ? "text-success" : "text-ink-3")}>
            {worker.online ? "online" : "offline"}
          </span>
        </p>
        <p className="text-ink-3">
          {[
            worker.platform,
            worker.version && `agent version ${worker.version}`,
            plural(worker.slots, "slot"),
            worker.speed !== 1 && `speed ${worker.speed}`,
          ]
            .filter(Boolean)
            .join(" · ")}
        </p>
        <WorkerState worker={worker} />
      </div>
      <ul aria-label={`Pools of ${worker.name}`} className="flex flex-wrap content-start items-start gap-1.5">
        {worker.pools.map((pool) => (
          <li key={pool}>
            <Link
              href={`/queues/${pool}`}
              className="rounded-sm bg-idle-soft px-1.5 py-0.5 hover:text-accent hover:underline"
            >
              {pool}
            </Link>
          </li>
        ))}
      </ul>
      <div className="min-w-0">
        {worker.runIds.length === 0 && (
          <p className="text-ink-3">
            {worker.online ? (
              "free"
            ) : worker.lastSeenAt === null ? (
              "never seen"
            ) : (
              <>
                last seen <Age at={worker.lastSeenAt} />
              </>
            )}
          </p>
        )}
        <ul className="grid gap-1">
          {worker.runIds.map((runId) => (
            <WorkerRun key={runId} runId={runId} />
          ))}
        </ul>
        <div className="mt-1.5">
          <WorkerControls worker={worker} />
        </div>
      </div>
    </li>
  );
}
