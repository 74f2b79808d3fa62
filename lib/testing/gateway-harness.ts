import { createHash, randomBytes, randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { Agent, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { ArtifactStore } from "../artifacts/artifact-store.ts";
import { ContentSigner } from "../artifacts/sign.ts";
import { makeSessionCookie } from "../auth/session-cookie.ts";
import { startSession } from "../auth/sessions.ts";
import { whoAsks } from "../auth/who-asks.ts";
import type { Work } from "../contracts/work.ts";
import { type Events, openEvents } from "../events/open-events.ts";
import type { StreamTimes } from "../gateway/doors.ts";
import { type Gateway, openGateway } from "../gateway/gateway.ts";
import { LogStore } from "../logs/log-store.ts";
import { createWebServer } from "../web/web-server.ts";
import { type Answer, type Ask, beginRequest, readAnswer } from "./ask.ts";
import { type TestContext, testContext } from "./context.ts";
import { type Farm, makeFarm } from "./farm.ts";

import { uniqueName } from "./rows.ts";
import { makeTemporaryFolder } from "./temporary-folder.ts";

const SECRETS = ["a secret for tests, long enough for them"];
export const PAGES_HOST = "pages.test";
export const CONTENT_HOST = "content.test";

/** SHA-256 in hexadecimal. */
export function sha256(bytes: string | Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** A whole web process but for its pages, over stores of its own. */
export class GatewayHarness {
  readonly test: TestContext;
  readonly dataDir = makeTemporaryFolder("gateway");
  readonly logs: LogStore;
  readonly artifacts: ArtifactStore;
  readonly events: Events;
  readonly signer = new ContentSigner(`http://${CONTENT_HOST}`, SECRETS[0] ?? "");
  readonly gateway: Gateway;
  /** What was reported. */
  readonly reports: unknown[] = [];
  readonly agent = new Agent({ keepAlive: true, maxSockets: 100 });
  private readonly server: ReturnType<typeof createWebServer>;

  constructor(test: TestContext, streamTimes?: StreamTimes) {
    this.test = test;
    const report = (error: unknown) => this.reports.push(error);
    const { sql, redis, signals, ctx } = test;
    this.logs = new LogStore(this.dataDir, report);
    this.artifacts = new ArtifactStore(this.dataDir);
    this.events = openEvents({ sql, redis, signals, report, patienceMs: 2_000 });
    const who = {
      sql,
      cookies: { secure: false, secrets: SECRETS },
      fresh: async <User>(user: User) => user,
      rolesOf: async () => ["developer" as const],
    };
    this.gateway = openGateway({
      sql,
      logs: this.logs,
      artifacts: this.artifacts,
      signer: this.signer,
      events: this.events,
      ...(streamTimes && { streamTimes }),
      baseUrl: `http://${PAGES_HOST}`,
      contentOrigin: `http://${CONTENT_HOST}`,
      contextOf: (actor, requestId) => ({ ...ctx, actor, requestId }),
      contextFromHeaders: async ({ authorization = null, cookie = null }, ip) =>
        test.as(await whoAsks(who, { authorization, cookie, ip })),
      report,
      onClaim: () => {},
    });
    this.server = createWebServer({
      gateway: this.gateway.handle,
      pages: async (request, response) => void response.end(`page ${request.url}`),
      https: false,
      report,
    });
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** How many connections are open. */
  connections(): Promise<number> {
    return new Promise((resolve, reject) =>
      this.server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
    );
  }

  async open(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    return this;
  }

  /** Breaks every connection and refuses new ones; answers the function that ends this, on the same port. */
  async vanish(): Promise<() => Promise<void>> {
    const { port } = this;
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
    return () => new Promise((resolve) => this.server.listen(port, "127.0.0.1", () => resolve()));
  }

  async close(): Promise<void> {
    await this.gateway.close();
    this.agent.destroy();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
    this.events.feed.close();
    await this.logs.close();
    await this.test.drop();
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  /** Sends a request and resolves with the answer's head; the body is still to be read. */
  begin(method: string, path: string, ask: Ask = {}): Promise<IncomingMessage> {
    return beginRequest(this.agent, this.port, method, path, { host: PAGES_HOST, ...ask });
  }

  /** Sends a request and reads the whole answer. */
  async ask(method: string, path: string, ask: Ask = {}): Promise<Answer> {
    return readAnswer(await this.begin(method, path, ask));
  }

  /** The `Cookie` header of a person who has signed in. */
  async cookieOf(userId: number): Promise<string> {
    const sessionId = await startSession(this.test.sql, { userId, ip: null, userAgent: null });
    return `self-serve.session=${await makeSessionCookie(sessionId, { secure: false, secrets: SECRETS })}`;
  }

  /** A farm whose pool takes registrations with `token`. */
  async farm(): Promise<Farm & { token: string }> {
    const farm = await makeFarm(this.test);
    const token = uniqueName("token");
    await this.test.sql.count("UPDATE pools SET token_hash = $2 WHERE id = $1", [farm.poolId, sha256(token)]);
    return Object.assign(farm, { token });
  }

  /** Registers a new worker over HTTP. */
  async worker(farm: Farm & { token: string }, bootId: string = randomUUID(), name = uniqueName("worker")) {
    const input = { worker: name, bootId, slots: 4, pools: [farm.pool], platform: "linux-x64", version: "1" };
    const answer = await this.ask("POST", "/worker/v1/register", { bearer: farm.token, body: input });
    if (answer.status !== 200) throw new Error(answer.bytes.toString());
    return { name, bootId, session: String(answer.json().session), workerId: Number(answer.json().workerId) };
  }

  /** Claims work over HTTP, which must be there. */
  async claim(farm: Farm, session: string, slot = 0): Promise<Work> {
    const input = { claimId: randomUUID(), slot, pools: [farm.pool], waitSeconds: 0 };
    const answer = await this.ask("POST", "/worker/v1/claim", { bearer: session, body: input });
    const { work } = answer.json();
    if (!work) throw new Error(answer.bytes.toString());
    return work as Work;
  }

  /** A worker with a run of its own. */
  async running(farm: Farm & { token: string }) {
    await farm.submit();
    const worker = await this.worker(farm);
    return { ...worker, runId: (await this.claim(farm, worker.session)).runId };
  }

  /** Sends a chunk. */
  sendChunk(run: { runId: number; session: string }, number: number, offset: number, bytes: Buffer, ask: Ask = {}) {
    const query = `number=${number}&offset=${offset}&sha256=${sha256(bytes)}`;
    return this.ask("POST", `/worker/v1/runs/${run.runId}/log?${query}`, { bearer: run.session, body: bytes, ...ask });
  }

  /** Uploads an artifact. */
  upload(run: { runId: number; session: string }, name: string, bytes: Buffer, ask: Ask = {}) {
    const query = new URLSearchParams({ name, sha256: sha256(bytes), size: String(bytes.length) });
    const path = `/worker/v1/runs/${run.runId}/artifacts?${query}`;
    return this.ask("PUT", path, { bearer: run.session, body: bytes, ...ask });
  }
}

/** Opens a harness for one test file. */
export async function openGatewayHarness(streamTimes?: StreamTimes): Promise<GatewayHarness> {
  return await new GatewayHarness(await testContext(), streamTimes).open();
}

/** Bytes that no other artifact has. */
export function someBytes(size: number): Buffer {
  return randomBytes(size);
}
