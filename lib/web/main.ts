import type { Server } from "node:http";
import { createServer } from "node:http";
import path from "node:path";
import next from "next";
import { pino } from "pino";
import { EnvError } from "../config/env.ts";
import { openGateway } from "../gateway/gateway.ts";
import { metrics } from "../metrics/registry.ts";
import { closeServer, server } from "../server.ts";
import { gatewayDoors } from "./gateway-doors.ts";
import { createWebServer } from "./web-server.ts";

// The web process: worker protocol, event stream, artifacts, REST API and pages on one port.

/** Ends a process whose environment cannot be used; starting it again would not help. */
const EX_CONFIG = 78;
const STOP_MS = 10_000;
/** What is still under way at the end has this long before its connection is cut. */
const DRAIN_MS = 8_000;

const ROOT = path.resolve(import.meta.dirname, "../..");
const log = pino({ name: "web" }, pino.destination({ dest: 2, sync: true }));
const report = (error: unknown) => log.error({ err: error }, "Something failed while nobody waited for it.");

// An error that nobody expected leaves a state that nobody knows: the supervisor starts a new process.
process.on("uncaughtException", (error) => {
  log.fatal({ err: error }, "An error that nobody handled ends this process.");
  process.exit(1);
});
// Unlike in the timer, a promise that nobody looked at is no such error: Next begins reads whose page may turn out not to need them, when
// it redirects or its reader has left. If ending the process were the answer, one failed read could cut off every worker and every reader.
process.on("unhandledRejection", (error) => {
  log.error({ err: error }, "A promise failed and nobody looked at it.");
});

try {
  await start();
} catch (error) {
  if (error instanceof EnvError) {
    process.stderr.write(`${error.message}\n`);
    process.exit(EX_CONFIG);
  }
  log.fatal({ err: error }, "The web process could not start.");
  process.exit(1);
}

async function start(): Promise<void> {
  const { env } = server();
  log.level = env.LOG_LEVEL;
  metrics(); // the delay of the event loop is measured from here on
  const gateway = openGateway(gatewayDoors());
  const dev = env.NODE_ENV === "development";
  let pages: ReturnType<ReturnType<typeof next>["getRequestHandler"]> | undefined;
  const http = createWebServer({
    gateway: gateway.handle,
    pages: async (request, response) => pages?.(request, response),
    https: env.BASE_URL.startsWith("https:"),
    trustedProxies: env.TRUSTED_PROXIES,
    report,
  });
  // Only development needs upgrades, to reload pages. Otherwise the framework gets a server that never listens.
  const httpServer = dev ? http : createServer();
  const app = next({ dev, dir: ROOT, hostname: env.HOST, port: env.PORT, httpServer });
  await app.prepare();
  pages = app.getRequestHandler();
  await listen(http, env.HOST, env.PORT);
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => {
      log.info(`Stopping, because of ${signal}.`);
      stop(http, gateway.close).catch(report);
    });
  }
  process.stdout.write(`ready ${env.BASE_URL}\n`);
}

function listen(http: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    http.once("error", reject);
    http.listen({ host, port, backlog: 4_096 }, () => {
      http.off("error", reject);
      resolve();
    });
  });
}

/** Takes no more connections, answers long polls, tells streams to come back, waits for the rest, and ends the process. */
async function stop(http: Server, closeGateway: () => Promise<void>): Promise<void> {
  setTimeout(() => process.exit(0), STOP_MS).unref();
  const closed = new Promise<void>((resolve) => http.close(() => resolve()));
  const cut = setTimeout(() => http.closeAllConnections(), DRAIN_MS);
  await closeGateway();
  http.closeIdleConnections();
  await closed;
  clearTimeout(cut);
  await closeServer();
  process.exit(0);
}
