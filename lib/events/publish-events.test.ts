import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { numberEvents } from "../scheduler/relay/number-events.ts";
import { type TestContext, testContext } from "../testing/context.ts";
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

async function happen(count: number): Promise<number> {
  await test.sql.count("INSERT INTO events (type) SELECT 'job.queued' FROM generate_series(1, $1::int)", [count]);
  while ((await numberEvents(test.ctx)).more);
  return lastNumber(test.sql);
}
const range = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, index) => first + index);

describe("publishEvents", () => {
  it("brings the stream up to date from wherever it stands, also several at once", async () => {
    const last = await happen(1200);
    await publishEvents(test.sql, stream);
    expect(await stream.last()).toBe(last);
    await happen(900);
    await Promise.all(Array.from({ length: 3 }, () => publishEvents(test.sql, stream)));
    expect((await stream.after(last, 2000)).map((event) => event.seq)).toEqual(range(last + 1, last + 900));
    expect(await publishEvents(test.sql, stream)).toBe(0);
  });

  it("gives an emptied stream the newest thousand back", async () => {
    const last = await happen(1200);
    expect(await publishEvents(test.sql, stream)).toBe(1000);
    expect((await stream.after(last - 1000, 5000)).length).toBe(1000);
    expect(await stream.after(last - 1001, 10)).toEqual([]); // the very next one is not there
  });

  it("begins anew when the database has gone back in time", async () => {
    const last = await happen(3);
    const nothing = { branchId: null, pushId: null, jobId: null, runId: null, body: {} };
    await stream.append([{ seq: last + 50, type: "job.done", at: new Date().toISOString(), ...nothing }]);
    await publishEvents(test.sql, stream);
    expect(await stream.last()).toBe(last);
  });

  it("tells of a Redis that refuses for another reason", async () => {
    await happen(1);
    await test.redis.set("events", "no stream");
    await expect(publishEvents(test.sql, stream)).rejects.toThrow("WRONGTYPE");
  });
});
