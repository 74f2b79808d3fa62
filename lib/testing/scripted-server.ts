import { createHash, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import type { ClaimInput, FinishInput, HeartbeatInput, HeartbeatReply, StepInput, Work } from "../contracts/work.ts";

type Order = HeartbeatReply["runs"][number]["order"];

/** What an agent said of one run. */
export interface ToldRun {
  log: Buffer[];
  steps: StepInput[];
  artifacts: Map<string, Buffer>;
  finishes: FinishInput[];
}

/** The worker protocol with a script instead of a scheduler: for what an agent does when the server is lost, slow or lies. */
export class ScriptedServer {
  readonly work: Work[] = [];
  readonly claims: ClaimInput[] = [];
  readonly registrations: { bearer: string; body: Record<string, unknown> }[] = [];
  readonly heartbeats: HeartbeatInput[] = [];
  readonly orders = new Map<number, Order>();
  readonly needs = new Map<string, Buffer>();
  /** Answers a request instead of the script when it returns true. */
  intercept: (request: IncomingMessage, response: ServerResponse) => boolean = () => false;
  private readonly runs = new Map<number, ToldRun>();
  private readonly sessions = new Set<string>();
  private readonly answered = new Map<string, Work>();
  private readonly held = new Set<() => void>();
  private server: Server | null = null;
  private port = 0;
  leaseSeconds = 60;

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Listens, on the same port as before. */
  async open(): Promise<void> {
    const server = createServer((request, response) => {
      this.answer(request, response).catch((error: unknown) => response.destroy(error as Error));
    });
    await new Promise<void>((resolve) => server.listen(this.port, "127.0.0.1", resolve));
    this.port = (server.address() as AddressInfo).port;
    this.server = server;
  }

  /** Is gone: every connection breaks and new ones are refused. */
  async close(): Promise<void> {
    const { server } = this;
    this.server = null;
    this.release();
    if (server === null) return;
    await new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    });
  }

  /** Makes every session void. */
  forgetSessions(): void {
    this.sessions.clear();
  }

  /** Answers held claims and heartbeats now. */
  release(): void {
    for (const go of [...this.held]) go();
    this.held.clear();
  }

  order(runId: number, order: Order): void {
    this.orders.set(runId, order);
    this.release();
  }

  offer(work: Work): void {
    this.work.push(work);
    this.release();
  }

  told(runId: number): ToldRun {
    const run = this.runs.get(runId) ?? { log: [], steps: [], artifacts: new Map(), finishes: [] };
    this.runs.set(runId, run);
    return run;
  }

  logOf(runId: number): string {
    return Buffer.concat(this.told(runId).log).toString("utf8");
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.intercept(request, response)) return;
    const body = await readBody(request);
    const answer = await this.decide(request, body);
    if (Buffer.isBuffer(answer)) response.end(answer);
    else response.writeHead(answer.status, { "content-type": "application/json" }).end(JSON.stringify(answer.body));
  }

  private async decide(request: IncomingMessage, body: Buffer): Promise<Answer | Buffer> {
    const url = new URL(request.url ?? "/", this.url);
    const bearer = (request.headers.authorization ?? "").replace("Bearer ", "");
    if (url.pathname === "/worker/v1/register") return ok(this.register(bearer, body));
    if (!this.sessions.has(bearer)) return { status: 401, body: { code: "unauthenticated", detail: "no session" } };
    if (url.pathname === "/worker/v1/claim") return ok(await this.claim(JSON.parse(body.toString())));
    if (url.pathname === "/worker/v1/heartbeat") return ok(await this.beat(JSON.parse(body.toString())));
    const [, id, what = ""] = /^\/worker\/v1\/runs\/(\d+)\/(.*)$/.exec(url.pathname) ?? [];
    const run = this.told(Number(id));
    if (what === "log") return this.takeLog(run, url, body);
    if (what.startsWith("needs/")) return this.needs.get(what.slice(6)) ?? Buffer.alloc(0);
    if (what === "steps") run.steps.push(JSON.parse(body.toString()));
    if (what === "artifacts") run.artifacts.set(url.searchParams.get("name") ?? "", body);
    if (what === "finish") run.finishes.push(JSON.parse(body.toString()));
    return ok({});
  }

  private register(bearer: string, body: Buffer): object {
    this.registrations.push({ bearer, body: JSON.parse(body.toString()) });
    const session = randomUUID();
    this.sessions.add(session);
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
    return { session, workerId: 1, expiresAt, leaseSeconds: this.leaseSeconds };
  }

  private async claim(input: ClaimInput): Promise<{ work: Work | null }> {
    this.claims.push(input);
    const before = this.answered.get(input.claimId);
    if (before !== undefined) return { work: before };
    if (this.work.length === 0) await this.hold(input.waitSeconds);
    const work = this.work.shift() ?? null;
    if (work !== null) this.answered.set(input.claimId, work);
    return { work };
  }

  private async beat(input: HeartbeatInput): Promise<HeartbeatReply> {
    this.heartbeats.push(input);
    const answer = () => input.runIds.map((runId) => ({ runId, order: this.orders.get(runId) ?? "continue" }));
    if (answer().every(({ order }) => order === "continue")) await this.hold(input.waitSeconds);
    return { runs: answer() };
  }

  private hold(seconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, seconds * 1_000);
      this.held.add(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  private takeLog(run: ToldRun, url: URL, bytes: Buffer): Answer {
    const at = run.log.reduce((sum, chunk) => sum + chunk.length, 0);
    const number = Number(url.searchParams.get("number"));
    const sound = createHash("sha256").update(bytes).digest("hex") === url.searchParams.get("sha256");
    if (run.log[number]?.equals(bytes)) return ok({ nextNumber: run.log.length, nextOffset: at });
    if (!sound || number !== run.log.length || Number(url.searchParams.get("offset")) !== at) {
      const body = { code: "conflict", detail: "a hole", nextNumber: run.log.length, nextOffset: at };
      return { status: 409, body };
    }
    run.log.push(bytes);
    return ok({ nextNumber: run.log.length, nextOffset: at + bytes.length });
  }
}

interface Answer {
  status: number;
  body: object;
}

function ok(body: object): Answer {
  return { status: 200, body };
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  const body = Buffer.concat(parts);
  return request.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body;
}
