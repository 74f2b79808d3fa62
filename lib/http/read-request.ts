import { z } from "zod";
import { SchedulerError } from "../scheduler/errors.ts";
import { parseJson } from "./parse-json.ts";
import { HttpProblem } from "./problem.ts";

const BODY_BYTES = 256 * 1024;

/** The query string by its schema; a name that is unknown or given twice is refused. */
export function readQuery(request: Request, schema: z.ZodType | undefined): unknown {
  const given = new URL(request.url).searchParams;
  const fields: Record<string, string> = {};
  for (const [name, value] of given) {
    if (name === "__proto__") throw new SchedulerError("invalid", "The query has a name that is not allowed.");
    if (Object.hasOwn(fields, name)) throw new SchedulerError("invalid", `The query has ${name} twice.`);
    fields[name] = value;
  }
  return strict(schema ?? z.object({})).parse(fields);
}

/** The body by its schema: JSON of at most 256 KiB. An endpoint without a body refuses one. */
export async function readBody(request: Request, schema: z.ZodType | undefined): Promise<unknown> {
  if (request.method === "GET" || request.method === "HEAD") return undefined;
  if (request.headers.get("content-encoding")) {
    throw new HttpProblem("invalid", "Send the body as it is, without Content-Encoding.", { status: 415 });
  }
  const bytes = await readBytes(request);
  if (bytes.length === 0) return schema === undefined ? undefined : strict(schema).parse({});
  if (schema === undefined) throw new SchedulerError("invalid", "This address takes no body.");
  const type = request.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (type !== "application/json") {
    throw new HttpProblem("invalid", "Send the body with Content-Type: application/json.", { status: 415 });
  }
  return strict(schema).parse(parseJson(bytes));
}

async function readBytes(request: Request): Promise<Buffer> {
  const tooLarge = () => new SchedulerError("too_large", "The body is larger than 256 KiB.");
  if (Number(request.headers.get("content-length") ?? 0) > BODY_BYTES) throw tooLarge();
  if (!request.body) return Buffer.alloc(0);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request.body) {
    bytes += chunk.byteLength;
    if (bytes > BODY_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, bytes);
}

function strict(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodObject ? schema.strict() : schema;
}
