"use client";

import { CircleX } from "lucide-react";
import { useId } from "react";
import type { JobRequest } from "@/app/_components/commands/outcome.ts";
import { OutcomeNote } from "@/app/_components/commands/outcome-note.tsx";
import { RetriggerButton } from "@/app/_components/commands/retrigger-button.tsx";
import { useArmedKey } from "@/app/_components/commands/use-armed-key.ts";
import { useOutcomes, useSendRequest } from "@/app/_components/commands/use-commands.ts";
import { useKeys } from "@/app/_components/keys/use-keys.ts";
import { Button } from "@/app/_components/ui/button.tsx";
import { Tip } from "@/app/_components/ui/tip.tsx";
import type { Allowed, JobAction, JobDetail } from "@/lib/contracts/job.ts";
import { MoreActions } from "./more-actions.tsx";
import { PriorityControl } from "./priority-control.tsx";
import { Standing } from "./standing.tsx";

/** The buttons of this page. */
const NAMES = { cancel: "Cancel", retrigger: "Retrigger", reprioritize: "Change priority" } as const satisfies Partial<
  Record<JobAction, string>
>;
type Offered = keyof typeof NAMES;

/** What the person who looks may do to the job now. A greyed button stays readable: its reason stands below, too. */
export function JobActions({ job }: { job: JobDetail }) {
  const send = useSendRequest();
  const outcome = useOutcomes().get(job.id);
  const reasons = useId();
  const { cancel, retrigger, reprioritize } = job.actions;
  const pending = (kind: JobRequest["kind"]) => outcome?.kind === "pending" && outcome.request.kind === kind;
  const doCancel = () => void send({ kind: "cancel", jobIds: [job.id] });
  const doRetrigger = (count: number) => void send({ kind: "retrigger", jobIds: [job.id], count });
  const armed = useArmedKey(doCancel);
  useKeys({ c: () => cancel.allowed && armed.press(), r: () => retrigger.allowed && doRetrigger(1) });

  const reasonId = (action: Offered) => (job.actions[action].allowed ? undefined : `${reasons}-${action}`);
  return (
    <section aria-label="Where it stands, and what can be done" className="card px-4 py-3.5">
      <Standing job={job} />
      <div className="mt-3 flex flex-wrap items-center gap-2">
        <Tip text={refusal(cancel)}>
          <span className="inline-flex">
            <Button
              look="danger"
              refusal={refusal(cancel)}
              pending={pending("cancel")}
              onClick={doCancel}
              aria-describedby={reasonId("cancel")}
              aria-keyshortcuts="c"
              icon={<CircleX aria-hidden className="size-4" />}
            >
              {armed.armed ? "Press c again" : "Cancel"}
            </Button>
          </span>
        </Tip>
        <Tip text={refusal(retrigger)}>
          <span className="inline-flex">
            <RetriggerButton
              refusal={refusal(retrigger)}
              describedBy={reasonId("retrigger")}
              pending={pending("retrigger")}
              onRetrigger={doRetrigger}
            />
          </span>
        </Tip>
        <Tip text={refusal(reprioritize)}>
          <span className="inline-flex">
            <PriorityControl
              key={job.priority}
              priority={job.priority}
              refusal={refusal(reprioritize)}
              describedBy={reasonId("reprioritize")}
              pending={pending("reprioritize")}
              onChange={(priority) => void send({ kind: "reprioritize", jobIds: [job.id], priority })}
            />
          </span>
        </Tip>
        <MoreActions job={job} />
      </div>
      <Reasons job={job} prefix={reasons} />
      {outcome && (
        <div className="mt-2">
          <OutcomeNote outcome={outcome} />
        </div>
      )}
    </section>
  );
}

function Reasons({ job, prefix }: { job: JobDetail; prefix: string }) {
  const refused = (Object.keys(NAMES) as Offered[]).filter((action) => !job.actions[action].allowed);
  if (refused.length === 0) return null;
  return (
    <ul aria-label="Why some actions are not possible" className="mt-2.5 grid gap-0.5 text-ink-2 text-sm">
      {refused.map((action) => (
        <li key={action} id={`${prefix}-${action}`}>
          <span className="text-ink-3">{NAMES[action]}:</span> {refusal(job.actions[action])}
        </li>
      ))}
    </ul>
  );
}

function refusal(allowed: Allowed): string | undefined {
  return allowed.allowed ? undefined : allowed.reason;
}
