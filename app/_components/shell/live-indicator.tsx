"use client";

import { clsx } from "clsx";
import { useLiveState } from "../live/live-provider.tsx";
import { useNow } from "../time/use-now.ts";
import { Tip } from "../ui/tip.tsx";

/** Says whether what the page shows is live, and how old it is when not. */
export function LiveIndicator() {
  const state = useLiveState();
  const now = useNow("fast");
  const stale = state.kind === "stale";
  const seconds = stale ? Math.max(0, Math.round((now - state.since) / 1_000)) : 0;
  const text = stale ? `stale ${seconds} s · reconnecting` : state.kind === "live" ? "live" : "connecting";
  const tip = stale
    ? "No connection to the server's events. The page is read again every 15 s until it is back."
    : "The page changes by itself as soon as anything happens.";
  return (
    <Tip text={tip}>
      <span
        role="status"
        aria-label={stale ? "Connection lost, reconnecting" : text}
        className={clsx(
          "inline-flex h-6 items-center gap-1.5 rounded-full px-2 text-xs whitespace-nowrap",
          stale ? "bg-warnings-soft text-warnings" : "text-ink-3",
        )}
      >
        <span
          aria-hidden
          className={clsx(
            "size-1.5 rounded-full",
            state.kind === "live" ? "bg-success" : stale ? "pulse bg-warnings" : "pulse bg-field",
          )}
        />
        <span aria-hidden suppressHydrationWarning>
          {text}
        </span>
      </span>
    </Tip>
  );
}
