import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { z } from "zod";
import type { FeedItem } from "../events/feed-item.ts";
import { SchedulerError } from "../scheduler/errors.ts";
import { requirePermission } from "../scheduler/permissions.ts";
import type { StreamTimes } from "./doors.ts";
import { eventFilter } from "./event-filter.ts";
import type { Exchange } from "./exchange.ts";
import { readQuery } from "./read-body.ts";

const STREAM_TIMES: StreamTimes = { heartbeatMs: 15_000, maxAgeMs: 60 * 60_000 };
/** How soon a reader whose stream has ended comes back. */
const RETRY_MS = 2_000;

const IdText = z.string().regex(/^[1-9]\d{0,15}$/, "must be a whole number from 1");
const EventsQuery = z.object({
  lastEventId: z.string().optional(),
  push: IdText.transform(Number).optional(),
  branch: IdText.transform(Number).optional(),
  job: IdText.transform(Number).optional(),
  run: IdText.transform(Number).optional(),
});

/**
 * GET /api/v1/events: what happens, as server-sent events, from `Last-Event-ID` on. The stream ends after an hour, when its reader stops
 * reading, when the session ends and when the process stops; the reader comes back with the last number it has seen.
 */
export async function sendEvents(exchange: Exchange): Promise<void> {
  const { doors, request, response, requestId } = exchange;
  const ctx = await doors.contextFromHeaders(request.headers, exchange.ip);
  requirePermission(ctx.actor, "read");
  const { lastEventId, ...wanted } = readQuery(exchange, EventsQuery);
  const after = readNumber([request.headers["last-event-id"] ?? lastEventId].flat()[0]);
  const wants = eventFilter(wanted);

  const ended = new AbortController();
  const abort = AbortSignal.any([exchange.abort, ended.signal]);
  const feed = doors.events.feed.subscribe({
    after,
    abort,
    onDropped: () => response.destroy(),
  });
  const first = await feed.next(); // when no store answers this fails, and is told as a refusal
  response.writeHead(200, {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "private, no-store, no-transform",
    "X-Accel-Buffering": "no",
    "X-Content-Type-Options": "nosniff",
    "X-Request-Id": requestId,
  });
  const pulse = keepAlive(exchange, ended);
  try {
    response.write(`retry: ${RETRY_MS}\n\n`);
    if (!first.done) await write(response, first.value, wants, abort);
    for await (const items of feed) {
      await write(response, items, wants, abort);
      if (response.destroyed) break;
    }
  } finally {
    pulse.stop();
    if (response.writableNeedDrain)
      response.destroy(); // it does not read; the rest waits for it for nothing
    else response.end();
  }
}

/** Writes what the reader wants of it, and waits until the connection takes more. */
async function write(
  response: ServerResponse,
  items: readonly FeedItem[],
  wants: (item: FeedItem) => boolean,
  abort: AbortSignal,
): Promise<void> {
  const text = items
    .filter(wants)
    .map((item) => item.frame)
    .join("");
  // A reader of a few things still learns how far it has come, so that it resumes from there.
  const last = items.findLast((item) => item.kind === "event");
  const skipped = last?.kind === "event" && !wants(last) ? `id: ${last.event.seq}\n\n` : "";
  if (text === "" && skipped === "") return;
  if (response.write(text + skipped) || response.destroyed || abort.aborted) return;
  await once(response, "drain", { signal: abort }).catch(() => {});
}

/** Pings keep the connection open and show whether it is; `ended` fires when the hour is over or the session has ended. */
function keepAlive(exchange: Exchange, ended: AbortController): { stop: () => void } {
  const { doors, request, response, ip } = exchange;
  const { heartbeatMs, maxAgeMs } = doors.streamTimes ?? STREAM_TIMES;
  const beat = setInterval(() => {
    if (response.writableNeedDrain) return; // it does not read: the feed drops it when it never does
    response.write("event: ping\ndata: {}\n\n"); // named, because a page cannot see comments
    doors.contextFromHeaders(request.headers, ip).catch((error: unknown) => {
      if (error instanceof SchedulerError && error.code === "unauthenticated") ended.abort();
    });
  }, heartbeatMs);
  const age = setTimeout(() => ended.abort(), maxAgeMs);
  return {
    stop: () => {
      clearInterval(beat);
      clearTimeout(age);
    },
  };
}

/** The number of the last event that was seen; null to begin with now. */
function readNumber(text: string | undefined): number | null {
  if (text === undefined || text === "") return null;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new SchedulerError("invalid", "Last-Event-ID is the number of the last event that was seen.");
}
