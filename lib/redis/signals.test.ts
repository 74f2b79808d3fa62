import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FreshRedis, freshRedis } from "../testing/fresh-redis.ts";
import { openRedis, redisReady } from "./open-redis.ts";
import { openSignals, type RedisSignals } from "./signals.ts";

let server: FreshRedis;
let here: RedisSignals;
let there: RedisSignals;
beforeAll(async () => {
  server = await freshRedis();
  here = openSignals(server.url);
  there = openSignals(server.url);
  await Promise.all([here.pubSub.ready(), there.pubSub.ready()]);
});
afterAll(async () => {
  here.close();
  there.close();
  await server.drop();
});

describe("signals", () => {
  it("wake every process that waits for the topic, and nobody else", async () => {
    const woken = [
      here.next(["pool:1"], 60_000),
      there.next(["relay", "pool:1"], 60_000),
      there.next(["pool:1"], 60_000),
    ];
    const other = there.next(["pool:2"], 300);
    here.send("pool:1");
    expect(await Promise.all(woken)).toEqual([true, true, true]);
    expect(await other).toBe(false);
  });

  it("of one turn of the event loop arrive each at those who wait for it", async () => {
    const topics = ["slot:1:0", "slot:10:0", "relay"];
    const woken = topics.map((topic) => there.next([topic], 60_000));
    const other = there.next(["slot:1"], 300);
    for (const topic of topics) here.send(topic);
    expect(await Promise.all(woken)).toEqual([true, true, true]);
    expect(await other).toBe(false);
  });

  it("give up after the time or at the abort", async () => {
    expect(await here.next(["nothing"], 5)).toBe(false);
    const abort = new AbortController();
    const waiting = here.next(["nothing"], 60_000, abort.signal);
    abort.abort();
    expect(await waiting).toBe(false);
    expect(await here.next(["nothing"], 60_000, abort.signal)).toBe(false);
  });

  it("of another logical database are not heard", async () => {
    const stranger = await freshRedis();
    const elsewhere = openSignals(stranger.url);
    await elsewhere.pubSub.ready();
    const waiting = elsewhere.next(["pool:1"], 300);
    here.send("pool:1");
    expect(await waiting).toBe(false);
    elsewhere.close();
    await stranger.drop();
  });

  it("work within the process while Redis is away, and never throw", async () => {
    const alone = openSignals("redis://127.0.0.1:1");
    const waiting = alone.next(["relay"], 60_000);
    alone.send("relay");
    expect(await waiting).toBe(true);
    alone.close();
    alone.send("relay");
  });

  it("end every wait when they are closed", async () => {
    const closing = openSignals(server.url);
    const waiting = closing.next(["relay"], 60_000);
    closing.close();
    await waiting;
  });
});

describe("a connection that was cut", () => {
  it("listens again by itself", async () => {
    const own = await freshRedis();
    const [sender, receiver] = [openSignals(own.url), openSignals(own.url)];
    await Promise.all([sender.pubSub.ready(), receiver.pubSub.ready()]);
    const control = openRedis(own.url, "background");
    await redisReady(control);
    const clients = String(await control.call("CLIENT", "LIST", "TYPE", "pubsub"));
    const db = new URL(own.url).pathname.slice(1);
    const ids = clients
      .split("\n")
      .filter((line) => line.includes(` db=${db} `))
      .map((line) => /id=(\d+)/.exec(line)?.[1]);
    for (const id of ids) await control.call("CLIENT", "KILL", "ID", id ?? "");
    expect(ids.length).toBeGreaterThan(0);
    await expect
      .poll(() => {
        const waiting = receiver.next(["relay"], 200);
        sender.send("relay");
        return waiting;
      })
      .toBe(true);
    for (const open of [sender, receiver]) open.close();
    control.disconnect();
    await own.drop();
  });
});
