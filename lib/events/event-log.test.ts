import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { numberEvents } from "../scheduler/relay/number-events.ts";
import { type TestContext, testContext } from "../testing/context.ts";
import { EventLog } from "./event-log.ts";
import { EventStream } from "./event-stream.ts";
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
describe("reaches", () => {
  it("is false for what is older than the retention, or no longer kept", async () => {
    const last = await happen(5);
    await test.sql.count("UPDATE events SET created_at = now() - interval '8 days' WHERE seq = $1", [last - 3]);
    await test.redis.flushdb();
    const log = new EventLog(test.sql, stream);
    expect(await log.reaches(last - 4)).toBe(false);
    expect(await log.reaches(last - 3)).toBe(true);
    expect(await log.reaches(last)).toBe(true);
    expect(await log.reaches(last + 1)).toBe(false);
    await test.sql.count("DELETE FROM events WHERE seq <= $1", [last - 1]);
    expect(await log.reaches(last - 2)).toBe(false);
    expect(await log.reaches(last - 1)).toBe(true);
  });
});
