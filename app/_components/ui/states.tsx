"use client";

import { clsx } from "clsx";
import { Inbox, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "./button.tsx";

/** What stands where nothing is yet: it says what would fill it. */
export function EmptyState({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="flex flex-col items-center gap-2 px-6 py-14 text-center">
      <Inbox aria-hidden className="size-7 text-ink-3" strokeWidth={1.5} />
      <h2 className="text-lg">{title}</h2>
      <div className="max-w-prose text-ink-2 text-sm">{children}</div>
    </div>
  );
}

/** What stands where something could not be read. */
export function ErrorState({ error, retry }: { error: unknown; retry: () => void }) {
  const message = error instanceof Error ? error.message : "Something went wrong.";
  return (
    <div role="alert" className="flex flex-col items-center gap-3 px-6 py-14 text-center">
      <TriangleAlert aria-hidden className="size-7 text-failure" strokeWidth={1.5} />
      <p className="max-w-prose text-ink-2">{message}</p>
      <Button onClick={retry}>Try again</Button>
    </div>
  );
}

/** Grey bars in the place of text that is being read. */
export function Skeleton({ className }: { className?: string }) {
  return <div aria-hidden className={clsx("pulse rounded-md bg-idle-soft", className ?? "h-4 w-full")} />;
}

/** A list that is being read. */
export function SkeletonRows({ rows = 8 }: { rows?: number }) {
  return (
    <div role="status" aria-label="Loading" className="divide-y divide-line">
      {Array.from({ length: rows }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: bars have no identity
        <div key={index} className="flex items-center gap-4 px-4 py-3.5">
          <Skeleton className="size-5 shrink-0" />
          <Skeleton className="h-3.5 w-2/5" />
          <Skeleton className="ml-auto h-3.5 w-24" />
        </div>
      ))}
    </div>
  );
}
