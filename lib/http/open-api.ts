import { z } from "zod";
import type { Endpoint } from "../contracts/endpoint.ts";
import { ENDPOINTS } from "../contracts/endpoints.ts";
import { Event, OutputHint } from "../contracts/event.ts";
import { IdempotencyKey } from "../contracts/job.ts";
import { Problem } from "../contracts/problem.ts";

type Json = Record<string, unknown>;

const PROBLEMS = {
  401: "Nobody asks: no token or session, or one that is no longer valid.",
  403: "Whoever asks may not do this.",
  404: "There is no such thing.",
  409: "Not possible as things are now; `state` says how they are.",
  422: "The request is not right; `issues` says where.",
  503: "The database does not answer at the moment.",
};

/** The event stream, which a plain handler answers. */
const EVENTS = {
  operationId: "streamEvents",
  summary: "Every change as a server-sent event, without gaps: send the last id again to go on after it.",
  description: "A token needs the scope `read`.",
  parameters: [
    {
      name: "Last-Event-ID",
      in: "header",
      required: false,
      description: "The `id` of the last event that was received.",
      schema: { type: "string", pattern: "^[0-9]+$" },
    },
  ],
  responses: {
    200: {
      description: "Events: `data` is an Event, or for the event `output` an OutputHint.",
      content: { "text/event-stream": { schema: { anyOf: [ref("Event"), ref("OutputHint")] } } },
    },
    401: { description: PROBLEMS[401], content: { "application/problem+json": { schema: ref("Problem") } } },
  },
};

/** The REST API as an OpenAPI 3.1 document, made from the same schemas that check requests and replies. */
export function openApi(): { openapi: string } & Json {
  const paths: Record<string, Json> = {};
  for (const [name, endpoint] of Object.entries<Endpoint>(ENDPOINTS)) {
    const path = paths[endpoint.path] ?? {};
    paths[endpoint.path] = path;
    path[endpoint.method.toLowerCase()] = operation(name, endpoint);
  }
  paths["/events"] = { get: EVENTS };
  return {
    openapi: "3.1.0",
    info: {
      title: "Self-Serve",
      version: "1",
      description:
        "Controls the jobs that build and test pushes. Send an API token as `Authorization: Bearer …`; tokens are made on the page API tokens. A browser's session may read, but not write.",
    },
    servers: [{ url: "/api/v1" }],
    security: [{ token: [] }, { session: [] }],
    paths,
    components: {
      securitySchemes: {
        token: { type: "http", scheme: "bearer" },
        session: { type: "apiKey", in: "cookie", name: "self-serve.session" },
      },
      schemas: {
        Problem: jsonSchema(Problem, "output"),
        Event: jsonSchema(Event, "output"),
        OutputHint: jsonSchema(OutputHint, "output"),
      },
    },
  };
}

function operation(operationId: string, endpoint: Endpoint): Json {
  const parameters = [...parametersOf(endpoint.params, "path"), ...parametersOf(endpoint.query, "query")];
  const writes = endpoint.method !== "GET";
  return {
    operationId,
    summary: endpoint.summary,
    ...(endpoint.scope && { description: `A token needs the scope \`${endpoint.scope}\`.` }),
    ...(writes && { security: [{ token: [] }] }),
    parameters: endpoint.scope === "jobs:write" ? [...parameters, IDEMPOTENCY_KEY_HEADER] : parameters,
    ...(endpoint.body && {
      requestBody: { required: true, content: { "application/json": { schema: jsonSchema(endpoint.body, "input") } } },
    }),
    responses: { [endpoint.status ?? 200]: success(endpoint), ...problems() },
  };
}

function success({ status, reply }: Endpoint): Json {
  if (!reply) return { description: status === 302 ? "Where it is." : "Done." };
  return { description: "Done.", content: { "application/json": { schema: jsonSchema(reply, "output") } } };
}

function problems(): Json {
  const content = { "application/problem+json": { schema: ref("Problem") } };
  return Object.fromEntries(
    Object.entries(PROBLEMS).map(([status, description]) => [status, { description, content }]),
  );
}

function parametersOf(schema: z.ZodType | undefined, place: "path" | "query"): Json[] {
  if (!schema) return [];
  const { properties = {}, required = [] } = jsonSchema(schema, "input");
  return Object.entries(properties as Record<string, Json>).map(([name, property]) => ({
    name,
    in: place,
    required: place === "path" || (required as string[]).includes(name),
    schema: property,
  }));
}

const IDEMPOTENCY_KEY_HEADER = {
  name: "Idempotency-Key",
  in: "header",
  required: false,
  description: "The same key with the same content is one effect; with other content it is refused with 422.",
  schema: jsonSchema(IdempotencyKey, "input"),
};

function jsonSchema(schema: z.ZodType, io: "input" | "output"): Json {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: "any", target: "draft-2020-12" });
  return rest;
}

function ref(name: string): Json {
  return { $ref: `#/components/schemas/${name}` };
}
