import { connect, type Socket } from "node:net";
import { expect, it } from "vitest";
import { type GatewayHarness, openGatewayHarness, PAGES_HOST, sha256 } from "../testing/gateway-harness.ts";

const body = "x".repeat(1_000);
const REQUESTS = [
  "POST /worker/v1/claim",
  `POST /worker/v1/runs/1/log?number=0&offset=0&sha256=${sha256(body)}`,
  `PUT /worker/v1/runs/1/artifacts?name=a&size=${body.length}&sha256=${sha256(body)}`,
];

const soon = { timeout: 45_000, interval: 10 };

/** Sends the head of a request and a part of its body. */
function begin(web: GatewayHarness, line: string, session: string, part: string): Socket {
  const socket = connect(web.port, "127.0.0.1");
  socket.on("error", () => undefined);
  const headers = `Host: ${PAGES_HOST}\r\nAuthorization: Bearer ${session}\r\nContent-Type: application/json`;
  socket.write(`${line} HTTP/1.1\r\n${headers}\r\nContent-Length: ${body.length}\r\n\r\n${part}`);
  return socket;
}

it("ends requests whose clients leave while it finds out who asks, and while it reads", async () => {
  const web = await openGatewayHarness();
  const { session } = await web.running(await web.farm());
  const { sql } = web.test;
  const waiting = async () => {
    const text = `SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    return (await sql.one<{ n: number }>(text)).n;
  };
  for (const line of REQUESTS) {
    for (const part of ["", "half"]) {
      await sql.transaction(async (tx) => {
        await tx.count("LOCK TABLE workers IN ACCESS EXCLUSIVE MODE");
        const socket = begin(web, line, session, part);
        await expect.poll(waiting, soon).toBe(1);
        socket.destroy();
        await expect.poll(() => web.connections(), soon).toBeLessThanOrEqual(1);
      });
    }
    const reading = begin(web, line, session, "half");
    await expect.poll(() => web.connections(), soon).toBe(2);
    reading.destroy();
  }
  await web.close(); // waits for every request
  expect(web.reports).toEqual([]);
});
