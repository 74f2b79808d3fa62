import { clsx } from "clsx";
import Link from "next/link";
import { signed } from "@/app/_components/jobs/job-row.tsx";
import { Panel } from "@/app/_components/ui/panel.tsx";
import { Revision } from "@/app/_components/ui/revision.tsx";
import type { JobDetail } from "@/lib/contracts/job.ts";
import type { SharedRun } from "@/lib/contracts/merging.ts";

/** The receipt of a merged job: which run serves it, with whom, by which rule, and at whose revision. */
export function SharedRunPanel({ job, shared }: { job: JobDetail; shared: SharedRun }) {
  return (
    <Panel title="Shares a run">
      <div className="grid gap-2.5 px-4 py-3 text-sm">
        <p>
          Run {shared.runId} serves {shared.members.length} jobs of this builder
          {shared.newerRevision ? (
            <>
              {" "}
              and builds the newest of their revisions, <Revision revision={shared.revision} />, not this job's own.
            </>
          ) : (
            ", at this job's own revision, the newest of theirs."
          )}
        </p>
        {shared.receipt.why && <p className="text-ink-2">{shared.receipt.why}</p>}
        <ul aria-label="Members of the run" className="grid gap-1">
          {shared.members.map((member) => (
            <li
              key={member.jobId}
              className={clsx("flex flex-wrap items-baseline gap-x-2", !member.live && "text-ink-3 line-through")}
            >
              {member.jobId === job.id ? (
                <strong className="font-semibold">this job</strong>
              ) : (
                <Link href={`/jobs/${member.jobId}`} className="link">
                  job {member.jobId}
                </Link>
              )}
              <span className="text-ink-2">
                push {member.pushId}, rank {signed(member.rank)}
                {member.receipt.rule === "base" && ", was claimed first"}
                {member.lead && ", is built"}
                {member.receipt.detached === "split" && ", left for a run of its own"}
                {member.receipt.detached === "cancelled" && ", was cancelled"}
              </span>
            </li>
          ))}
        </ul>
      </div>
    </Panel>
  );
}
