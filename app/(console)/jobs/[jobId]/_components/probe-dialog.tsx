"use client";

import { useQuery } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { probeWorkerAction } from "@/app/_actions/workers.ts";
import { useControl } from "@/app/_components/controls/use-control.ts";
import { Button } from "@/app/_components/ui/button.tsx";
import { Dialog } from "@/app/_components/ui/dialog.tsx";
import { Notice } from "@/app/_components/ui/notice.tsx";
import { Skeleton } from "@/app/_components/ui/states.tsx";
import { poolQueries } from "@/app/_queries/pools.ts";
import type { JobDetail } from "@/lib/contracts/job.ts";
import { type ProbeChoice, probeChoices } from "./probe-choices.ts";

interface ProbeDialogProps {
  job: JobDetail;
  open: boolean;
  onClose: () => void;
}

/** Asks on which worker a copy of the job shall run, and leads to the copy. */
export function ProbeDialog({ job, open, onClose }: ProbeDialogProps) {
  const router = useRouter();
  const workers = useQuery({ ...poolQueries.workers(), enabled: open });
  const { send, pending, refusal, reset } = useControl();
  const choices = workers.data && probeChoices(workers.data, job.pool);
  const probe = async (form: FormData) => {
    const worker = String(form.get("worker") ?? "");
    const done = await send(async () => {
      const answer = await probeWorkerAction({ worker, jobId: job.id });
      if (answer.ok) router.push(`/jobs/${answer.data.id}`);
      return answer;
    });
    if (done) onClose();
  };
  return (
    <Dialog
      open={open}
      onOpenChange={(next) => {
        if (next) return;
        reset();
        onClose();
      }}
      title="Run a copy on one worker"
      description="A probe: only that worker may run the copy, before anything else and also while it is in quarantine. The job itself stays as it is."
    >
      <form action={probe} className="grid gap-3">
        {choices === undefined && !workers.isError && <Skeleton className="h-20" />}
        {choices === undefined && workers.isError && <Notice kind="refused">{workers.error.message}</Notice>}
        {choices && <Choices pool={job.pool} choices={choices} />}
        {refusal !== null && <Notice kind="refused">{refusal}</Notice>}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Leave it</Button>
          <Button
            type="submit"
            look="primary"
            pending={pending}
            refusal={choices?.some((choice) => choice.refusal === null) ? undefined : "No worker can take it."}
          >
            Run the copy
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function Choices({ pool, choices }: { pool: string; choices: readonly ProbeChoice[] }) {
  if (choices.length === 0) return <p className="text-ink-2 text-sm">No worker serves {pool}.</p>;
  return (
    <fieldset className="max-h-64 overflow-y-auto rounded-md border border-line">
      <legend className="sr-only">Worker</legend>
      {choices.map(({ name, standing, refusal }, index) => (
        <label
          key={name}
          className="flex items-baseline gap-2.5 border-line border-b px-3 py-2 text-sm last:border-b-0 has-enabled:hover:bg-hover has-disabled:text-ink-3"
        >
          <input
            type="radio"
            name="worker"
            value={name}
            required
            disabled={refusal !== null}
            defaultChecked={index === 0 && refusal === null}
            data-first={index === 0 ? "" : undefined}
            className="translate-y-0.5 accent-accent"
          />
          <span className="min-w-0 break-words">
            <span className="font-medium">{name}</span> <span className="text-ink-2">{standing}</span>
            {refusal !== null && <span className="block">{refusal}</span>}
          </span>
        </label>
      ))}
    </fieldset>
  );
}
