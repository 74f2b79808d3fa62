import { dehydrate, hydrate, QueryClient, QueryObserver } from "@tanstack/react-query";
import { afterEach, beforeEach, expect, test } from "vitest";
import { keys } from "@/app/_queries/keys.ts";
import { Event } from "@/lib/contracts/event.ts";
import { Invalidator } from "./invalidator.ts";

let queries: QueryClient;
let invalidator: Invalidator;

beforeEach(() => {
  queries = new QueryClient({ defaultOptions: { queries: { staleTime: Number.POSITIVE_INFINITY } } });
  invalidator = new Invalidator(queries);
});
afterEach(() => {
  invalidator.stop();
  queries.clear();
});

const jobDone = Event.parse({
  seq: 1,
  type: "job.done",
  at: "2026-11-21T04:00:00.000Z",
  branchId: null,
  pushId: 7,
  jobId: 3,
  runId: null,
  body: {},
});

/** A query that is shown on the page, with how often it was read. */
function shown(key: readonly unknown[], read: () => Promise<unknown>) {
  let reads = 0;
  const observer = new QueryObserver(queries, {
    queryKey: key,
    queryFn: () => {
      reads += 1;
      return read();
    },
  });
  const hide = observer.subscribe(() => {});
  return { reads: () => reads, hide };
}

test("many events are one refetch of what they touch, and of nothing else", async () => {
  const push = shown(keys.push(7), async () => ({}));
  const other = shown(keys.push(8), async () => ({}));
  await expect.poll(() => [push.reads(), other.reads()]).toEqual([1, 1]);
  await expect.poll(() => queries.isFetching()).toBe(0);
  for (let i = 0; i < 50; i++) invalidator.take(jobDone);
  await expect.poll(() => push.reads()).toBe(2);
  expect(other.reads()).toBe(1);
});

test("an event during a read causes one more when the answer is here", async () => {
  const answers: (() => void)[] = [];
  const push = shown(keys.push(7), () => new Promise((resolve) => answers.push(() => resolve({}))));
  await expect.poll(() => answers).toHaveLength(1);
  invalidator.take(jobDone);
  await expect.poll(() => queries.getQueryState(keys.push(7))?.fetchStatus).toBe("fetching");
  answers[0]?.();
  await expect.poll(() => push.reads()).toBe(2);
});

test("what is not shown is only marked", async () => {
  queries.setQueryData(keys.push(7), {});
  invalidator.take(jobDone);
  await expect.poll(() => queries.getQueryState(keys.push(7))?.isInvalidated).toBe(true);
});

test("a page that opens just after an event hears of it again", async () => {
  invalidator.take(jobDone);
  const server = new QueryClient();
  server.setQueryData(keys.push(7), { readBefore: true });
  server.setQueryData(keys.push(8), { readBefore: true });
  hydrate(queries, dehydrate(server));
  await expect.poll(() => queries.getQueryState(keys.push(7))?.isInvalidated).toBe(true);
  expect(queries.getQueryState(keys.push(8))?.isInvalidated).toBe(false);
});
