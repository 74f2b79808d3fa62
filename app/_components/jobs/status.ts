import type { JobState, Result } from "@/lib/contracts/job.ts";

/** What a symbol says: a done job by its result, any other by its state. */
export type Status = Exclude<JobState, "done"> | Result;

interface StatusLook {
  /** One word, as people say it. */
  label: string;
  /** Classes of text and ground; AA in both themes. */
  tone: string;
  /** Fill of the same colour, for bars. */
  fill: string;
  /** The shape, drawn as lines in a 16 × 16 box, so that no status is told by colour alone. */
  path: string;
}

/** How each status looks; the shapes differ as much as the colours do. */
export const STATUS: Record<Status, StatusLook> = {
  blocked: {
    label: "Blocked",
    tone: "text-ink-3 border-dashed border-field",
    fill: "fill-line-strong",
    path: "M4.5 7.5h7v5h-7zM6 7.5V5.8a2 2 0 0 1 4 0v1.7",
  },
  queued: {
    label: "Queued",
    tone: "text-ink-2 border-line-strong",
    fill: "fill-field",
    path: "M8 3.2a4.8 4.8 0 1 0 0 9.6 4.8 4.8 0 0 0 0-9.6M8 5.4V8l1.8 1.2",
  },
  running: {
    label: "Running",
    tone: "text-running bg-running-soft border-transparent",
    fill: "fill-running",
    path: "M6 4.4v7.2L11.6 8z",
  },
  success: {
    label: "Success",
    tone: "text-success bg-success-soft border-transparent",
    fill: "fill-success",
    path: "m3.8 8.4 2.9 2.9 5.5-6.2",
  },
  warnings: {
    label: "Warnings",
    tone: "text-warnings bg-warnings-soft border-transparent",
    fill: "fill-warnings",
    path: "M8 3.4 13.2 12.6H2.8zM8 6.8v2.6M8 11v.1",
  },
  failure: {
    label: "Failure",
    tone: "text-failure bg-failure-soft border-transparent",
    fill: "fill-failure",
    path: "m4.4 4.4 7.2 7.2m0-7.2-7.2 7.2",
  },
  exception: {
    label: "Exception",
    tone: "text-exception bg-exception-soft border-transparent",
    fill: "fill-exception",
    path: "M9.2 2.8 4.4 8.8h3.4l-1 4.4 4.8-6H8.2z",
  },
  skipped: {
    label: "Skipped",
    tone: "text-idle bg-idle-soft border-transparent",
    fill: "fill-line-strong",
    path: "m4 4.6 3.4 3.4L4 11.4m4.6-6.8L12 8l-3.4 3.4",
  },
  cancelled: {
    label: "Cancelled",
    tone: "text-idle bg-idle-soft border-transparent",
    fill: "fill-idle",
    path: "M8 3.2a4.8 4.8 0 1 0 0 9.6 4.8 4.8 0 0 0 0-9.6M4.7 4.7l6.6 6.6",
  },
  retry: {
    label: "Retry",
    tone: "text-retry bg-retry-soft border-transparent",
    fill: "fill-retry",
    path: "M12.2 6.2A4.6 4.6 0 1 0 12.6 9M12.6 3.4v3H9.6",
  },
};

/** The order in which counts are told: what needs a person first. */
export const STATUS_ORDER: readonly Status[] = [
  "failure",
  "exception",
  "warnings",
  "running",
  "queued",
  "blocked",
  "success",
  "cancelled",
  "skipped",
  "retry",
];

/** What to show for a job, or for anything else with a state and a result. */
export function statusOf(job: { state: JobState; result: Result | null }): Status {
  return job.state === "done" ? (job.result ?? "exception") : job.state;
}
