import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { request } from "node:https";

/** A request of a test's client. */
export interface Ask {
  method?: "GET" | "POST";
  headers?: Record<string, string>;
  body?: string;
}

/** A whole answer. */
export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  bytes: Buffer;
}

/** A client on another address of this machine that trusts one authority; follows nothing and keeps no cookies. */
export class HttpsClient {
  private readonly ca: string;
  /** Where it comes from. */
  readonly address = "127.0.0.2";

  constructor(ca: string) {
    this.ca = ca;
  }

  /** Sends a request and reads the whole answer. */
  async ask(url: string, ask: Ask = {}): Promise<Answer> {
    const response = await this.open(url, ask);
    const parts: Buffer[] = [];
    for await (const part of response) parts.push(part);
    return { status: response.statusCode ?? 0, headers: response.headers, bytes: Buffer.concat(parts) };
  }

  /** The JSON of an answer that must be 200. */
  async json(url: string, ask: Ask = {}): Promise<unknown> {
    const { status, bytes } = await this.ask(url, ask);
    if (status !== 200) throw new Error(`${url} answered ${status}: ${bytes.toString("utf8").slice(0, 300)}`);
    return JSON.parse(bytes.toString("utf8"));
  }

  /** Follows an event stream; `onText` hears of each piece as it arrives. Returns what ends it. */
  async follow(url: string, headers: Record<string, string>, onText: (text: string) => void): Promise<() => void> {
    const response = await this.open(url, { headers });
    if (response.statusCode !== 200) throw new Error(`${url} answered ${response.statusCode}.`);
    response.setEncoding("utf8").on("data", onText);
    response.on("error", () => {}); // its end is what the caller asked for
    return () => response.destroy();
  }

  private open(url: string, { method = "GET", headers = {}, body }: Ask): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const sent = request(url, { method, headers, ca: this.ca, localAddress: this.address, agent: false }, resolve);
      sent.on("error", reject);
      sent.end(body);
    });
  }
}
