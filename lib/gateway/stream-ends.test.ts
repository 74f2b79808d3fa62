import { expect, it, onTestFinished } from "vitest";
import { followEvents, until } from "../testing/follow-events.ts";
import { openGatewayHarness } from "../testing/gateway-harness.ts";
import { makeUser } from "../testing/rows.ts";
import type { StreamTimes } from "./doors.ts";

const NEVER = 3_600_000;

async function openWith(times: StreamTimes) {
  const web = await openGatewayHarness(times);
  onTestFinished(() => web.close());
  const userId = await makeUser(web.test.sql);
  const ask = { headers: { cookie: await web.cookieOf(userId) } };
  return { web, userId, ask, stream: await followEvents(web, "", ask) };
}

it("shows that it is alive, and ends with its session", async () => {
  const { web, userId, stream } = await openWith({ heartbeatMs: 50, maxAgeMs: NEVER });
  await until(stream.text).toContain("event: ping\ndata: {}\n\n");
  expect(stream.ended()).toBe(false);
  await web.test.sql.count("UPDATE sessions SET revoked_at = clock_timestamp() WHERE user_id = $1", [userId]);
  await until(stream.ended).toBe(true);
});

it("ends at its age", async () => {
  const { stream } = await openWith({ heartbeatMs: NEVER, maxAgeMs: 200 });
  await until(stream.ended).toBe(true);
});

it("ends when the process stops, and so do long polls", async () => {
  const { web, ask, stream } = await openWith({ heartbeatMs: NEVER, maxAgeMs: NEVER });
  const { session, runId } = await web.running(await web.farm());
  const body = { runIds: [runId], waitSeconds: 10 };
  const beat = web.ask("POST", "/worker/v1/heartbeat", { bearer: session, body });
  await web.gateway.close();
  await until(stream.ended).toBe(true);
  const { status, headers } = await beat;
  expect([status, headers.connection]).toEqual([200, "close"]);
  expect((await web.ask("GET", "/api/v1/events", ask)).status).toBe(503);
});
