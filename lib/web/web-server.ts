import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { trustedProxies } from "../http/client-address.ts";
import { cleanRequest, securityHeaders, transportHeaders } from "../http/edge-headers.ts";
import { type HttpProblem, problemHeaders, toProblem } from "../http/problem.ts";
import { refuseRequest } from "./refuse-request.ts";

/** Answers a request and says true, or leaves it alone and says false. `ip` is where it came from. */
export type PlainHandler = (request: IncomingMessage, response: ServerResponse, ip: string | null) => Promise<boolean>;

/** What the server is made of. */
export interface WebServerOptions {
  /** Asked first. */
  gateway: PlainHandler;
  /** Answers everything else. */
  pages: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  /** People come by https. */
  https: boolean;
  /** Addresses and ranges of proxies on other machines. */
  trustedProxies?: readonly string[];
  /** Hears of errors that no handler has answered. */
  report: (error: unknown) => void;
}

const HEADERS_MS = 10_000;
const BODY_MS = 60_000;
const KEEP_ALIVE_MS = 65_000;
const CHECK_EVERY_MS = 5_000;
const MAX_HEADER_BYTES = 16 * 1024;
const MAX_CONNECTIONS = 20_000;

/**
 * The one server of a web process. Headers must arrive within 10 s. Bodies of requests to the pages must arrive within 60 s; the gateway
 * sets its own limits, because an artifact may take long. Answers may take as long as they like: streams and long polls do.
 */
export function createWebServer(options: WebServerOptions): Server {
  const always = Object.entries(transportHeaders(options.https));
  const headers = Object.entries(securityHeaders());
  const trusted = trustedProxies(options.trustedProxies);
  const server = createServer(
    {
      headersTimeout: HEADERS_MS,
      requestTimeout: 0,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: CHECK_EVERY_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
    },
    (request, response) => {
      answer(request, response).catch((error: unknown) => {
        options.report(error);
        if (response.headersSent) response.destroy();
        else response.writeHead(500, { "content-type": "text/plain" }).end("Something went wrong on our side.\n");
      });
    },
  );
  server.maxConnections = MAX_CONNECTIONS;
  return server;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const ip = cleanRequest(request, trusted);
    request.on("error", () => {}); // the connection broke; whoever reads the body hears of it
    response.on("error", () => {});
    for (const [name, value] of always) response.setHeader(name, value);
    if (await options.gateway(request, response, ip)) return;
    limitBody(request);
    for (const [name, value] of headers) response.setHeader(name, value);
    const refusal = refuseRequest(request);
    if (refusal) return sendRefusal(response, refusal);
    await options.pages(request, response);
  }
}

/** Answers without reading a body, so that the connection ends with it. */
function sendRefusal(response: ServerResponse, refusal: HttpProblem): void {
  const problem = toProblem(refusal);
  response.writeHead(problem.status, {
    ...problemHeaders(problem),
    "Cache-Control": "private, no-store",
    "X-Request-Id": problem.requestId ?? "",
    Connection: "close",
  });
  response.end(JSON.stringify(problem));
}

/** Ends the connection of whoever sends its request too slowly. */
function limitBody(request: IncomingMessage): void {
  const timer = setTimeout(() => {
    if (!request.complete) request.destroy();
  }, BODY_MS);
  timer.unref();
  const stop = () => clearTimeout(timer);
  request.once("end", stop);
  request.once("close", stop);
}
