import { randomUUID } from "node:crypto";
import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expireLeases } from "../scheduler/expire-leases.ts";
import type { Ask } from "../testing/ask.ts";
import type { Farm } from "../testing/farm.ts";
import { type GatewayHarness, openGatewayHarness, PAGES_HOST, sha256 } from "../testing/gateway-harness.ts";

let web: GatewayHarness;
let farm: Farm & { token: string };
beforeAll(async () => {
  web = await openGatewayHarness();
  farm = await web.farm();
});
afterAll(() => web.close());

const line = Buffer.from("x\n");
const emptyLog = { chunks: 0, bytes: 0, lines: 0, sha256: sha256("") };

/** Every write of a run, as a correct request. */
const WRITES: readonly [string, string, (runId: number) => string, Ask][] = [
  ["log", "POST", (id) => `/worker/v1/runs/${id}/log?number=0&offset=0&sha256=${sha256(line)}`, { body: line }],
  ["steps", "POST", (id) => `/worker/v1/runs/${id}/steps`, { body: { index: 0, name: "a" } }],
  ["artifacts", "PUT", (id) => `/worker/v1/runs/${id}/artifacts?name=a&size=2&sha256=${sha256(line)}`, { body: line }],
  ["finish", "POST", (id) => `/worker/v1/runs/${id}/finish`, { body: { result: "success", log: emptyLog } }],
];
const CALLS: readonly [string, string, (runId: number) => string, Ask][] = [
  ...WRITES,
  ["claim", "POST", () => "/worker/v1/claim", { body: { claimId: randomUUID(), slot: 0, pools: ["p"] } }],
  ["heartbeat", "POST", () => "/worker/v1/heartbeat", { body: { runIds: [] } }],
  ["needed artifact", "GET", () => "/worker/v1/artifacts/1", {}],
];

describe.each(CALLS)("%s", (_, method, pathOf, ask) => {
  it("needs a worker's session that is valid now", async () => {
    const { session, workerId } = await web.worker(farm);
    const status = async (more: Ask) => (await web.ask(method, pathOf(1), { ...ask, ...more })).status;
    expect(await status({})).toBe(401);
    expect(await status({ bearer: "ssw_wrong" })).toBe(401);
    expect(await status({ bearer: farm.token })).toBe(401);
    expect(await status({ headers: { authorization: `Basic ${session}` } })).toBe(401);
    const { sql } = web.test;
    await sql.count("UPDATE workers SET session_expires_at = clock_timestamp() - interval '1 second' WHERE id = $1", [
      workerId,
    ]);
    expect(await status({ bearer: session })).toBe(401);
  });

  it("refuses other methods, and names the right one", async () => {
    const answer = await web.ask("DELETE", pathOf(1), ask);
    expect([answer.status, answer.headers.allow]).toEqual([405, method]);
  });
});

describe.each(WRITES)("%s of a run", (_, method, pathOf, ask) => {
  const write = (runId: number, bearer: string) => web.ask(method, pathOf(runId), { ...ask, bearer });

  it("is 404 for another worker's run and for none", async () => {
    const run = await web.running(farm);
    const other = await web.worker(farm);
    expect((await write(run.runId, other.session)).status).toBe(404);
    expect((await write(999_999, other.session)).status).toBe(404);
  });

  it("is 409 with the state once somebody else has the job", async () => {
    const run = await web.running(farm);
    await farm.endLease(run.runId);
    await expireLeases(farm.ctx);
    await farm.relay();
    await web.claim(farm, (await web.worker(farm)).session);
    const answer = await write(run.runId, run.session);
    expect([answer.status, answer.json().state]).toEqual([409, "lost"]);
    expect(answer.headers["content-type"]).toBe("application/problem+json");
  });

  it("is 409 from a start of the worker that was before this one", async () => {
    const run = await web.running(farm);
    const again = await web.worker(farm, randomUUID(), run.name);
    expect((await write(run.runId, run.session)).status).toBe(401); // the old session has ended
    expect((await write(run.runId, again.session)).status).toBe(409);
  });
});

