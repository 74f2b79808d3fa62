import {
  type Agent,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request as send,
} from "node:http";

/** An answer, read whole. */
export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  bytes: Buffer;
  /** The body as JSON; throws when it is not. */
  json(): Record<string, unknown>;
}

/** A request; a body that is an object is sent as JSON. */
export interface Ask {
  bearer?: string;
  host?: string;
  headers?: OutgoingHttpHeaders;
  body?: Buffer | object;
  signal?: AbortSignal;
}

/** Sends a request to this machine and resolves with the answer's head; the body is still to be read. */
export function beginRequest(
  agent: Agent,
  port: number,
  method: string,
  path: string,
  ask: Ask,
): Promise<IncomingMessage> {
  const { body, bearer, host, signal } = ask;
  const bytes = body === undefined || Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
  const headers: OutgoingHttpHeaders = {
    ...(host !== undefined && { host }),
    ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
    ...(bytes && { "content-length": bytes.length }),
    ...(bytes && bytes !== body && { "content-type": "application/json" }),
    ...ask.headers,
  };
  return new Promise((resolve, reject) => {
    const options = { port, host: "127.0.0.1", method, path, headers, agent };
    const request = send({ ...options, ...(signal && { signal }) }, resolve);
    request.on("error", reject);
    request.end(bytes);
  });
}

/** Reads the whole answer. */
export async function readAnswer(response: IncomingMessage): Promise<Answer> {
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part);
  const bytes = Buffer.concat(parts);
  const json = () => JSON.parse(bytes.toString("utf8"));
  return { status: response.statusCode ?? 0, headers: response.headers, bytes, json };
}
