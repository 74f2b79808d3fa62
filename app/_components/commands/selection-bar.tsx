"use client";

import { ArrowDown, ArrowUp, CircleX } from "lucide-react";
import type { RefObject } from "react";
import type { Job } from "@/lib/contracts/job.ts";
import { useKeys } from "../keys/use-keys.ts";
import { focusedRow } from "../keys/use-list-keys.ts";
import { plural } from "../time/format.ts";
import { Button } from "../ui/button.tsx";
import { type JobRequest, movedPriority } from "./outcome.ts";
import { RetriggerButton } from "./retrigger-button.tsx";
import { useArmedKey } from "./use-armed-key.ts";
import { useOutcomes, useSendRequest } from "./use-commands.ts";
import type { Selection } from "./use-selection.ts";

/** Points of priority that one press of raise or lower is worth. */
export const PRIORITY_STEP = 10;

interface SelectionBarProps {
  jobs: readonly Job[];
  selection: Selection;
  list: RefObject<HTMLElement | null>;
}

/** What can be done with the selected jobs, or by key with the job that has the keyboard. The server decides job by job. */
export function SelectionBar({ jobs, selection, list }: SelectionBarProps) {
  const send = useSendRequest();
  const outcomes = useOutcomes();
  const chosen = jobs.filter((job) => selection.ids.has(job.id));
  const none = chosen.length === 0 ? "Select jobs first." : undefined;
  const pending = (kind: JobRequest["kind"]) =>
    chosen.some((job) => outcomes.get(job.id)?.kind === "pending" && outcomes.get(job.id)?.request.kind === kind);

  const target = (): readonly Job[] => {
    if (chosen.length > 0) return chosen;
    const row = focusedRow(list.current);
    return jobs.filter((job) => String(job.id) === row);
  };
  const cancel = () => sendFor(target(), (jobIds) => send({ kind: "cancel", jobIds }));
  const retrigger = (count: number) => sendFor(target(), (jobIds) => send({ kind: "retrigger", jobIds, count }));
  const move = (by: number) => {
    for (const [priority, same] of Map.groupBy(target(), (job) => movedPriority(job.priority, by))) {
      sendFor(same, (jobIds) => send({ kind: "reprioritize", jobIds, priority }));
    }
  };
  const armed = useArmedKey(cancel);
  useKeys({
    c: armed.press,
    r: () => retrigger(1),
    "+": () => move(PRIORITY_STEP),
    "-": () => move(-PRIORITY_STEP),
    x: () => toggleFocused(list.current, selection),
    escape: () => (selection.ids.size > 0 ? selection.set([]) : false),
  });

  return (
    <fieldset aria-label="Selected jobs" className="flex flex-wrap items-center gap-2">
      <span aria-live="polite" className="mr-1 min-w-24 text-ink-2 text-sm max-sm:w-full">
        {chosen.length === 0 ? "None selected" : `${plural(chosen.length, "job")} selected`}
      </span>
      <Button
        look="danger"
        refusal={none}
        pending={pending("cancel")}
        onClick={cancel}
        aria-keyshortcuts="c"
        icon={<CircleX aria-hidden className="size-4" />}
      >
        {armed.armed ? "Press c again" : "Cancel"}
      </Button>
      <RetriggerButton refusal={none} pending={pending("retrigger")} onRetrigger={retrigger} />
      <Button
        refusal={none}
        pending={pending("reprioritize")}
        onClick={() => move(PRIORITY_STEP)}
        aria-keyshortcuts="+"
        icon={<ArrowUp aria-hidden className="size-4" />}
      >
        Raise
      </Button>
      <Button
        refusal={none}
        pending={pending("reprioritize")}
        onClick={() => move(-PRIORITY_STEP)}
        aria-keyshortcuts="-"
        icon={<ArrowDown aria-hidden className="size-4" />}
      >
        Lower
      </Button>
    </fieldset>
  );
}

function sendFor(jobs: readonly Job[], send: (jobIds: number[]) => Promise<unknown>): void {
  if (jobs.length > 0) void send(jobs.map((job) => job.id));
}

function toggleFocused(list: HTMLElement | null, selection: Selection): boolean {
  const row = focusedRow(list);
  if (row !== null) selection.toggle(Number(row));
  return row !== null;
}
