"use client";

import { useQuery } from "@tanstack/react-query";
import { Undo2, X } from "lucide-react";
import Link from "next/link";
import { useState } from "react";
import { commandQueries } from "@/app/_queries/commands.ts";
import type { Command } from "@/lib/contracts/command.ts";
import { useNow } from "../time/use-now.ts";
import { Button } from "../ui/button.tsx";
import { Notice } from "../ui/notice.tsx";
import { commandSummary } from "./command-summary.ts";
import { useSent } from "./use-commands.ts";
import { useUndo } from "./use-undo.ts";

/** So long the way back is offered right here; afterwards it stands on the command's own page, as far as it is still possible. */
const OFFERED_MS = 30_000;

/** The newest command of this tab: what became of it, how far a large one is, and its way back. */
export function CommandTray() {
  const newest = useSent().findLast((sent) => sent.performed?.command);
  const command = newest?.performed?.command;
  return (
    <div aria-live="polite" className="pointer-events-none fixed inset-x-0 bottom-4 z-40 flex justify-center px-4">
      {newest && command && <Told key={command.id} command={command} answeredAt={newest.sentAt} />}
    </div>
  );
}

function Told({ command: first, answeredAt }: { command: Command; answeredAt: number }) {
  const [dismissed, setDismissed] = useState(false);
  const now = useNow("fast");
  const large = first.completedAt === null;
  const { data: command = first } = useQuery({ ...commandQueries.progress(first.id), enabled: large });
  const undo = useUndo(first.id);
  const leftMs = OFFERED_MS - (now - answeredAt);
  const over = leftMs <= 0 && command.completedAt !== null && !undo.isPending && undo.data === undefined;
  if (dismissed || over) return null;
  const possible = first.undo.possible && undo.data === undefined && leftMs > 0;
  return (
    <section
      aria-label="What you have just asked for"
      className="pointer-events-auto grid w-[min(36rem,100%)] gap-2 rounded-lg border border-line bg-surface px-4 py-3 text-sm shadow-pop"
    >
      <div className="flex items-center gap-3">
        <p className="grow font-medium">{commandSummary(undo.data?.command ?? command)}</p>
        {possible && (
          <Button
            pending={undo.isPending}
            onClick={() => undo.mutate()}
            icon={<Undo2 aria-hidden className="size-4" />}
          >
            Undo <span className="font-normal text-ink-3 tabular-nums">{Math.ceil(leftMs / 1_000)} s</span>
          </Button>
        )}
        <Link href={`/commands/${first.id}`} className="link whitespace-nowrap">
          Each job
        </Link>
        <Button look="ghost" aria-label="Dismiss" onClick={() => setDismissed(true)} className="px-1.5">
          <X aria-hidden className="size-4" />
        </Button>
      </div>
      {command.counts.pending > 0 && <Progress command={command} />}
      {undo.data?.refusal && <Notice kind="refused">{undo.data.refusal}</Notice>}
      <Moved command={undo.data?.command} />
    </section>
  );
}

function Progress({ command: { counts } }: { command: Command }) {
  return (
    <progress
      aria-label="Jobs that have had their turn"
      value={counts.total - counts.pending}
      max={counts.total}
      className="h-1.5 w-full accent-accent"
    />
  );
}

/** Those that could not be put back, with the reason. */
function Moved({ command }: { command: Command | undefined }) {
  const refused = command?.items.filter((item) => item.outcome === "refused") ?? [];
  if (refused.length === 0) return null;
  return (
    <ul aria-label="Not put back" className="grid max-h-32 gap-0.5 overflow-y-auto text-ink-2">
      {refused.slice(0, 10).map((item) => (
        <li key={item.jobId}>{item.message}</li>
      ))}
      {refused.length > 10 && <li>… and {(refused.length - 10).toLocaleString("en")} more.</li>}
    </ul>
  );
}
