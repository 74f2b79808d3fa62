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

/** Commits, numbers and publishes events with bodies of a size, and wakes the feeds; answers the last number. */
async function happen(count: number, bodyBytes = 0): Promise<number> {
  await test.sql.count(
    `INSERT INTO events (type, body) SELECT 'job.queued', jsonb_build_object('text', repeat('x', $2::int))
     FROM generate_series(1, $1::int)`,
    [count, bodyBytes],
  );
  while ((await numberEvents(test.ctx)).more);
  await publishEvents(test.sql, stream);
  test.ctx.signals.send("events");
  return lastNumber(test.sql);
}
const openFeed = (patienceMs?: number) =>
  openEvents({ sql: test.sql, redis: test.redis, signals: test.signals, ...(patienceMs && { patienceMs }) }).feed;

/** Collects what a subscription tells until it has seen event number `last`, then leaves. `pause` comes before each further page. */
async function collect(feed: EventFeed, after: number, last: number, pause = async () => {}): Promise<FeedItem[]> {
  const seen: FeedItem[] = [];
  for await (const items of feed.subscribe({ after, abort: new AbortController().signal })) {
    seen.push(...items);
    expect(items.length).toBeLessThanOrEqual(501);
    if (numbers(items).at(-1) === last) break;
    await pause();
  }
  return seen;
}
const numbers = (items: FeedItem[]) => items.flatMap((item) => (item.kind === "event" ? [item.event.seq] : []));
const range = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, index) => first + index);

describe("a burst", () => {
  it("of 5,000 events of 1 KB reaches readers that follow, that pause between pages, and that resume from before it", async () => {
    const feed = openFeed();
    const first = await lastNumber(test.sql);
    const last = first + 5_000;
    const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
    const readers = [collect(feed, first, last), collect(feed, first, last, turn), collect(feed, first, last, turn)];
    await expect.poll(() => feed.size).toBe(3);
    expect(await happen(5_000, 1_000)).toBe(last);
    readers.push(collect(feed, first, last), collect(openFeed(), first, last, turn));
    for (const seen of await Promise.all(readers)) {
      expect(numbers(seen)).toEqual(range(first + 1, last));
      expect(seen.filter((item) => item.kind === "resync")).toEqual([]);
    }
  });

  it("waits for a reader that is slow, however much comes meanwhile, also when the process has let it go", async () => {
    const feed = openFeed();
    const first = await lastNumber(test.sql);
    const slow = feed.subscribe({ after: first, abort: new AbortController().signal });
    await slow.next(); // the start, and then nothing for long
    await happen(3_000, 1_000);
    const last = await happen(9_000, 1_000);
    await collect(feed, last - 1, last);
    const seen: number[] = [];
    while (seen.at(-1) !== last) seen.push(...numbers((await slow.next()).value ?? []));
    expect(seen).toEqual(range(first + 1, last));
    feed.close();
  });

  it("of hints is one hint for each run, the newest", async () => {
    const { feed, outputs } = openEvents({ sql: test.sql, redis: test.redis, signals: test.signals });
    const slow = feed.subscribe({ after: null, abort: new AbortController().signal });
    await slow.next();
    const quick = feed.subscribe({ after: null, abort: new AbortController().signal });
    await quick.next();
    const hint = (runId: number, lines: number) => ({ runId, lines, bytes: 10 * lines, complete: lines === 3 });
    for (const [runId, lines] of [
      [1, 1],
      [1, 2],
      [2, 1],
      [1, 3],
    ] as const) {
      const next = quick.next();
      outputs.send(hint(runId, lines));
      expect((await next).value).toMatchObject([{ hint: hint(runId, lines) }]);
    }
    expect((await slow.next()).value).toMatchObject([{ hint: hint(1, 3) }, { hint: hint(2, 1) }]);
    feed.close();
  });
});

describe("a reader that has stopped", () => {
  it("is dropped when its patience is over, told once, and nobody else is", async () => {
    const feed = openFeed(100);
    const last = await lastNumber(test.sql);
    let drops = 0;
    const onDropped = () => {
      drops += 1;
    };
    const stopped = feed.subscribe({ after: last, abort: new AbortController().signal, onDropped });
    await stopped.next(); // the start
    const waiting = stopped.next(); // takes the first page, and then nothing more
    const quick = collect(feed, last, last + 900);
    await expect.poll(() => feed.size).toBe(2);
    await happen(100);
    expect(numbers((await waiting).value ?? [])).toContain(last + 1);
    await expect.poll(() => drops).toBe(1);
    await happen(800);
    expect(numbers(await quick)).toEqual(range(last + 1, last + 900));
    expect(await stopped.next()).toMatchObject({ done: true });
    expect(drops).toBe(1);
    expect(feed.size).toBe(0);
    feed.close();
  });

  it("is dropped also while it is given what happened before it came", async () => {
    const first = await lastNumber(test.sql);
    await happen(600);
    const feed = openFeed(100);
    let drops = 0;
    const onDropped = () => {
      drops += 1;
    };
    const stopped = feed.subscribe({ after: first, abort: new AbortController().signal, onDropped });
    await stopped.next();
    await stopped.next();
    await expect.poll(() => drops).toBe(1);
    expect(await stopped.next()).toMatchObject({ done: true });
    feed.close();
  });

  it("is not one that waits for something to happen", async () => {
    const feed = openFeed(1);
    const first = await lastNumber(test.sql);
    const quiet = collect(feed, first, first + 2);
    let drops = 0;
    const onDropped = () => {
      drops += 1;
    };
    const other = feed.subscribe({ after: first, abort: new AbortController().signal, onDropped });
    await other.next(); // this one stops: when it is dropped, the quiet one has waited as long
    await expect.poll(() => drops).toBe(1);
    await happen(2);
    expect(numbers(await quiet)).toEqual([first + 1, first + 2]);
    feed.close();
  });
});
