import { randomUUID } from "node:crypto";
import type { z } from "zod";
import type { Endpoint } from "../contracts/endpoint.ts";
import { IdempotencyKey } from "../contracts/job.ts";
import type { SchedulerContext } from "../scheduler/context.ts";
import { SchedulerError } from "../scheduler/errors.ts";
import { contextFromRequest } from "../server.ts";
import { HttpProblem, problemHeaders, toProblem } from "./problem.ts";
import { readBody, readQuery } from "./read-request.ts";

type Given<Schema extends z.ZodType | undefined> = Schema extends z.ZodType ? z.output<Schema> : undefined;

/** What an endpoint's request says, checked. */
export interface RouteInput<E extends Endpoint> {
  params: Given<E["params"]>;
  query: Given<E["query"]>;
  body: Given<E["body"]>;
  idempotencyKey: string | undefined;
}

/** What an endpoint's handler answers with: its reply, or a whole response, such as a redirect. */
type Answer<E extends Endpoint> = Promise<(E["reply"] extends z.ZodType ? z.input<E["reply"]> : never) | Response>;

/** A handler as the framework calls it. */
export type RouteHandler = (request: Request, context: { params: Promise<unknown> }) => Promise<Response>;

/** Headers of every answer that depends on who asks. */
export const PRIVATE_HEADERS = {
  "Cache-Control": "private, no-store",
  Vary: "Cookie, Authorization",
  "X-Content-Type-Options": "nosniff",
  "Cross-Origin-Resource-Policy": "same-origin",
} as const;

/**
 * Makes a route handler of a verb. Who asks is known before anything is read; params, query and body are parsed once, unknown fields
 * refused; the reply has exactly the fields that the contract names; every error is problem details with a request id.
 */
export function route<E extends Endpoint>(
  endpoint: E,
  handle: (ctx: SchedulerContext, input: RouteInput<E>) => Answer<E>,
): RouteHandler {
  return async (request, { params }) => {
    const requestId = randomUUID();
    try {
      const ctx = await contextFromRequest(request, requestId, { readsOnly: endpoint.readsOnly === true });
      requireScope(ctx, endpoint);
      const input = {
        params: endpoint.params?.parse(await params),
        query: readQuery(request, endpoint.query),
        body: await readBody(request, endpoint.body),
        idempotencyKey: readKey(request),
      } as RouteInput<E>;
      const answer = await handle(ctx, input);
      if (answer instanceof Response) return withHeaders(answer, requestId);
      const reply = endpoint.reply?.parse(answer);
      return Response.json(reply, { status: endpoint.status ?? 200, headers: headersOf(requestId) });
    } catch (error) {
      return problemResponse(error, requestId);
    }
  };
}

/** An error as problem details. */
export function problemResponse(error: unknown, requestId: string = randomUUID(), headers: HeadersInit = {}): Response {
  const problem = toProblem(error, requestId);
  return new Response(JSON.stringify(problem), {
    status: problem.status,
    headers: {
      ...headersOf(requestId),
      ...problemHeaders(problem),
      ...headers,
    },
  });
}

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;
type Method = (typeof METHODS)[number];

/** All methods of one address: those it has, and for the others a refusal that names them. HEAD comes with GET. */
export function resource(
  handlers: Partial<Record<Method, RouteHandler>>,
): Record<Method | "HEAD" | "OPTIONS", RouteHandler> {
  const allowed = METHODS.filter((method) => handlers[method]).flatMap((method) =>
    method === "GET" ? [method, "HEAD"] : [method],
  );
  const allow = [...allowed, "OPTIONS"].join(", ");
  const refuse: RouteHandler = async (request) => {
    const detail = `${request.method} is not possible here; ${allow} ${allowed.length > 0 ? "are" : "is"}.`;
    return problemResponse(new HttpProblem("invalid", detail, { status: 405 }), undefined, { Allow: allow });
  };
  const head: RouteHandler = async (request, context) => {
    const { status, headers } = await (handlers.GET ?? refuse)(request, context);
    return new Response(null, { status, headers });
  };
  const options: RouteHandler = async () =>
    new Response(null, { status: 204, headers: { ...PRIVATE_HEADERS, Allow: allow } });
  return {
    ...(Object.fromEntries(METHODS.map((method) => [method, handlers[method] ?? refuse])) as Record<
      Method,
      RouteHandler
    >),
    HEAD: head,
    OPTIONS: options,
  };
}

function requireScope({ actor }: SchedulerContext, { scope }: Endpoint): void {
  if (scope === null || actor.kind === "system" || actor.kind === "worker" || actor.scopes.includes(scope)) return;
  throw new SchedulerError(
    "forbidden",
    `This needs a token with the scope ${scope}; yours has ${actor.scopes.join(", ") || "none"}.`,
  );
}

function readKey(request: Request): string | undefined {
  const key = request.headers.get("idempotency-key");
  if (key === null) return undefined;
  if (IdempotencyKey.safeParse(key).success) return key;
  throw new SchedulerError("invalid", "The header Idempotency-Key has 1 to 100 printable characters without spaces.");
}

function headersOf(requestId: string): Record<string, string> {
  return { ...PRIVATE_HEADERS, "X-Request-Id": requestId };
}

function withHeaders(response: Response, requestId: string): Response {
  for (const [name, value] of Object.entries(headersOf(requestId))) {
    if (!response.headers.has(name)) response.headers.set(name, value);
  }
  return response;
}
