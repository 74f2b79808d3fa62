import { afterAll, beforeAll, expect, it } from "vitest";
import type { OutputHint } from "../contracts/event.ts";
import { PubSub } from "../redis/pub-sub.ts";
import { type FreshRedis, freshRedis } from "../testing/fresh-redis.ts";
import { OutputHints } from "./output-hints.ts";

let server: FreshRedis;
let here: PubSub;
let there: PubSub;
beforeAll(async () => {
  server = await freshRedis();
  here = new PubSub(server.url);
  there = new PubSub(server.url);
});
afterAll(async () => {
  here.close();
  there.close();
  await server.drop();
});

it("tells every process of the newest figures, a few times a second however fast the log grows", async () => {
  const heard: OutputHint[] = [];
  const stop = new OutputHints(there).subscribe((hint) => heard.push(hint));
  await Promise.all([here.ready(), there.ready()]);
  const outputs = new OutputHints(here);
  for (let lines = 1; lines <= 1000; lines += 1) outputs.send({ runId: 1, lines, bytes: lines * 10, complete: false });
  outputs.send({ runId: 2, lines: 1, bytes: 1, complete: true });
  await expect.poll(() => heard.some((hint) => hint.lines === 1000)).toBe(true);
  expect(heard.filter((hint) => hint.runId === 1).map((hint) => hint.lines)).toEqual([1, 1000]);
  expect(heard.filter((hint) => hint.runId === 2)).toHaveLength(1);
  stop();
});

it("passes over what is no hint", async () => {
  const heard: OutputHint[] = [];
  const stop = new OutputHints(there).subscribe((hint) => heard.push(hint));
  await Promise.all([here.ready(), there.ready()]);
  here.publish("run-output", "not JSON");
  here.publish("run-output", '{"runId": -1}');
  here.publish("run-output", '{"runId": 5, "lines": 1, "bytes": 2, "complete": true}');
  await expect.poll(() => heard).toEqual([{ runId: 5, lines: 1, bytes: 2, complete: true }]);
  stop();
});
