"use client";

import { ChevronDown, RotateCw } from "lucide-react";
import { Button } from "../ui/button.tsx";
import { Menu, MenuItem } from "../ui/menu.tsx";

const COUNTS = [2, 3, 5, 10, 20] as const;

interface RetriggerButtonProps {
  onRetrigger: (count: number) => void;
  pending: boolean;
  refusal?: string | undefined;
  /** The element that says the refusal. */
  describedBy?: string | undefined;
}

/** Retrigger once, or several times to find out how often a job fails. */
export function RetriggerButton({ onRetrigger, pending, refusal, describedBy }: RetriggerButtonProps) {
  return (
    <div className="flex">
      <Button
        pending={pending}
        refusal={refusal}
        aria-describedby={describedBy}
        aria-keyshortcuts="r"
        icon={<RotateCw aria-hidden className="size-4" />}
        onClick={() => onRetrigger(1)}
        className="rounded-r-none"
      >
        Retrigger
      </Button>
      {refusal === undefined && !pending ? (
        <Menu
          label="Retrigger several times"
          trigger={
            <Button aria-label="Retrigger several times" className="rounded-l-none border-l-0 px-1.5">
              <ChevronDown aria-hidden className="size-4" />
            </Button>
          }
        >
          {COUNTS.map((count) => (
            <MenuItem key={count} onSelect={() => onRetrigger(count)}>
              Retrigger × {count}
            </MenuItem>
          ))}
        </Menu>
      ) : (
        <Button
          aria-label="Retrigger several times"
          refusal={refusal ?? "Wait for the answer."}
          className="rounded-l-none border-l-0 px-1.5"
        >
          <ChevronDown aria-hidden className="size-4" />
        </Button>
      )}
    </div>
  );
}
