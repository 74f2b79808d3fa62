"use client";

import { Stethoscope } from "lucide-react";
import { useRouter } from "next/navigation";
import { useId, useState } from "react";
import { probeWorkerAction } from "@/app/_actions/workers.ts";
import { useControl } from "@/app/_components/controls/use-control.ts";
import { Button } from "@/app/_components/ui/button.tsx";
import { Dialog } from "@/app/_components/ui/dialog.tsx";
import { Notice } from "@/app/_components/ui/notice.tsx";
import type { Worker } from "@/lib/contracts/pool.ts";

/** Sends a copy of a job to this very worker, and leads to the copy's page. */
export function ProbeWorker({ worker }: { worker: Worker }) {
  const [open, setOpen] = useState(false);
  const { send, pending, refusal, reset } = useControl();
  const router = useRouter();
  const field = useId();
  const submit = async (form: FormData) => {
    const jobId = Number(form.get("job"));
    await send(async () => {
      const answer = await probeWorkerAction({ worker: worker.name, jobId });
      if (answer.ok) router.push(`/jobs/${answer.data.id}`);
      return answer;
    });
  };
  return (
    <Dialog
      open={open}
      onOpenChange={(next) => {
        reset();
        setOpen(next);
      }}
      title={`Probe ${worker.name}`}
      description="A copy of a job runs on this worker and no other, before everything else, to see whether the worker is well."
      trigger={<Button icon={<Stethoscope aria-hidden className="size-4" />}>Probe</Button>}
    >
      <form action={submit} className="grid gap-3">
        <label htmlFor={field} className="grid gap-1.5 font-medium text-sm">
          The number of a job of {worker.pools.length > 1 ? "one of its pools" : `the pool ${worker.pools[0] ?? ""}`}
          <input
            id={field}
            data-first
            name="job"
            required
            inputMode="numeric"
            pattern="[1-9][0-9]{0,15}"
            title="A job's number, as in the address of its page"
            className="h-9 rounded-md border border-field bg-surface px-2.5 font-normal"
          />
        </label>
        {refusal !== null && <Notice kind="refused">{refusal}</Notice>}
        <div className="flex justify-end gap-2">
          <Button onClick={() => setOpen(false)}>Leave it</Button>
          <Button type="submit" look="primary" pending={pending}>
            Probe the worker
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
