const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A length of time as people say it, such as `12 minutes`; rounded to its largest unit, below a second `a moment`. */
export function lasting(ms: number): string {
  if (ms < SECOND) return "a moment";
  if (ms < MINUTE) return counted(Math.round(ms / SECOND), "second");
  if (ms < HOUR) return counted(Math.round(ms / MINUTE), "minute");
  if (ms < 2 * DAY) return counted(Math.round(ms / HOUR), "hour");
  return counted(Math.round(ms / DAY), "day");
}

/** A number of things, such as `1 worker` or `3 workers`. */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

/** Who did something and how long ago, such as ` by sam 12 minutes ago`; each part only where it is known. */
export function byAndSince(nowMs: number, who: string | null, sinceMs: number | null): string {
  const by = who === null ? "" : ` by ${who}`;
  const since = sinceMs === null ? "" : ` ${lasting(Math.max(0, nowMs - sinceMs))} ago`;
  return `${by}${since}`;
}

/** Somebody's words as the end of a sentence: `: tree is on fire.`; only a full stop when there are none. */
export function because(reason: string | null): string {
  const text = reason?.trim() ?? "";
  if (text === "") return ".";
  return /[.!?…]$/.test(text) ? `: ${text}` : `: ${text}.`;
}
