"use client";

import { CircleOff, CirclePlay, ShieldAlert, Unplug } from "lucide-react";
import { useId } from "react";
import {
  disableWorkerAction,
  drainWorkerAction,
  quarantineWorkerAction,
  releaseWorkerAction,
} from "@/app/_actions/workers.ts";
import { ReasonDialog } from "@/app/_components/controls/reason-dialog.tsx";
import { UndoControl } from "@/app/_components/controls/undo-control.tsx";
import { Until } from "@/app/_components/time/times.tsx";
import type { Allowed } from "@/lib/contracts/job.ts";
import type { Worker } from "@/lib/contracts/pool.ts";
import { ProbeWorker } from "./probe-worker.tsx";

const ICON = "size-4";

/** The buttons that take a worker out and bring it back, for those who may. */
export function WorkerControls({ worker }: { worker: Worker }) {
  const { quarantine, drain, disable, release, probe } = worker.actions;
  if (worker.control !== "enabled") {
    return (
      <div className="flex flex-wrap gap-2">
        {release.allowed && (
          <UndoControl
            label="Release"
            icon={<CirclePlay aria-hidden className={ICON} />}
            refusal={undefined}
            perform={() => releaseWorkerAction({ worker: worker.name })}
          />
        )}
        {probe.allowed && <ProbeWorker worker={worker} />}
      </div>
    );
  }
  return (
    <div className="flex flex-wrap gap-2">
      {quarantine.allowed && <Quarantine worker={worker} />}
      {drain.allowed && (
        <ReasonDialog
          label="Drain"
          icon={<Unplug aria-hidden className={ICON} />}
          refusal={refusalOf(drain)}
          title={`Drain ${worker.name}`}
          description="It ends what it runs now and gets nothing new."
          question="Why is it drained?"
          confirm="Drain the worker"
          perform={(reason) => drainWorkerAction({ worker: worker.name, reason })}
        />
      )}
      {disable.allowed && (
        <ReasonDialog
          label="Disable"
          icon={<CircleOff aria-hidden className={ICON} />}
          refusal={refusalOf(disable)}
          title={`Disable ${worker.name}`}
          description="It is shut out: it may not even register, and what it runs now is given to others at once."
          question="Why is it disabled?"
          confirm="Disable the worker"
          perform={(reason) => disableWorkerAction({ worker: worker.name, reason })}
        />
      )}
    </div>
  );
}

/** What takes the worker out of service now, in one line. */
export function WorkerState({ worker }: { worker: Worker }) {
  if (worker.control === "enabled") return null;
  const what = { quarantined: "In quarantine", draining: "Draining", disabled: "Disabled" }[worker.control];
  return (
    <p className="flex items-start gap-1.5 text-sm text-warnings">
      <ShieldAlert aria-hidden className="mt-0.5 size-4 shrink-0" />
      <span>
        {what}
        {worker.controlledBy && ` by ${worker.controlledBy.login}`}
        {worker.controlReason && `: ${worker.controlReason}`}
        {worker.quarantinedUntil !== null && (
          <>
            {" "}
            (ends <Until at={worker.quarantinedUntil} />)
          </>
        )}
      </span>
    </p>
  );
}

const ENDS = [
  ["", "when somebody releases it"],
  ["60", "in 1 hour"],
  ["240", "in 4 hours"],
  ["1440", "in 1 day"],
  ["10080", "in 7 days"],
] as const;

function Quarantine({ worker }: { worker: Worker }) {
  const field = useId();
  return (
    <ReasonDialog
      label="Quarantine"
      icon={<ShieldAlert aria-hidden className={ICON} />}
      refusal={refusalOf(worker.actions.quarantine)}
      title={`Put ${worker.name} in quarantine`}
      description="It ends what it runs now and then gets nothing but probes: jobs that somebody sends to this very worker."
      question="Why is it in quarantine?"
      confirm="Quarantine the worker"
      more={
        <label htmlFor={field} className="grid gap-1.5 font-medium text-sm">
          It ends
          <select
            id={field}
            name="minutes"
            className="h-9 rounded-md border border-field bg-surface px-2.5 font-normal"
          >
            {ENDS.map(([minutes, label]) => (
              <option key={minutes} value={minutes}>
                {label}
              </option>
            ))}
          </select>
        </label>
      }
      perform={(reason, form) => {
        const minutes = Number(form.get("minutes"));
        return quarantineWorkerAction({ worker: worker.name, reason, ...(minutes > 0 && { minutes }) });
      }}
    />
  );
}

function refusalOf(allowed: Allowed): string | undefined {
  return allowed.allowed ? undefined : allowed.reason;
}
