const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A length of time with the two units that matter: `0.4 s`, `12 s`, `3 min 05 s`, `2 h 04 min`, `3 d 4 h`. Negative counts as nothing. */
export function formatDuration(milliseconds: number): string {
  const ms = Math.max(0, milliseconds);
  if (ms < 9_950) return `${(ms / SECOND).toFixed(1)} s`;
  const seconds = Math.round(ms / SECOND);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (minutes === 0) return `${seconds} s`;
  if (hours === 0) return `${minutes} min ${twoDigits(seconds % 60)} s`;
  if (hours < 24) return `${hours} h ${twoDigits(minutes % 60)} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** From then on a date says more than a number of days. */
const DATED_FROM = 30 * DAY;

/** How long before `now` (ms since the epoch) something was, coarse enough to read at a glance: `12 s ago`, `9 d ago`, from 30 days on its date in UTC. */
export function formatWhen(timestamp: string, now: number): string {
  const milliseconds = now - Date.parse(timestamp);
  return milliseconds < DATED_FROM ? formatAge(milliseconds) : timestamp.slice(0, 10);
}

/** How long ago; the future counts as now, because clocks differ. */
function formatAge(milliseconds: number): string {
  if (milliseconds < 5 * SECOND) return "just now";
  if (milliseconds < MINUTE) return `${Math.floor(milliseconds / SECOND)} s ago`;
  if (milliseconds < HOUR) return `${Math.floor(milliseconds / MINUTE)} min ago`;
  if (milliseconds < 2 * DAY) return `${Math.floor(milliseconds / HOUR)} h ago`;
  return `${Math.floor(milliseconds / DAY)} d ago`;
}

/** How long until something, coarse enough for a forecast: `now`, `in 40 s`, `in 12 min`, `in 3 h 20 min`, `in 2 d 4 h`. The past counts as now. */
export function formatUntil(timestamp: string, now: number): string {
  const ms = Date.parse(timestamp) - now;
  if (ms < 5 * SECOND) return "now";
  if (ms < MINUTE) return `in ${Math.round(ms / (5 * SECOND)) * 5} s`;
  const minutes = Math.round(ms / MINUTE);
  if (minutes < 60) return `in ${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `in ${hours} h ${twoDigits(minutes % 60)} min`;
  return `in ${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** A point in time in full, the same on the server and in every browser: `2026-11-21 04:00:56 UTC`. */
export function formatTimestamp(timestamp: string): string {
  return `${timestamp.slice(0, 10)} ${timestamp.slice(11, 19)} UTC`;
}

/** A size in the unit that keeps it short: `640 B`, `12.4 kB`, `1.2 GB`. */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  return `${unit === 0 || value >= 99.95 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** `1 job`, `2 jobs`, `12,000 jobs`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}

function twoDigits(number: number): string {
  return String(number).padStart(2, "0");
}
