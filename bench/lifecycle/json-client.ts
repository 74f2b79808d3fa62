import { Agent, type ClientRequest, request } from "node:http";

/** An answer: its status and its body, parsed. */
export interface Answer {
  status: number;
  body: unknown;
}

/** An answer that is not 2xx. */
export class RefusedError extends Error {
  readonly status: number;

  constructor(path: string, { status, body }: Answer) {
    super(`${path} answered ${status}: ${JSON.stringify(body)}`);
    this.status = status;
  }
}

/** Requests to one server over as many kept-alive connections as there are requests in flight. */
export class JsonClient {
  private readonly base: URL;
  private readonly agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
  private readonly open = new Set<ClientRequest>();

  constructor(baseUrl: string) {
    this.base = new URL(baseUrl);
  }

  /** POSTs JSON, or bytes as they are. Throws RefusedError on an answer that is not 2xx. */
  async post(path: string, bearer: string | null, body: unknown): Promise<unknown> {
    const bytes = Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
    const type = Buffer.isBuffer(body) ? "application/octet-stream" : "application/json";
    const answer = await this.send("POST", path, bearer, bytes, type);
    if (answer.status >= 300) throw new RefusedError(path, answer);
    return answer.body;
  }

  /** GETs JSON. */
  get(path: string): Promise<Answer> {
    return this.send("GET", path, null, Buffer.alloc(0), null);
  }

  /** Cuts what is in flight and closes every connection. */
  close(): void {
    for (const one of this.open) one.destroy();
    this.agent.destroy();
  }

  private send(
    method: string,
    path: string,
    bearer: string | null,
    bytes: Buffer,
    type: string | null,
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const headers = {
        ...(type && { "content-type": type, "content-length": bytes.length }),
        ...(bearer && { authorization: `Bearer ${bearer}` }),
      };
      const { hostname, port } = this.base;
      const sent = request({ agent: this.agent, hostname, port, method, path, headers }, (response) => {
        const parts: Buffer[] = [];
        response.on("data", (part: Buffer) => parts.push(part));
        response.on("error", reject);
        response.on("end", () => {
          this.open.delete(sent);
          const text = Buffer.concat(parts).toString();
          resolve({ status: response.statusCode ?? 0, body: text === "" ? null : parse(text) });
        });
      });
      this.open.add(sent);
      sent.on("error", (error) => {
        this.open.delete(sent);
        reject(error);
      });
      sent.end(bytes);
    });
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
