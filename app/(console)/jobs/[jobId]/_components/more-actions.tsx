"use client";

import { Ellipsis } from "lucide-react";
import { useState } from "react";
import { splitJobAction } from "@/app/_actions/jobs.ts";
import { useAsker } from "@/app/_components/asker.tsx";
import { CommandDialog } from "@/app/_components/commands/command-dialog.tsx";
import type { JobRequest } from "@/app/_components/commands/outcome.ts";
import { useControl } from "@/app/_components/controls/use-control.ts";
import { Button } from "@/app/_components/ui/button.tsx";
import { Menu, MenuItem } from "@/app/_components/ui/menu.tsx";
import { Notice } from "@/app/_components/ui/notice.tsx";
import type { JobDetail } from "@/lib/contracts/job.ts";
import { ProbeDialog } from "./probe-dialog.tsx";

/** What is asked for less often, each after a look at what it will do. */
export function MoreActions({ job }: { job: JobDetail }) {
  const [asked, setAsked] = useState<JobRequest | null>(null);
  const [probing, setProbing] = useState(false);
  const { mayProbe } = useAsker();
  const { send, pending, refusal } = useControl();
  const { cancel, retrigger, reprioritize, boost, split } = job.actions;
  const jobIds = [job.id];
  const offers = [
    cancel.allowed && { label: "Cancel, with a preview…", ask: { kind: "cancel", jobIds } as const },
    retrigger.allowed && {
      label: "Retrigger, with what waited for it…",
      ask: { kind: "retrigger", jobIds, count: 1, dependents: true } as const,
    },
    (reprioritize.allowed || boost.allowed) && {
      label: boost.allowed ? "Boost for a time…" : "Change priority, with a preview…",
      ask: {
        kind: "reprioritize",
        jobIds,
        priority: Math.min(100, job.priority + 20),
        ...(boost.allowed && { boost: { minutes: 60, reason: "" } }),
      } as const,
    },
  ].filter((offer) => offer !== false);
  if (offers.length === 0 && !split.allowed && !mayProbe) return null;
  return (
    <>
      <Menu
        label="More actions"
        trigger={
          <Button aria-label="More actions" pending={pending} icon={<Ellipsis aria-hidden className="size-4" />} />
        }
      >
        {offers.map((offer) => (
          <MenuItem key={offer.label} onSelect={() => setAsked(offer.ask)}>
            {offer.label}
          </MenuItem>
        ))}
        {split.allowed && (
          <MenuItem onSelect={() => void send(() => splitJobAction({ jobId: job.id }))}>A run of its own</MenuItem>
        )}
        {mayProbe && <MenuItem onSelect={() => setProbing(true)}>Run a copy on one worker…</MenuItem>}
      </Menu>
      <CommandDialog request={asked} jobs={1} onClose={() => setAsked(null)} />
      {mayProbe && <ProbeDialog job={job} open={probing} onClose={() => setProbing(false)} />}
      {refusal !== null && <Notice kind="refused">{refusal}</Notice>}
    </>
  );
}
