"use client";

import { Undo2, X } from "lucide-react";
import Link from "next/link";
import { useState } from "react";
import type { Command } from "@/lib/contracts/command.ts";
import { useKeys } from "../keys/use-keys.ts";
import { useNow } from "../time/use-now.ts";
import { Button } from "../ui/button.tsx";
import { Notice } from "../ui/notice.tsx";
import { commandSummary } from "./command-summary.ts";
import { Progress } from "./progress.tsx";
import { Refused } from "./refused.tsx";
import { useSent } from "./use-commands.ts";
import { useProgress } from "./use-progress.ts";
import { useUndo } from "./use-undo.ts";

/** So long the way back is offered right here; afterwards it stands on the command's own page, as far as it is still possible. */
const OFFERED_MS = 30_000;

/** The newest command of this tab: what became of it, how far a large one is, and its way back. */
export function CommandTray() {
  const newest = useSent().findLast((sent) => sent.performed?.command);
  const command = newest?.performed?.command;
  return (
    <div aria-live="polite" className="pointer-events-none sticky bottom-0 z-40 flex justify-center">
      {newest && command && <Told key={command.id} command={command} sentAt={newest.sentAt} />}
    </div>
  );
}

function Told({ command: first, sentAt }: { command: Command; sentAt: number }) {
  const [dismissed, setDismissed] = useState(false);
  const now = useNow("fast");
  const { command = first, at } = useProgress(first);
  const undo = useUndo(first.id);
  const { command: undone } = useProgress(undo.data?.command);
  const shown = undone ?? command;
  const going = shown.completedAt === null;
  const leftMs = OFFERED_MS - (now - Math.max(sentAt, at, undo.submittedAt));
  const possible = command.undo.possible && undone === undefined && (going || leftMs > 0);
  useKeys({ u: () => possible && !dismissed && !undo.isPending && undo.mutate() });
  const settled = !going && !undo.isPending && undo.data?.refusal === undefined;
  if (dismissed || (settled && leftMs <= 0)) return null;
  return (
    <section
      aria-label="What you have just asked for"
      aria-busy={going}
      className="pointer-events-auto mt-4 mb-4 grid w-[min(40rem,100%)] gap-2 rounded-lg border border-line-strong bg-surface px-4 py-3 text-sm shadow-pop"
    >
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <p className="min-w-0 grow font-medium">{commandSummary(shown)}</p>
        <div className="ml-auto flex items-center gap-3">
          {possible && (
            <Button
              pending={undo.isPending}
              onClick={() => undo.mutate()}
              aria-keyshortcuts="u"
              icon={<Undo2 aria-hidden className="size-4" />}
            >
              {going ? "Stop and undo" : "Undo"}
              {!going && (
                <span aria-hidden className="min-w-7 text-right font-normal text-ink-3 tabular-nums">
                  {Math.ceil(leftMs / 1_000)} s
                </span>
              )}
            </Button>
          )}
          <Link href={`/commands/${shown.id}`} className="link whitespace-nowrap">
            Each job
          </Link>
          <Button look="ghost" aria-label="Dismiss" onClick={() => setDismissed(true)} className="-mr-2 px-1.5">
            <X aria-hidden className="size-4" />
          </Button>
        </div>
      </div>
      <Progress command={shown} />
      {undo.data?.refusal && <Notice kind="refused">{undo.data.refusal}</Notice>}
      <Refused command={shown} />
    </section>
  );
}
