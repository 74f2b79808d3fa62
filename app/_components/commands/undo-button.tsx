"use client";

import { Undo2 } from "lucide-react";
import { Button } from "../ui/button.tsx";
import { Notice } from "../ui/notice.tsx";
import { commandSummary } from "./command-summary.ts";
import { useUndo } from "./use-undo.ts";

/** The way back, on a command's own page. */
export function UndoButton({ commandId }: { commandId: number }) {
  const undo = useUndo(commandId);
  return (
    <div className="flex flex-wrap items-center gap-3">
      {undo.data?.command && <Notice kind="done">{commandSummary(undo.data.command)}</Notice>}
      {undo.data?.refusal && <Notice kind="refused">{undo.data.refusal}</Notice>}
      <Button pending={undo.isPending} onClick={() => undo.mutate()} icon={<Undo2 aria-hidden className="size-4" />}>
        Undo
      </Button>
    </div>
  );
}
