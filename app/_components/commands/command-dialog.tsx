"use client";

import { useState } from "react";
import { useAsker } from "../asker.tsx";
import { plural } from "../time/format.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { CommandFields } from "./command-fields.tsx";
import type { JobRequest } from "./outcome.ts";
import { Preview } from "./preview.tsx";
import { useSendRequest } from "./use-commands.ts";

const TITLES: Record<JobRequest["kind"], string> = {
  cancel: "Cancel",
  retrigger: "Retrigger",
  reprioritize: "Set the priority of",
};

interface CommandDialogProps {
  /** What is asked for as it stands now; null: closed. */
  request: JobRequest | null;
  /** How many jobs it is for. */
  jobs: number;
  onClose: () => void;
}

/** Asks how exactly, shows what that will do to its jobs and to others, and does it. */
export function CommandDialog({ request, ...rest }: CommandDialogProps) {
  if (request === null) return null;
  return <Open key={request.kind} first={request} {...rest} />;
}

function Open({ first, jobs, onClose }: Omit<CommandDialogProps, "request"> & { first: JobRequest }) {
  const [request, setRequest] = useState(first);
  const { mayBoost } = useAsker();
  const send = useSendRequest();
  const confirm = () => {
    void send(request);
    onClose();
  };
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={`${TITLES[request.kind]} ${plural(jobs, "job")}`}>
      <form
        className="grid gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          confirm();
        }}
      >
        <CommandFields request={request} mayBoost={mayBoost} onChange={setRequest} />
        <Preview request={request} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Leave it</Button>
          <Button type="submit" look="primary">
            {TITLES[request.kind]} {plural(jobs, "job")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
