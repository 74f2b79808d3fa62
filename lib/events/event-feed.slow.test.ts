import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { numberEvents } from "../scheduler/relay/number-events.ts";
import { type TestContext, testContext } from "../testing/context.ts";
import type { EventFeed } from "./event-feed.ts";
import { EventStream } from "./event-stream.ts";
import type { FeedItem } from "./feed-item.ts";
import { openEvents } from "./open-events.ts";
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

describe("a reader that does not keep up", () => {
  it("drops a reader that does not keep up, at 1,000 waiting events, and nobody else", async () => {
    const { feed } = openFeed();
    const last = await lastNumber(test.sql);
    const abort = new AbortController();
    let overflows = 0;
    const onOverflow = () => {
      overflows += 1;
    };
    const slow = feed.subscribe({ after: last, abort: abort.signal, onOverflow });
    await slow.next(); // the start
    const waiting = slow.next(); // listens, takes the first page, and then nothing more
    const quick = collect(feed, last, 1700);
    await expect.poll(() => feed.size).toBe(2);
    await happen(100);
    expect(numbers((await waiting).value ?? [])).toContain(last + 1);
    await happen(800);
    await happen(800);
    expect(numbers(await quick)).toEqual(range(last + 1, last + 1700));
    expect(overflows).toBe(1);
    expect(await slow.next()).toMatchObject({ done: true });
    expect(feed.size).toBe(0);
    feed.close();
  });

  it("drops a reader at 256 KiB of waiting text", async () => {
    const { feed } = openFeed();
    let overflows = 0;
    const onOverflow = () => {
      overflows += 1;
    };
    const slow = feed.subscribe({ after: null, abort: new AbortController().signal, onOverflow });
    await slow.next();
    const waiting = slow.next();
    await expect.poll(() => feed.size).toBe(1);
    await happen(1);
    await waiting;
    await test.sql.count(
      "INSERT INTO events (type, body) SELECT 'job.queued', jsonb_build_object('text', repeat('x', 10000)) FROM generate_series(1, 30)",
    );
    await happen(0);
    await expect.poll(() => overflows).toBe(1);
    feed.close();
  });
});
