import { expect, onTestFinished } from "vitest";
import type { Ask } from "./ask.ts";
import type { GatewayHarness } from "./gateway-harness.ts";

/** Polls with more patience than usual: this machine may be busy. */
export const until = <T>(read: () => T, options: object = {}) =>
  expect.poll(read, { timeout: 45_000, interval: 20, ...options });

/** An open event stream and what has come of it; it ends with the test. */
export async function followEvents(web: GatewayHarness, query: string, ask: Ask) {
  const stop = new AbortController();
  const response = await web.begin("GET", `/api/v1/events${query}`, { ...ask, signal: stop.signal });
  let text = "";
  let newest = "";
  let ended = false;
  response.setEncoding("utf8");
  response.on("data", (part: string) => {
    text += part;
    newest = (newest + part).slice(-10_000);
  });
  response.on("end", () => {
    ended = true;
  });
  response.on("error", () => undefined);
  onTestFinished(() => stop.abort());
  return {
    response,
    text: () => text,
    newest: () => newest,
    ended: () => ended,
    numbers: () => [...text.matchAll(/^id: \d+\ndata: \{"seq":(\d+)/gm)].map((match) => Number(match[1])),
    stop: () => stop.abort(),
  };
}
