import type { IncomingMessage, ServerResponse } from "node:http";
import { SchedulerError } from "../scheduler/errors.ts";
import { answerContent } from "./answer-content.ts";
import type { GatewayDoors } from "./doors.ts";
import { type Exchange, methodRefusal, openExchange, sendProblem } from "./exchange.ts";
import { sendEvents } from "./send-events.ts";
import { answerWorker } from "./worker-routes.ts";

/** The plain handlers beside the pages. */
export interface Gateway {
  /** Answers the request and says true, or leaves it to the pages and says false. `ip` is where it came from. */
  handle(request: IncomingMessage, response: ServerResponse, ip: string | null): Promise<boolean>;
  /** Answers long polls, tells event streams to come back, and resolves when all of them have ended. */
  close(): Promise<void>;
}

/** Opens the gateway: the content host, the worker protocol and the event stream. */
export function openGateway(doors: GatewayDoors): Gateway {
  const closing = new AbortController();
  const open = new Set<Promise<void>>();
  const contentHost = new URL(doors.contentOrigin).host;
  return {
    handle: async (request, response, ip) => {
      const answer = handlerFor(request, contentHost);
      if (!answer) return false;
      const exchange = openExchange(doors, request, response, ip, closing.signal);
      const done = answer(exchange).catch((error: unknown) => sendProblem(exchange, error));
      open.add(done);
      await done.finally(() => open.delete(done));
      return true;
    },
    close: async () => {
      closing.abort();
      await Promise.all(open);
    },
  };
}

function handlerFor(request: IncomingMessage, contentHost: string): ((exchange: Exchange) => Promise<void>) | null {
  if (request.headers.host?.toLowerCase() === contentHost) return answerContent;
  const [path = ""] = (request.url ?? "").split("?", 1);
  if (path === "/worker" || path.startsWith("/worker/")) return answerWorker;
  if (path === "/api/v1/events") return answerEvents;
  return null;
}

async function answerEvents(exchange: Exchange): Promise<void> {
  if (exchange.request.method !== "GET") throw methodRefusal(exchange, ["GET"]);
  if (exchange.abort.aborted) throw new SchedulerError("unavailable", "This server is stopping; come back at once.");
  await sendEvents(exchange);
}
