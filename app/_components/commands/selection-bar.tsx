"use client";

import { ArrowDown, ArrowUp, CircleX } from "lucide-react";
import { type RefObject, useState } from "react";
import type { Job, JobFilter } from "@/lib/contracts/job.ts";
import { useKeys } from "../keys/use-keys.ts";
import { focusedRow } from "../keys/use-list-keys.ts";
import { plural } from "../time/format.ts";
import { Button } from "../ui/button.tsx";
import { CommandDialog } from "./command-dialog.tsx";
import { type JobRequest, movedPriority } from "./outcome.ts";
import { RetriggerButton } from "./retrigger-button.tsx";
import { useArmedKey } from "./use-armed-key.ts";
import { useOutcomes, useSendRequest } from "./use-commands.ts";
import type { Selection } from "./use-selection.ts";

/** Points of priority that one press of raise or lower is worth. */
export const PRIORITY_STEP = 10;

/** A list of which the page holds only a part: what selects all of it. */
export interface WholeList {
  filter: JobFilter;
  total: number;
}

interface SelectionBarProps {
  jobs: readonly Job[];
  selection: Selection;
  list: RefObject<HTMLElement | null>;
  whole?: WholeList | undefined;
}

/**
 * What can be done with the selected jobs, or by key with the job that has the keyboard. One job at once; more of them after a look at what
 * that will do. The server decides job by job.
 */
export function SelectionBar({ jobs, selection, list, whole }: SelectionBarProps) {
  const send = useSendRequest();
  const outcomes = useOutcomes();
  const [asked, setAsked] = useState<JobRequest | null>(null);
  const [all, setAll] = useState(false);
  const chosen = jobs.filter((job) => selection.ids.has(job.id));
  const everything = all && whole !== undefined && chosen.length === jobs.length ? whole : undefined;
  const none = chosen.length === 0 ? "Select jobs first." : undefined;
  const pending = (kind: JobRequest["kind"]) =>
    chosen.some((job) => outcomes.get(job.id)?.kind === "pending" && outcomes.get(job.id)?.request.kind === kind);

  const target = (): readonly Job[] => {
    if (chosen.length > 0) return chosen;
    const row = focusedRow(list.current);
    return jobs.filter((job) => String(job.id) === row);
  };
  const request = (make: (jobIds: number[], first: Job) => JobRequest) => {
    const [first, ...others] = target();
    if (first === undefined) return;
    const made = {
      ...make(
        [first, ...others].map((job) => job.id),
        first,
      ),
      filter: everything?.filter,
    };
    if (others.length === 0 && everything === undefined) void send(made);
    else setAsked(made);
  };
  const cancel = () => request((jobIds) => ({ kind: "cancel", jobIds }));
  const retrigger = (count: number) => request((jobIds) => ({ kind: "retrigger", jobIds, count }));
  const move = (by: number) =>
    request((jobIds, first) => ({ kind: "reprioritize", jobIds, priority: movedPriority(first.priority, by) }));
  const armed = useArmedKey(cancel);
  useKeys({
    c: () => (target().length > 1 ? cancel() : armed.press()),
    r: () => retrigger(1),
    "+": () => move(PRIORITY_STEP),
    "-": () => move(-PRIORITY_STEP),
    x: () => toggleFocused(list.current, selection),
    escape: () => (selection.ids.size > 0 ? selection.set([]) : false),
  });

  const count = everything?.total ?? chosen.length;
  return (
    <fieldset aria-label="Selected jobs" className="flex flex-wrap items-center gap-2">
      <span aria-live="polite" className="mr-1 min-w-24 text-ink-2 text-sm max-sm:w-full">
        {count === 0 ? "None selected" : `${plural(count, "job")} selected`}
      </span>
      {whole && chosen.length > 0 && chosen.length === jobs.length && whole.total > jobs.length && (
        <Button look="ghost" onClick={() => setAll(everything === undefined)}>
          {everything ? "Only those shown" : `Select all ${whole.total.toLocaleString("en")}`}
        </Button>
      )}
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
      <CommandDialog request={asked} jobs={count} onClose={() => setAsked(null)} />
    </fieldset>
  );
}

function toggleFocused(list: HTMLElement | null, selection: Selection): boolean {
  const row = focusedRow(list);
  if (row !== null) selection.toggle(Number(row));
  return row !== null;
}
