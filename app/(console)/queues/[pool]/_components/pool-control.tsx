"use client";

import { CirclePause, CirclePlay } from "lucide-react";
import { pausePoolAction, resumePoolAction } from "@/app/_actions/pools.ts";
import { ReasonDialog } from "@/app/_components/controls/reason-dialog.tsx";
import { UndoControl } from "@/app/_components/controls/undo-control.tsx";
import { plural } from "@/app/_components/time/format.ts";
import { Age } from "@/app/_components/time/times.tsx";
import type { Pool } from "@/lib/contracts/pool.ts";

/** Whether the pool gives out work, since when and by whom it does not, and the button that changes it. */
export function PoolControl({ pool }: { pool: Pool }) {
  const refusal = pool.mayControl.allowed ? undefined : pool.mayControl.reason;
  if (pool.pausedNote === null) {
    return (
      <ReasonDialog
        label="Pause"
        icon={<CirclePause aria-hidden className="size-4" />}
        refusal={refusal}
        title={`Pause ${pool.name}`}
        description={`It gives out no more work: ${plural(pool.queued, "job")} will wait where they are. What runs goes on.`}
        question="Why is it paused?"
        confirm="Pause the pool"
        perform={(note) => pausePoolAction({ pool: pool.name, note })}
      />
    );
  }
  return (
    <div className="flex flex-wrap items-center gap-2">
      <p className="inline-flex max-w-[80ch] items-start gap-1.5 rounded-md bg-warnings-soft px-2.5 py-1.5 text-sm text-warnings">
        <CirclePause aria-hidden className="mt-0.5 size-4 shrink-0" />
        <span className="min-w-0 break-words">
          Paused
          {pool.pausedBy && ` by ${pool.pausedBy.login}`} {pool.pausedAt && <Age at={pool.pausedAt} />}:{" "}
          {pool.pausedNote}
        </span>
      </p>
      <UndoControl
        label="Resume"
        icon={<CirclePlay aria-hidden className="size-4" />}
        refusal={refusal}
        perform={() => resumePoolAction({ pool: pool.name })}
      />
    </div>
  );
}
