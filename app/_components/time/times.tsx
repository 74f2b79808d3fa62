"use client";

import { formatDuration, formatTimestamp, formatUntil, formatWhen } from "./format.ts";
import { useByTime, useNow } from "./use-now.ts";

/** How long ago something was, kept up to date, with the exact time as its title. */
export function Age({ at }: { at: string }) {
  const shown = useByTime((now) => formatWhen(at, now));
  return (
    <time dateTime={at} title={formatTimestamp(at)} suppressHydrationWarning className="whitespace-nowrap">
      {shown}
    </time>
  );
}

/** How long until something, kept up to date, with the exact time as its title. */
export function Until({ at }: { at: string }) {
  const shown = useByTime((now) => formatUntil(at, now));
  return (
    <time dateTime={at} title={formatTimestamp(at)} suppressHydrationWarning className="whitespace-nowrap">
      {shown}
    </time>
  );
}

/** How long something took, or has been going on. */
export function Elapsed({ from, to }: { from: string; to: string | null }) {
  if (to === null) return <Running from={from} />;
  return <span className="whitespace-nowrap tabular-nums">{formatDuration(Date.parse(to) - Date.parse(from))}</span>;
}

function Running({ from }: { from: string }) {
  const now = useNow("fast");
  return (
    <span className="whitespace-nowrap tabular-nums" suppressHydrationWarning>
      {formatDuration(now - Date.parse(from))}
    </span>
  );
}
