import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** One request of the agent. */
export interface WireRequest {
  method: "GET" | "POST" | "PUT";
  /** Path and query below the server's address. */
  path: string;
  bearer: string;
  /** A stream is sent with `size` as its length. */
  body?: Buffer | { stream: Readable; size: number };
  headers?: Readonly<Record<string, string>>;
  /** Whole time from sending to the end of the answer. */
  timeoutMs: number;
  signal?: AbortSignal | undefined;
}

/** An answer other than 2xx. `body` is the problem document when there is one. */
export class AnswerError extends Error {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly retryAfterMs: number | null;

  constructor(status: number, body: Readonly<Record<string, unknown>>, retryAfterMs: number | null) {
    super(`The server answered ${status}: ${typeof body.detail === "string" ? body.detail : "no reason given"}`);
    this.status = status;
    this.body = body;
    this.retryAfterMs = retryAfterMs;
  }

  /** Worth sending again unchanged: the server is ill, busy or too slow. */
  get passing(): boolean {
    return this.status >= 500 || [408, 425, 429].includes(this.status);
  }
}

const MAX_ANSWER_BYTES = 8 * 2 ** 20;

/** Requests to one server over connections that are kept alive. */
export class Wire {
  private readonly server: URL;
  private readonly agent: HttpAgent;

  constructor(server: URL) {
    this.server = server;
    const options = { keepAlive: true, maxSockets: 512, timeout: 60_000 };
    this.agent = server.protocol === "https:" ? new HttpsAgent(options) : new HttpAgent(options);
  }

  /** Sends the request and reads a JSON answer. Throws AnswerError, or the network's own error. */
  async json(input: WireRequest): Promise<{ body: unknown; date: string | undefined }> {
    return await this.send(input, async (response) => ({
      body: parseJson(await readAll(response)),
      date: response.headers.date,
    }));
  }

  /** Streams the answer's bytes to `sink`. */
  async download(input: WireRequest, sink: NodeJS.WritableStream): Promise<void> {
    await this.send(input, (response) => pipeline(response, sink));
  }

  /** Ends idle and busy connections. */
  close(): void {
    this.agent.destroy();
  }

  private async send<T>(input: WireRequest, read: (response: IncomingMessage) => Promise<T>): Promise<T> {
    const limit = AbortSignal.timeout(input.timeoutMs);
    const signal = input.signal === undefined ? limit : AbortSignal.any([limit, input.signal]);
    const response = await this.open(input, signal);
    const status = response.statusCode ?? 0;
    if (status >= 200 && status < 300) return await read(response);
    const text = await readAll(response);
    throw new AnswerError(status, problemOf(text), readRetryAfter(response.headers["retry-after"]));
  }

  private open(input: WireRequest, signal: AbortSignal): Promise<IncomingMessage> {
    const url = new URL(this.server);
    const [pathname, query] = input.path.split("?", 2);
    url.pathname = `${url.pathname.replace(/\/$/, "")}${pathname}`;
    url.search = query ?? "";
    const size = input.body === undefined ? 0 : Buffer.isBuffer(input.body) ? input.body.length : input.body.size;
    const headers = { authorization: `Bearer ${input.bearer}`, "content-length": String(size), ...input.headers };
    const send = url.protocol === "https:" ? httpsRequest : httpRequest;
    return new Promise((resolve, reject) => {
      const request = send(url, { method: input.method, headers, agent: this.agent, signal });
      request.on("response", resolve);
      request.on("error", reject);
      if (input.body === undefined || Buffer.isBuffer(input.body)) request.end(input.body);
      else pipeline(input.body.stream, request).catch(reject);
    });
  }
}

async function readAll(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of response) {
    size += part.length;
    if (size > MAX_ANSWER_BYTES) throw new Error(`The server's answer is longer than ${MAX_ANSWER_BYTES} bytes.`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

function parseJson(text: string): unknown {
  try {
    return text === "" ? null : JSON.parse(text);
  } catch {
    throw new Error(`The server's answer is not JSON; it begins with ${JSON.stringify(text.slice(0, 80))}.`);
  }
}

function problemOf(text: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "object" && parsed !== null ? { ...parsed } : {};
  } catch {
    return { detail: text.slice(0, 200) };
  }
}

function readRetryAfter(header: string | undefined): number | null {
  const seconds = Number(header);
  return header !== undefined && Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, 60) * 1_000 : null;
}
