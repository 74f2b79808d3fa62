import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Problem } from "../contracts/problem.ts";
import { HttpProblem, problemHeaders, toProblem } from "../http/problem.ts";
import type { GatewayDoors } from "./doors.ts";
import { LogConflict } from "./log-conflict.ts";

/** One request that the gateway answers, with everything that its handlers need. */
export interface Exchange {
  doors: GatewayDoors;
  request: IncomingMessage;
  response: ServerResponse;
  /** The path as it was sent: nothing is decoded or resolved. */
  path: string;
  query: URLSearchParams;
  /** Where it came from. */
  ip: string | null;
  requestId: string;
  /** Fires when the client is gone, or the process stops: then nobody waits for the answer any longer. */
  abort: AbortSignal;
  /** Fires when the process stops. */
  closing: AbortSignal;
}

/** Makes an exchange of a request; `closing` fires when the process stops. */
export function openExchange(
  doors: GatewayDoors,
  request: IncomingMessage,
  response: ServerResponse,
  ip: string | null,
  closing: AbortSignal,
): Exchange {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  const abort = AbortSignal.any([gone.signal, closing]);
  const [path = "", search = ""] = (request.url ?? "").split("?", 2);
  const query = new URLSearchParams(search);
  return { doors, request, response, path, query, ip, requestId: randomUUID(), abort, closing };
}

/** Answers with JSON. */
export function sendJson({ response, requestId, closing }: Exchange, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(200, {
    ...headersOf(requestId),
    "Content-Type": "application/json",
    "Content-Length": Buffer.byteLength(text),
    ...(closing.aborted && { Connection: "close" }), // the next request goes to another process
  });
  response.end(text);
}

/** Answers with problem details of an error; when an answer has begun, breaks it off. */
export function sendProblem({ doors, request, response, requestId, closing }: Exchange, error: unknown): void {
  if (response.destroyed || response.writableEnded) return;
  if (response.headersSent) {
    doors.report(error, requestId);
    response.destroy();
    return;
  }
  const problem: Problem = toProblem(error, requestId, (cause, id) => doors.report(cause, id));
  const text = JSON.stringify(error instanceof LogConflict ? { ...problem, ...error.expected } : problem);
  response.writeHead(problem.status, {
    ...headersOf(requestId),
    ...problemHeaders(problem),
    "Content-Length": Buffer.byteLength(text),
    // What is left of a body that is not wanted is not read.
    ...((closing.aborted || !request.complete) && { Connection: "close" }),
  });
  response.end(text);
}

/** A refusal that names the methods that are possible. */
export function methodRefusal({ request, response }: Exchange, allowed: readonly string[]): HttpProblem {
  response.setHeader("Allow", allowed.join(", "));
  const detail = `${request.method} is not possible here; ${allowed.join(" and ")} ${allowed.length > 1 ? "are" : "is"}.`;
  return new HttpProblem("invalid", detail, { status: 405 });
}

function headersOf(requestId: string): Record<string, string> {
  return {
    "Cache-Control": "private, no-store",
    Vary: "Cookie, Authorization",
    "X-Content-Type-Options": "nosniff",
    "X-Request-Id": requestId,
  };
}
