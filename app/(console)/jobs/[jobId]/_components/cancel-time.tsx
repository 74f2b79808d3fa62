"use client";

import { Elapsed } from "@/app/_components/time/times.tsx";
import type { Run } from "@/lib/contracts/run.ts";

/** How long it took from the cancel to the process being gone; counts while it has not. */
export function CancelTime({ run }: { run: Run }) {
  if (run.cancelRequestedAt === null) return null;
  const gone = run.cancelledAt ?? run.endedAt;
  return (
    <p role="status" className="border-line border-b bg-sunken px-4 py-2.5 text-sm">
      {gone === null
        ? "Cancel asked for; the process has been stopping for "
        : "From the cancel to the process being gone: "}
      <strong className="font-semibold">
        <Elapsed from={run.cancelRequestedAt} to={gone} />
      </strong>
    </p>
  );
}
