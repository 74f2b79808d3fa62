"use client";

import { Lock, LockOpen } from "lucide-react";
import { closeBranchAction, openBranchAction } from "@/app/_actions/branches.ts";
import { ReasonDialog } from "@/app/_components/controls/reason-dialog.tsx";
import { UndoControl } from "@/app/_components/controls/undo-control.tsx";
import { Age } from "@/app/_components/time/times.tsx";
import type { Branch } from "@/lib/contracts/branch.ts";

/** Whether the branch is open, since when and by whom it is not, and the button that changes it. */
export function BranchControl({ branch }: { branch: Branch }) {
  const refusal = branch.mayControl.allowed ? undefined : branch.mayControl.reason;
  if (branch.closedReason === null) {
    return (
      <ReasonDialog
        label="Close"
        icon={<Lock aria-hidden className="size-4" />}
        refusal={refusal}
        title={`Close ${branch.name}`}
        description="Pushes are still recorded and their jobs made, but nothing of this branch starts until it is open again. What runs goes on."
        question="Why is it closed?"
        confirm="Close the branch"
        perform={(reason) => closeBranchAction({ branch: branch.name, reason })}
      />
    );
  }
  return (
    <div className="flex flex-wrap items-center gap-2">
      <p className="inline-flex max-w-[80ch] items-start gap-1.5 rounded-md bg-failure-soft px-2.5 py-1.5 text-failure text-sm">
        <Lock aria-hidden className="mt-0.5 size-4 shrink-0" />
        <span className="min-w-0 break-words">
          Closed
          {branch.closedBy && ` by ${branch.closedBy.login}`} {branch.closedAt && <Age at={branch.closedAt} />}:{" "}
          {branch.closedReason}
        </span>
      </p>
      <UndoControl
        label="Open"
        icon={<LockOpen aria-hidden className="size-4" />}
        refusal={refusal}
        perform={() => openBranchAction({ branch: branch.name })}
      />
    </div>
  );
}
