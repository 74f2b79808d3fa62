import type { Page } from "../contracts/page.ts";
import { SchedulerError } from "./errors.ts";

/** Where a list goes on, as text that is meaningless to its reader. */
export function toCursor(place: readonly number[]): string {
  return Buffer.from(JSON.stringify(place)).toString("base64url");
}

/** The place that `toCursor` wrote, of `length` numbers; null without a cursor. `invalid` for any other text. */
export function fromCursor(cursor: string | undefined, length: number): number[] | null {
  if (cursor === undefined) return null;
  try {
    const place: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
    if (
      Array.isArray(place) &&
      place.length === length &&
      place.every((part) => Number.isSafeInteger(part) && part >= 0)
    )
      return place;
  } catch {
    // Not ours; said below.
  }
  throw new SchedulerError("invalid", "The cursor is not one that this list has given; begin without one.");
}

/** A page of at most `limit` items, newest first, out of rows of which one more was read, to know whether there is a next page. */
export function pageFrom<Item extends { id: number }>(items: readonly Item[], limit: number): Page<Item> {
  const shown = items.slice(0, limit);
  const last = shown.at(-1);
  return { items: shown, nextCursor: items.length > limit && last ? toCursor([last.id]) : null };
}
