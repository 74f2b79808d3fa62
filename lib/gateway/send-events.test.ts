import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mintToken } from "../auth/tokens.ts";
import { lastNumber } from "../events/publish-events.ts";
import { numberEvents } from "../scheduler/relay/number-events.ts";
import type { Ask } from "../testing/ask.ts";
import { followEvents, until } from "../testing/follow-events.ts";
import { type GatewayHarness, openGatewayHarness, PAGES_HOST } from "../testing/gateway-harness.ts";
import { makeUser } from "../testing/rows.ts";

let web: GatewayHarness;
let userId: number;
let cookie: string;
beforeAll(async () => {
  web = await openGatewayHarness();
  userId = await makeUser(web.test.sql);
  cookie = await web.cookieOf(userId);
});
afterAll(() => web.close());

/** Commits and numbers events; answers the last number. */
async function happen(count: number, columns: Record<string, number> = {}, textBytes = 0): Promise<number> {
  const names = ["type", "body", ...Object.keys(columns)].join(", ");
  const values = Object.values(columns)
    .map((value) => `, ${value}`)
    .join("");
  const body = `jsonb_build_object('text', repeat('x', ${textBytes}))`;
  await web.test.sql.count(
    `INSERT INTO events (${names}) SELECT 'job.queued', ${body}${values} FROM generate_series(1, ${count})`,
  );
  while ((await numberEvents(web.test.ctx)).more);
  web.test.ctx.signals.send("events");
  return lastNumber(web.test.sql);
}

const follow = (query = "", ask: Ask = { headers: { cookie } }) => followEvents(web, query, ask);

describe("the event stream", () => {
  it("tells what happens from now on, to a session or a token", async () => {
    const token = { kind: "user", userId, name: "t", scopes: ["read"], expiresInDays: 1 } as const;
    const { secret } = await mintToken(web.test.sql, token);
    const streams = [await follow(), await follow("", { bearer: secret })];
    const last = await happen(2);
    for (const stream of streams) {
      expect(stream.response.headers).toMatchObject({
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "private, no-store, no-transform",
        "x-accel-buffering": "no",
      });
      await until(() => stream.numbers().slice(-2)).toEqual([last - 1, last]);
      expect(stream.text()).toMatch(/^retry: 2000\n\n: open\nid: \d+\nevent: start\ndata: \{"seq":\d+\}\n\n/);
    }
  });

  it("goes on after Last-Event-ID, or after lastEventId in the address", async () => {
    const first = await happen(600);
    const last = await happen(3);
    const header = await follow("", { headers: { cookie, "last-event-id": String(first) } });
    const query = await follow(`?lastEventId=${first - 550}`);
    await until(header.numbers).toEqual([last - 2, last - 1, last]);
    await until(() => query.numbers().length).toBe(553);
    expect(query.numbers()[0]).toBe(first - 549);
  });

  it("asks a reader to read anew whose number was never given out", async () => {
    const last = await happen(1);
    const stream = await follow(`?lastEventId=${last + 100}`);
    await until(stream.text).toMatch(/id: \d+\nevent: resync/);
  });

  it.each([
    ["push", "push_id"],
    ["branch", "branch_id"],
    ["job", "job_id"],
    ["run", "run_id"],
  ])("tells a reader of one %s of nothing else, but how far it has come", async (name, column) => {
    const stream = await follow(`?${name}=41`);
    const wanted = await happen(1, { [column]: 41 });
    await happen(1, { [column]: 42 });
    const last = await happen(1);
    await until(stream.text).toContain(`id: ${last}\n\n`);
    expect(stream.numbers()).toEqual([wanted]);
  });

  it("passes on that a log grew, for readers of that run or of all", async () => {
    const [all, mine, other] = [await follow(), await follow("?run=7"), await follow("?run=8")];
    await until(() => web.events.feed.size).toBeGreaterThanOrEqual(3);
    const hint = { runId: 7, lines: 1, bytes: 2, complete: false };
    web.events.outputs.send(hint);
    const frame = `event: output\ndata: ${JSON.stringify(hint)}\n\n`;
    await until(all.text).toContain(frame);
    await until(mine.text).toContain(frame);
    const last = await happen(1, { run_id: 8 });
    await until(other.numbers).toEqual([last]);
    expect(other.text()).not.toContain("output");
  });

  it("is refused to whoever is not known or may not read", async () => {
    const hook = { kind: "hook", userId: null, name: "h", scopes: ["pushes:write"], expiresInDays: 1 } as const;
    const { secret } = await mintToken(web.test.sql, hook);
    const status = async (ask: Ask) => (await web.ask("GET", "/api/v1/events", ask)).status;
    expect(await status({})).toBe(401);
    expect(await status({ headers: { cookie: "self-serve.session=x" } })).toBe(401);
    expect(await status({ bearer: "x", headers: { cookie } })).toBe(401);
    expect(await status({ bearer: secret })).toBe(403);
    expect((await web.ask("POST", "/api/v1/events", { headers: { cookie } })).status).toBe(405);
  });

  it.each(["?lastEventId=x", "?lastEventId=-1", "?push=x", "?push=0", "?run=1&run=2", "?unknown=1", "?branch=1e3"])(
    "is refused with %s",
    async (query) => {
      expect((await web.ask("GET", `/api/v1/events${query}`, { headers: { cookie } })).status).toBe(422);
    },
  );

  it("frees everything when its reader leaves", async () => {
    await until(() => web.events.feed.size).toBe(0);
    const streams = await Promise.all(Array.from({ length: 50 }, () => follow()));
    await until(() => web.events.feed.size).toBe(50);
    for (const stream of streams) stream.stop();
    await until(() => web.events.feed.size).toBe(0);
    await until(() => web.connections()).toBeLessThan(20);
  });

  it("carries a burst of 5,000 events of 1 KB to whoever follows and whoever comes back, filtered or not", async () => {
    await until(() => web.events.feed.size).toBe(0);
    const first = await happen(0);
    const streams = [await follow(), await follow("?push=41")];
    const last = await happen(5_000, { push_id: 41 }, 1_000);
    streams.push(await follow("", { headers: { cookie, "last-event-id": String(first) } }));
    for (const stream of streams) {
      await until(() => stream.newest().includes(`\nid: ${last}\n`)).toBe(true);
      expect(stream.numbers()).toEqual(Array.from({ length: 5_000 }, (_, index) => first + 1 + index));
      expect(stream.ended()).toBe(false);
    }
  });

  it("drops readers that do not read, frees them, and keeps the others", async () => {
    await until(() => web.events.feed.size).toBe(0);
    const sockets = Array.from({ length: 5 }, () => connect(web.port, "127.0.0.1"));
    let dropped = 0;
    for (const socket of sockets) {
      socket.pause();
      socket.on("error", () => undefined);
      socket.on("close", () => {
        dropped++;
      });
      socket.write(`GET /api/v1/events HTTP/1.1\r\nHost: ${PAGES_HOST}\r\nCookie: ${cookie}\r\n\r\n`);
    }
    const reader = await follow();
    await until(() => web.events.feed.size).toBe(6);
    const first = await happen(0);
    // more than the connections take by themselves
    for (let round = 1; round <= 5; round++) await happen(500, {}, 8_000);
    const last = await lastNumber(web.test.sql);
    await until(() => web.events.feed.size).toBe(1);
    await until(() => reader.newest().includes(`\nid: ${last}\n`)).toBe(true);
    expect(reader.numbers()).toEqual(Array.from({ length: last - first }, (_, index) => first + 1 + index));
    for (const socket of sockets) socket.resume();
    await until(() => dropped).toBe(5);
  });
});
