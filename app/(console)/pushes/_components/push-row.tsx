import { FileWarning } from "lucide-react";
import Link from "next/link";
import { Counts } from "@/app/_components/jobs/counts.tsx";
import { Pusher } from "@/app/_components/pushes/person.tsx";
import { plural } from "@/app/_components/time/format.ts";
import { Age } from "@/app/_components/time/times.tsx";
import { Revision } from "@/app/_components/ui/revision.tsx";
import type { Push } from "@/lib/contracts/push.ts";

/** A push in a list: what it says, whose it is, how it stands. */
export function PushRow({ push }: { push: Push }) {
  const subject = push.message.split("\n", 1)[0] || "(no message)";
  return (
    <li
      data-row={push.id}
      className="row grid gap-x-6 gap-y-2 px-4 py-3 sm:grid-cols-[minmax(0,1fr)_minmax(11rem,18rem)]"
    >
      <div className="min-w-0">
        <Link
          href={`/pushes/${push.id}`}
          className="block truncate font-medium outline-offset-4 after:absolute after:inset-0 hover:text-accent"
        >
          {subject}
        </Link>
        <p className="mt-0.5 flex flex-wrap items-center gap-x-2 text-ink-2 text-sm">
          <Link href={`/branches/${push.branch}`} className="link relative font-medium">
            {push.branch}
          </Link>
          <Revision revision={push.revision} />
          {push.commitCount > 1 && <span>{plural(push.commitCount, "commit")}</span>}
          {push.forced && <span className="text-warnings">forced</span>}
          <span className="relative inline-flex min-w-0">
            <Pusher push={push} />
          </span>
          <Age at={push.pushedAt} />
        </p>
      </div>
      <div className="self-center">
        <PushState push={push} />
      </div>
    </li>
  );
}

/** How a push stands: its jobs, or why it has none. */
export function PushState({ push }: { push: Push }) {
  if (push.configState === "broken") {
    return (
      <span className="inline-flex items-center gap-1.5 font-medium text-failure text-sm">
        <FileWarning aria-hidden className="size-4" /> Broken configuration, nothing scheduled
      </span>
    );
  }
  if (push.configState === "missing") {
    return <span className="text-ink-3 text-sm">No .selfserve.yml at this revision</span>;
  }
  if (push.configState === "pending") return <span className="text-ink-3 text-sm">Reading its configuration…</span>;
  return <Counts counts={push.counts} />;
}
