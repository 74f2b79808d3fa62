"use client";

import { CircleHelp } from "lucide-react";
import type { Push } from "@/lib/contracts/push.ts";
import { Tip } from "../ui/tip.tsx";

/** Who pushed, and a mark when that is only a guess from the commit's author. */
export function Pusher({ push }: { push: Pick<Push, "owner" | "pusherSource" | "pusherName" | "authorName"> }) {
  const name = push.owner?.login ?? push.pusherName ?? push.authorName;
  if (push.pusherSource === "hook") return <span className="truncate">{name}</span>;
  return (
    <span className="inline-flex min-w-0 items-center gap-1">
      <span className="truncate">{name}</span>
      <Tip text={doubt(push)}>
        <span role="img" aria-label={`unverified: ${doubt(push)}`} className="inline-flex text-warnings">
          <CircleHelp aria-hidden className="size-3.5" />
        </span>
      </Tip>
    </span>
  );
}

function doubt(push: Pick<Push, "owner" | "pusherSource">): string {
  if (push.pusherSource === "unknown") return "Nobody told who pushed this, so nobody owns its jobs.";
  if (push.owner === null) return "Known only as the commit's author; no user has that mail address.";
  return "Unverified: taken from the commit's author, not told by a trusted hook.";
}
