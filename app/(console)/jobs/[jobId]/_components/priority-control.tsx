"use client";

import { Minus, Plus } from "lucide-react";
import { useState } from "react";
import { movedPriority } from "@/app/_components/commands/outcome.ts";
import { PRIORITY_STEP } from "@/app/_components/commands/selection-bar.tsx";
import { useKeys } from "@/app/_components/keys/use-keys.ts";
import { Button } from "@/app/_components/ui/button.tsx";

interface PriorityControlProps {
  /** The job's priority as the server knows it; a new one is a new control (`key`). */
  priority: number;
  pending: boolean;
  refusal: string | undefined;
  describedBy: string | undefined;
  onChange: (priority: number) => void;
}

/** Lower, set exactly, or raise a job's priority. */
export function PriorityControl({ priority, pending, refusal, describedBy, onChange }: PriorityControlProps) {
  const [typed, setTyped] = useState(String(priority));
  const value = /^-?\d{1,3}$/.test(typed.trim()) ? Number(typed) : Number.NaN;
  const sound = value >= -100 && value <= 100;
  const changed = sound && value !== priority;
  const move = (by: number) => {
    const moved = movedPriority(priority, by);
    if (refusal === undefined && !pending && moved !== priority) onChange(moved);
  };
  useKeys({ "+": () => move(PRIORITY_STEP), "-": () => move(-PRIORITY_STEP) });
  return (
    <form
      aria-label="Priority"
      className="inline-flex items-center"
      onSubmit={(event) => {
        event.preventDefault();
        if (changed && refusal === undefined) onChange(value);
      }}
    >
      <Button
        aria-label="Lower by 10"
        aria-describedby={describedBy}
        aria-keyshortcuts="-"
        refusal={refusal}
        pending={pending}
        onClick={() => move(-PRIORITY_STEP)}
        icon={<Minus aria-hidden className="size-4" />}
        className="rounded-r-none px-2"
      />
      <input
        aria-label="Priority, −100 to 100"
        aria-describedby={describedBy}
        aria-invalid={!sound || undefined}
        inputMode="numeric"
        value={typed}
        readOnly={refusal !== undefined}
        onChange={(event) => setTyped(event.target.value)}
        className="h-8 w-14 border-line-strong border-y bg-surface text-center text-sm tabular-nums aria-invalid:text-failure read-only:border-line read-only:bg-sunken read-only:text-ink-3"
      />
      <Button
        aria-label="Raise by 10"
        aria-describedby={describedBy}
        aria-keyshortcuts="+"
        refusal={refusal}
        pending={pending}
        onClick={() => move(PRIORITY_STEP)}
        icon={<Plus aria-hidden className="size-4" />}
        className="rounded-l-none px-2"
      />
      {changed && refusal === undefined && (
        <Button type="submit" look="primary" pending={pending} className="ml-2">
          Set priority
        </Button>
      )}
      {!sound && (
        <span role="alert" className="ml-2 text-failure text-sm">
          A priority is a whole number from −100 to 100.
        </span>
      )}
    </form>
  );
}
