"use client";

import Link from "next/link";
import { useNow } from "../time/use-now.ts";
import { Notice } from "../ui/notice.tsx";
import { outcomeSentence } from "./outcome.ts";
import type { Outcome } from "./use-commands.ts";

/** A success has been read by then; a refusal stays until something else is asked. */
const SHOWN_MS = 30_000;

/** What became of the newest request for a job, for the row or page of that job. */
export function OutcomeNote({ outcome }: { outcome: Outcome | undefined }) {
  if (outcome === undefined) return null;
  if (outcome.kind === "pending") return <Notice kind="info">Asking the server…</Notice>;
  return <Answered outcome={outcome} />;
}

function Answered({ outcome }: { outcome: Extract<Outcome, { kind: "answered" }> }) {
  const now = useNow();
  const { item, request, sentAt } = outcome;
  if (item.outcome === "refused") return <Notice kind="refused">{outcomeSentence(request, item)}</Notice>;
  if (now - sentAt > SHOWN_MS) return null;
  return (
    <Notice kind={item.outcome === "done" ? "done" : "info"}>
      {outcomeSentence(request, item)}
      {item.created.slice(0, 10).map((jobId, index) => (
        <span key={jobId}>
          {index > 0 && ","}{" "}
          <Link href={`/jobs/${jobId}`} className="link">
            job {jobId}
          </Link>
        </span>
      ))}
      {item.created.length > 10 && " …"}
    </Notice>
  );
}