describe("register", () => {
  const input = { worker: "w", bootId: randomUUID(), slots: 1, platform: "p", version: "1" };
  const register = (body: object, bearer?: string) =>
    web.ask("POST", "/worker/v1/register", { body, ...(bearer !== undefined && { bearer }) });

  it("needs the token of the pool", async () => {
    const body = { ...input, pools: [farm.pool] };
    expect((await register(body)).status).toBe(401);
    expect((await register(body, "wrong")).status).toBe(403);
    const other = await web.farm();
    expect((await register(body, other.token)).status).toBe(403);
    expect((await register({ ...input, pools: ["no-such-pool"] }, farm.token)).status).toBe(403);
  });

  it("takes pools with tokens of their own, each with the right one", async () => {
    const other = await web.farm();
    const body = { ...input, worker: "of-two-pools", pools: [farm.pool, other.pool] };
    expect((await register(body, farm.token)).status).toBe(403);
    expect((await register({ ...body, poolTokens: { [other.pool]: farm.token } }, farm.token)).status).toBe(403);
    expect((await register({ ...body, poolTokens: { [other.pool]: other.token } }, farm.token)).status).toBe(200);
  });

  it.each([
    ["no slots", { slots: 0 }],
    ["a boot that is no UUID", { bootId: "1" }],
    ["no pools", { pools: [] }],
    ["an unknown field", { admin: true }],
    ["a name that is none", { worker: "../x" }],
  ])("refuses %s", async (_, part) => {
    const answer = await register({ ...input, pools: [farm.pool], ...part }, farm.token);
    expect([answer.status, answer.json().code]).toEqual([422, "invalid"]);
  });
});

describe("malformed requests", () => {
  it.each([
    ["not JSON", { headers: { "content-type": "application/json" }, body: Buffer.from("{") }, 422],
    ["invalid UTF-8", { headers: { "content-type": "application/json" }, body: Buffer.from([0x22, 0xff, 0x22]) }, 422],
    [
      "a forbidden key",
      { headers: { "content-type": "application/json" }, body: Buffer.from('{"__proto__":{}}') },
      422,
    ],
    ["another content type", { headers: { "content-type": "text/plain" }, body: Buffer.from("{}") }, 415],
    [
      "a compressed body",
      { headers: { "content-encoding": "gzip", "content-type": "application/json" }, body: Buffer.from("{}") },
      415,
    ],
    ["a long body", { headers: { "content-type": "application/json" }, body: Buffer.alloc(300_000, 32) }, 413],
    ["depth", { headers: { "content-type": "application/json" }, body: Buffer.from("[".repeat(100_000)) }, 422],
  ])("are refused: %s", async (_, ask, status) => {
    const { session } = await web.worker(farm);
    const answer = await web.ask("POST", "/worker/v1/claim", { bearer: session, ...ask });
    expect(answer.status).toBe(status);
    expect(answer.bytes.toString()).not.toMatch(/ at .*\.ts|SELECT/);
  });

  it("a body without an announced length is cut at the limit", async () => {
    const { session } = await web.worker(farm);
    const headers = {
      "transfer-encoding": "chunked",
      "content-type": "application/json",
      authorization: `Bearer ${session}`,
    };
    const status = await new Promise((resolve, reject) => {
      const asked = request({
        port: web.port,
        method: "POST",
        path: "/worker/v1/claim",
        headers: { host: PAGES_HOST, ...headers },
      });
      asked.on("response", (response) => resolve(response.statusCode));
      asked.on("error", reject);
      asked.write(Buffer.alloc(400_000, 32));
    });
    expect(status).toBe(413);
  });

  it.each([
    "/worker",
    "/worker/",
    "/worker/v1",
    "/worker/v1/",
    "/worker/v2/claim",
    "/worker/v1/claim/",
    "/worker/v1/runs/0/log",
    "/worker/v1/runs/1e3/log",
    "/worker/v1/runs/-1/log",
    "/worker/v1/runs/1/2/log",
    "/worker/v1/runs/%31/log",
    "/worker/v1/../v1/claim",
    "/worker/v1//claim",
    "/worker/v1/artifacts/x",
    "/worker/v1/runs/99999999999999999999/log",
  ])("%s is nowhere", async (path) => {
    const { session } = await web.worker(farm);
    expect((await web.ask("POST", path, { bearer: session, body: {} })).status).toBe(404);
  });

  it.each(["/Worker/v1/claim", "//worker/v1/claim", "/x/../worker/v1/claim", "/%77orker/v1/claim", "/workers", "/"])(
    "%s is left to the pages",
    async (path) => {
      const answer = await web.ask("GET", path); // the pages take no other method
      expect(answer.bytes.toString()).toBe(`page ${path}`);
    },
  );
});
