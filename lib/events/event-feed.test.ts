import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openRedis } from "../redis/open-redis.ts";
import { numberEvents } from "../scheduler/relay/number-events.ts";
import { type TestContext, testContext } from "../testing/context.ts";
import { EventFeed } from "./event-feed.ts";
import { EventLog } from "./event-log.ts";
import { EventStream } from "./event-stream.ts";
import type { FeedItem } from "./feed-item.ts";
import { openEvents } from "./open-events.ts";
import { OutputHints } from "./output-hints.ts";
import { lastNumber, publishEvents } from "./publish-events.ts";

let test: TestContext;
let stream: EventStream;
beforeAll(async () => {
  test = await testContext();
  stream = new EventStream(test.redis);
});
afterAll(() => test.drop());
beforeEach(() => test.redis.flushdb());

/** Commits, numbers and publishes events, and wakes the feeds; answers the last number. */
async function happen(count: number): Promise<number> {
  await test.sql.count("INSERT INTO events (type) SELECT 'job.queued' FROM generate_series(1, $1::int)", [count]);
  await numberEvents(test.ctx);
  await publishEvents(test.sql, stream);
  test.ctx.signals.send("events");
  return lastNumber(test.sql);
}
const feedOver = (log: EventLog) =>
  new EventFeed({ log, signals: test.ctx.signals, outputs: new OutputHints(test.signals.pubSub) });
const openFeed = () => openEvents({ sql: test.sql, redis: test.redis, signals: test.signals });

/** Collects what a subscription tells until it has `count` events, then leaves. */
async function collect(feed: EventFeed, after: number | null, count: number): Promise<FeedItem[]> {
  const stop = new AbortController();
  const seen: FeedItem[] = [];
  for await (const items of feed.subscribe({ after, abort: stop.signal })) {
    seen.push(...items);
    if (numbers(seen).length >= count) break;
  }
  return seen;
}
const numbers = (items: FeedItem[]) => items.flatMap((item) => (item.kind === "event" ? [item.event.seq] : []));
const range = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, index) => first + index);

describe("subscribe", () => {
  it("tells what happens from now on, after saying where that begins", async () => {
    const last = await happen(2);
    const { feed } = openFeed();
    const seen = collect(feed, null, 3);
    await expect.poll(() => feed.size).toBe(1);
    await happen(1);
    await happen(2);
    const items = await seen;
    expect(items[0]).toMatchObject({ kind: "start", seq: last });
    expect(numbers(items)).toEqual(range(last + 1, last + 3));
    expect(items[1]?.frame).toMatch(new RegExp(`^id: ${last + 1}\ndata: {"seq":${last + 1},.*}\n\n$`));
    expect(feed.size).toBe(0);
    feed.close();
  });

  it("resumes after any number, without gap or repeat, while more happens and Redis is emptied", async () => {
    const first = (await happen(300)) - 300;
    const { feed } = openFeed();
    const reading = Array.from({ length: 30 }, async (_, index) => {
      const start = first + ((index * 37) % 300);
      const all: number[] = [];
      while (start + all.length < first + 500) {
        const wanted = Math.min(1 + ((index * 7) % 60), first + 500 - start - all.length);
        const items = await collect(feed, start + all.length, wanted); // and then its connection is cut
        expect(items[0]?.kind).toBe("start");
        all.push(...numbers(items));
      }
      expect(all.slice(0, first + 500 - start)).toEqual(range(start + 1, first + 500));
    });
    const readers = Promise.all(reading);
    for (let round = 0; round < 20; round += 1) {
      await happen(10);
      if (round % 5 === 0) await test.redis.flushdb();
    }
    await readers;
    feed.close();
  });

  it("goes on from PostgreSQL alone while Redis is away and nobody wakes anybody", async () => {
    const away = openRedis("redis://127.0.0.1:1", "request");
    const feed = feedOver(new EventLog(test.sql, new EventStream(away)));
    const last = await lastNumber(test.sql);
    const seen = collect(feed, last, 2);
    await test.sql.count("INSERT INTO events (type) SELECT 'job.queued' FROM generate_series(1, 2)");
    await numberEvents(test.ctx);
    expect(numbers(await seen)).toEqual([last + 1, last + 2]);
    feed.close();
    away.disconnect();
  });

  it("asks a reader with a number that was never given out to read anew, and goes on from now", async () => {
    const last = await happen(1);
    const { feed } = openFeed();
    const seen = collect(feed, last + 5, 1);
    await expect.poll(() => feed.size).toBe(1);
    await happen(1);
    const items = await seen;
    expect(items[0]).toMatchObject({ kind: "resync", seq: last });
    expect(items[0]?.frame).toBe(`id: ${last}\nevent: resync\ndata: {"seq":${last}}\n\n`);
    expect(numbers(items)).toEqual([last + 1]);
    feed.close();
  });

  it("ends when aborted, before or while it waits, and when the feed is closed", async () => {
    const { feed } = openFeed();
    const before = new AbortController();
    before.abort();
    const ended = feed.subscribe({ after: null, abort: before.signal });
    await ended.next();
    expect(await ended.next()).toMatchObject({ done: true });

    const abort = new AbortController();
    const aborted = feed.subscribe({ after: null, abort: abort.signal });
    const closed = feed.subscribe({ after: null, abort: new AbortController().signal });
    await Promise.all([aborted.next(), closed.next()]);
    const ends = [aborted.next(), closed.next()];
    await expect.poll(() => feed.size).toBe(2);
    abort.abort();
    expect(await ends[0]).toMatchObject({ done: true });
    feed.close();
    expect(await ends[1]).toMatchObject({ done: true });
    expect(feed.size).toBe(0);
  });

  it("throws when the database is away at the beginning, and recovers", async () => {
    let away = true;
    const log = new EventLog(test.sql, stream);
    const last = log.last.bind(log);
    log.last = () => (away ? Promise.reject(new Error("away")) : last());
    const feed = feedOver(log);
    const options = { after: null, abort: new AbortController().signal };
    await expect(feed.subscribe(options).next()).rejects.toThrow("away");
    away = false;
    expect((await feed.subscribe(options).next()).value?.[0]?.kind).toBe("start");
    feed.close();
  });

  it("passes on that a log grew, without a number", async () => {
    const { feed, outputs } = openFeed();
    const reader = feed.subscribe({ after: null, abort: new AbortController().signal });
    await reader.next();
    const next = reader.next();
    await expect.poll(() => feed.size).toBe(1);
    const hint = { runId: 7, lines: 3, bytes: 40, complete: false };
    outputs.send(hint);
    const frame = `event: output\ndata: ${JSON.stringify(hint)}\n\n`;
    expect((await next).value).toEqual([{ kind: "output", hint, frame }]);
    feed.close();
  });
});
