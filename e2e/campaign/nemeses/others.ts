import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import path from "node:path";
import { setTimeout as pass } from "node:timers/promises";
import type { Random } from "../random.ts";
import type { World } from "../world.ts";
import type { Nemesis } from "./nemesis.ts";

const HOUR_MS = 3_600_000;

function skew(kind: "webs" | "workers" | "timers"): Nemesis {
  return {
    kind: `clock of a ${kind.slice(0, -1)} wrong by an hour`,
    seconds: [3, 12],
    needs: [`clock ${kind}`],
    strike: (world, random) => {
      const { name } = random.pick(world[kind]);
      const shift = random.pick([-HOUR_MS, HOUR_MS]);
      const file = path.join(world.clocks, name);
      writeFileSync(file, String(shift));
      return { target: name, parts: ["clock"], detail: `${shift} ms`, end: () => writeFileSync(file, "0") };
    },
  };
}

/** Readers that open the stream of events and never read from it. */
const slowReader: Nemesis = {
  kind: "slow readers of events",
  seconds: [2, 8],
  needs: ["slow reader"],
  strike: (world, random) => {
    const url = new URL(random.pick(world.urls.webs));
    const sockets = Array.from({ length: 20 }, () => {
      const socket = connect(Number(url.port), url.hostname);
      socket.on("error", () => {}); // the server may end it
      socket.write(
        `GET /api/v1/events?lastEventId=0 HTTP/1.1\r\nHost: ${url.host}\r\nAuthorization: Bearer ${world.people.dev}\r\n\r\n`,
      );
      socket.pause();
      return socket;
    });
    const end = () => sockets.forEach((socket) => void socket.destroy());
    return { target: url.host, parts: ["reader"], end };
  },
};

const json = (path: string, body: string) =>
  `POST ${path} HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`;

/** Requests that nobody should send; each ends with the head still open. */
const MALFORMED: readonly ((random: Random) => { head: string; body?: string })[] = [
  () => ({ head: "GET /api/v1/jobs/%E0%A4%A HTTP/1.1\r\n" }),
  () => ({ head: "GET /api/v1/jobs?state=nonsense&state=queued HTTP/1.1\r\n" }),
  () => ({ head: "GET /api/v1/jobs/99999999999999999999 HTTP/1.1\r\n" }),
  () => ({ head: "GET /api/v1/../../etc/passwd HTTP/1.1\r\n" }),
  () => ({ head: "GET /api/v1/jobs/__proto__ HTTP/1.1\r\n" }),
  () => ({ head: "GET /api/v1/events?lastEventId=-5 HTTP/1.1\r\n" }),
  () => ({ head: json("/api/v1/commands", "{"), body: "{" }),
  () => ({
    head: json("/api/v1/commands", '{"kind":"cancel","jobIds":["1"]}'),
    body: '{"kind":"cancel","jobIds":["1"]}',
  }),
  () => ({
    head: json("/api/v1/commands", '{"__proto__":{"kind":"cancel"}}'),
    body: '{"__proto__":{"kind":"cancel"}}',
  }),
  () => ({ head: json("/api/v1/jobs/1/cancel", '{"reason":"\\ud800\\u0000"}'), body: '{"reason":"\\ud800\\u0000"}' }),
  () => {
    const deep = "[".repeat(10_000);
    return { head: json("/api/v1/commands", deep), body: deep };
  },
  () => ({ head: json("/worker/v1/claim", "null"), body: "null" }),
  () => ({ head: json("/worker/v1/heartbeat", '{"runIds":[-1]}'), body: '{"runIds":[-1]}' }),
  () => ({ head: "POST /worker/v1/runs/1/log?number=NaN HTTP/1.1\r\nContent-Length: 0\r\n" }),
  (random) => ({ head: `GET /${String.fromCharCode(33 + random.below(90)).repeat(3_000)} HTTP/1.1\r\n` }),
];

const malformed: Nemesis = {
  kind: "malformed requests",
  seconds: [0, 0],
  needs: [],
  strike: async (world, random) => {
    const url = new URL(random.pick(world.urls.webs));
    const statuses: number[] = [];
    for (let count = 0; count < 20; count++) {
      const { head, body = "" } = random.pick(MALFORMED)(random);
      const bearer = random.pick([world.people.dev, "%", "ss_user_x_y_z"]);
      statuses.push(
        await askRaw(
          url,
          `${head}Host: ${url.host}\r\nAuthorization: Bearer ${bearer}\r\nConnection: close\r\n\r\n${body}`,
        ),
      );
    }
    return { target: url.host, parts: [], detail: JSON.stringify(statuses) };
  },
};

/** The status of the answer to these bytes; 0 when none came. */
async function askRaw(url: URL, request: string): Promise<number> {
  const socket = connect(Number(url.port), url.hostname);
  let answer = "";
  const closed = new Promise<void>((resolve) => {
    socket.on("data", (data) => {
      answer += data.toString("latin1");
    });
    socket.on("error", () => {}); // its close follows
    socket.on("close", () => resolve());
  });
  socket.write(request);
  await Promise.race([closed, pass(5_000)]);
  socket.destroy();
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0);
}

/** Clocks that are wrong, readers that do not read, and requests that make no sense. */
export const OTHER_NEMESES: readonly Nemesis[] = [skew("webs"), skew("workers"), skew("timers"), slowReader, malformed];

/** Lets everything go on as it should, whatever was done to it. */
export function calmClocks(world: World): void {
  for (const { name } of [...world.webs, ...world.timers, ...world.workers])
    writeFileSync(path.join(world.clocks, name), "0");
}
