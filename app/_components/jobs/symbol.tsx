import { clsx } from "clsx";
import { STATUS, type Status } from "./status.ts";

/** A status as a small square: colour and shape. It says nothing to a screen reader; the text beside it or its link does. */
export function StatusSymbol({ status, size = "md" }: { status: Status; size?: "sm" | "md" }) {
  const look = STATUS[status];
  return (
    <span
      aria-hidden
      className={clsx(
        "inline-flex shrink-0 items-center justify-center rounded-sm border",
        size === "md" ? "size-5" : "size-4",
        look.tone,
      )}
    >
      <svg
        viewBox="0 0 16 16"
        className={clsx("size-full", status === "running" && "pulse")}
        fill="none"
        stroke="currentColor"
        strokeWidth="1.6"
        strokeLinecap="round"
        strokeLinejoin="round"
        role="presentation"
      >
        <path d={look.path} />
      </svg>
    </span>
  );
}

/** A status as symbol and word. */
export function StatusBadge({ status }: { status: Status }) {
  return (
    <span className="inline-flex items-center gap-1.5 font-medium text-sm whitespace-nowrap">
      <StatusSymbol status={status} />
      {STATUS[status].label}
    </span>
  );
}
