import type { IncomingMessage } from "node:http";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import type { z } from "zod";
import { parseJson } from "../http/parse-json.ts";
import { HttpProblem } from "../http/problem.ts";
import { SchedulerError } from "../scheduler/errors.ts";
import type { Exchange } from "./exchange.ts";

const JSON_BYTES = 256 * 1024;
/** A result with the timings of a chunk; the agent sends at most 3.2 MB. */
export const RESULT_BYTES = 4 * 2 ** 20;
const CHUNK_BYTES = 2 ** 20;
/** A chunk that was sent compressed may be this long. */
const UNPACKED_BYTES = 8 * 2 ** 20;
const BODY_MS = 60_000;

const unpack = promisify(gunzip);

/** The JSON body by its schema: at most 256 KiB unless told otherwise, unknown fields refused. */
export async function readJson<Schema extends z.ZodObject>(
  { request }: Exchange,
  schema: Schema,
  maxBytes: number = JSON_BYTES,
) {
  requireEncoding(request, []);
  const type = request.headers["content-type"]?.split(";")[0]?.trim().toLowerCase();
  if (type !== "application/json") {
    throw new HttpProblem("invalid", "Send the body with Content-Type: application/json.", { status: 415 });
  }
  const bytes = await readBytes(request, maxBytes);
  return schema.strict().parse(parseJson(bytes)) as z.output<Schema>;
}

/** A chunk's bytes: at most 1 MiB as sent, and when sent with `Content-Encoding: gzip` at most 8 MiB unpacked. */
export async function readChunk({ request }: Exchange): Promise<Buffer> {
  const encoding = requireEncoding(request, ["gzip"]);
  const bytes = await readBytes(request, CHUNK_BYTES);
  if (encoding === "identity") return bytes;
  try {
    return await unpack(bytes, { maxOutputLength: UNPACKED_BYTES });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE") {
      throw new SchedulerError("too_large", `The chunk is longer than ${UNPACKED_BYTES} bytes when it is unpacked.`);
    }
    throw new SchedulerError("invalid", "The body is not what gzip makes.");
  }
}

/** The query by its schema; a name that is unknown or given twice is refused. */
export function readQuery<Schema extends z.ZodObject>({ query }: Exchange, schema: Schema): z.output<Schema> {
  const fields = new Map<string, string>();
  for (const [name, value] of query) {
    if (fields.has(name)) throw new SchedulerError("invalid", `The query has ${name} twice.`);
    fields.set(name, value);
  }
  return schema.strict().parse(Object.fromEntries(fields)) as z.output<Schema>;
}

/** Refuses encodings of the body other than these; answers which one it has. */
export function requireEncoding(request: IncomingMessage, allowed: readonly string[]): string {
  const encoding = request.headers["content-encoding"]?.trim().toLowerCase() ?? "identity";
  if (encoding === "identity" || allowed.includes(encoding)) return encoding;
  const others = allowed.length > 0 ? ` or with Content-Encoding: ${allowed.join(", ")}` : "";
  throw new HttpProblem("invalid", `Send the body as it is${others}.`, { status: 415 });
}

async function readBytes(request: IncomingMessage, limit: number): Promise<Buffer> {
  const tooLarge = () => new SchedulerError("too_large", `The body is longer than ${limit} bytes.`);
  const brokenOff = () => new SchedulerError("invalid", "The request broke off.");
  if (Number(request.headers["content-length"] ?? 0) > limit) throw tooLarge();
  if (request.destroyed) throw brokenOff(); // while we found out who asks; nothing more would be heard of it
  let timer: NodeJS.Timeout | undefined;
  const parts: Buffer[] = [];
  let size = 0;
  try {
    // Not `for await`: leaving that would destroy the connection before the refusal is told.
    await new Promise<void>((resolve, reject) => {
      timer = setTimeout(() => reject(brokenOff()), BODY_MS);
      request.on("data", (part: Buffer) => {
        size += part.length;
        parts.push(part);
        if (size > limit) reject(tooLarge());
      });
      request.once("end", resolve);
      request.once("error", reject);
      request.once("close", () => reject(brokenOff()));
    });
    return Buffer.concat(parts, size);
  } finally {
    clearTimeout(timer);
    request.removeAllListeners("data");
    if (!request.complete) request.pause();
  }
}
