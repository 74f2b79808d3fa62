import { type APIRequestContext, expect, request, test } from "@playwright/test";
import type { Endpoint } from "../../lib/contracts/endpoint.ts";
import { ENDPOINTS } from "../../lib/contracts/endpoints.ts";
import { type ApiRows, makeApiRows } from "../fixtures/api-rows.ts";
import { expectRefusal } from "../fixtures/expect-refusal.ts";
import { world } from "../fixtures/world.ts";
import { SAMPLES } from "./samples.ts";

// What the right person may send, and what nobody may.

const endpoints = Object.entries<Endpoint>(ENDPOINTS) as [keyof typeof ENDPOINTS, Endpoint][];
let rows: ApiRows;
let user: APIRequestContext;
let admin: APIRequestContext;
let hook: APIRequestContext;

test.beforeAll(async () => {
  rows = await makeApiRows();
  const withToken = (secret: string) =>
    request.newContext({ baseURL: world.baseUrl, extraHTTPHeaders: { authorization: `Bearer ${secret}` } });
  user = await withToken((await rows.token("dev", ["read", "jobs:write"])).secret);
  admin = await withToken((await rows.token("admin", ["read", "jobs:write"])).secret);
  hook = await withToken((await rows.hookToken()).secret);
});
test.afterAll(async () => {
  await Promise.all([rows.close(), user.dispose(), admin.dispose(), hook.dispose()]);
});

const by = (name: keyof typeof ENDPOINTS) => {
  if (ENDPOINTS[name].scope === "pushes:write") return hook;
  return SAMPLES[name](rows).who === "admin" ? admin : user;
};
const IDS = ["0", "-1", "1.5", "abc", "1e3", "9007199254740993", "99999999999999999999", "0x10", "1%20", "%27"];
const NAMES = ["%20", "a%2Fb", "..%2Fx", "%27%20OR%201=1", "x".repeat(64), "<b>"];

for (const [name, endpoint] of endpoints) {
  test.describe(`${endpoint.method} ${endpoint.path}`, () => {
    const [, parameter] = /\{(\w+)\}/.exec(endpoint.path) ?? [];
    const send = (path: string, options: Record<string, unknown> = {}) =>
      by(name).fetch(`/api/v1${path}`, { method: endpoint.method, maxRedirects: 0, ...options });
    const withParameter = (value: string) => endpoint.path.replace(/\{\w+\}/, value);
    const body = () => ({ data: SAMPLES[name](rows).body ?? undefined });

    if (parameter) {
      test("has sound parameters", async () => {
        for (const value of parameter === "name" ? NAMES : IDS) {
          const problem = await expectRefusal(await send(withParameter(value), endpoint.body ? body() : {}), 422);
          expect(problem.issues?.[0]?.path).toEqual([parameter]);
        }
        await expectRefusal(await send(withParameter("%00"), endpoint.body ? body() : {}), 404); // not even an address
      });

      test("does not find what is not there", async () => {
        const missing = parameter === "name" ? "no-such-name" : "999999999";
        const problem = await expectRefusal(await send(withParameter(missing), endpoint.body ? body() : {}), 404);
        expect(problem.code).toBe("not_found");
        expect(problem.detail).toContain(missing);
      });
    }

    if (endpoint.body) {
      test("takes a body of sound JSON only", async () => {
        const { path, body: sound } = SAMPLES[name](rows);
        const json = { "content-type": "application/json" };
        for (const data of ['{"', "null", "[]", '"x"', "1", '{"__proto__":{"x":1}}', Buffer.from([0xff, 0xfe])]) {
          await expectRefusal(await send(path, { data, headers: json }), 422);
        }
        const problem = await expectRefusal(await send(path, { data: { ...Object(sound), role: "admin" } }), 422);
        expect(problem.detail).toContain("role");
        for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]) {
          const asked = send(path, { data: JSON.stringify(sound), headers: { "content-type": type } });
          await expectRefusal(await asked, 415);
        }
        const gzip = { ...json, "content-encoding": "gzip" };
        await expectRefusal(await send(path, { data: JSON.stringify(sound), headers: gzip }), 415);
        await expectRefusal(await send(path, { data: { reason: "x".repeat(300_000) } }), 413);
      });
    } else if (endpoint.method === "GET") {
      test("answers as its contract says, and only that", async () => {
        const response = await send(SAMPLES[name](rows).path);
        expect(response.status(), await response.text()).toBe(endpoint.status ?? 200);
        expect(response.headers()["cache-control"]).toBe("private, no-store");
        expect(response.headers().vary).toContain("Cookie, Authorization");
        if (endpoint.reply) endpoint.reply.parse(await response.json());
        else expect(new URL(response.headers().location ?? "").origin).toBe(world.artifactOrigin);
        const head = await by(name).head(`/api/v1${SAMPLES[name](rows).path}`, { maxRedirects: 0 });
        expect([head.status(), (await head.body()).length]).toEqual([endpoint.status ?? 200, 0]);
      });
    }

    test("names its methods", async () => {
      const { path } = SAMPLES[name](rows);
      const options = await user.fetch(`/api/v1${path}`, { method: "OPTIONS" });
      expect([options.status(), options.headers().allow]).toEqual([204, expect.stringContaining(endpoint.method)]);
      const problem = await expectRefusal(await user.fetch(`/api/v1${path}`, { method: "PATCH" }), 405);
      expect(problem.detail).toContain(endpoint.method);
    });
  });
}

test("lists refuse a cursor that no list gave, and bad filters", async () => {
  for (const list of ["/pushes", "/jobs", `/pools/${rows.pool}/queue`]) {
    for (const cursor of ["x", "-1", "1.5", "%00", "1;drop", "99999999999999999999", "e30="]) {
      await expectRefusal(await user.get(`/api/v1${list}?cursor=${cursor}`), 422);
    }
  }
  for (const filter of ["state=x", "result=x", "push=x", "push=0", "branch=%20", `builder=${"x".repeat(201)}`]) {
    await expectRefusal(await user.get(`/api/v1/jobs?${filter}`), 422);
  }
  for (const filter of ["revision=xyz", "revision=AB", "branch=a/b", `owner=${"x".repeat(65)}`]) {
    await expectRefusal(await user.get(`/api/v1/pushes?${filter}`), 422);
  }
});

test("priorities, counts and keys have bounds", async () => {
  const { jobId } = rows;
  const put = (data: object, headers = {}) => user.put(`/api/v1/jobs/${jobId}/priority`, { data, headers });
  for (const priority of [-101, 101, 1.5, "1", null]) await expectRefusal(await put({ priority }), 422);
  for (const count of [0, 101, 1.5, -1, "2"]) {
    await expectRefusal(await user.post(`/api/v1/jobs/${jobId}/retrigger`, { data: { count } }), 422);
  }
  for (const key of ["a b", "x".repeat(101)]) {
    await expectRefusal(await put({ priority: 1 }, { "idempotency-key": key }), 422);
  }
  const commands = [
    { kind: "cancel", jobIds: [] },
    { kind: "cancel", jobIds: ["1"] },
    { kind: "cancel", jobIds: [0] },
    { kind: "cancel", jobIds: [1], priority: 5 },
    { kind: "reprioritize", jobIds: [1] },
    { kind: "retrigger", jobIds: [1], count: 0 },
    { kind: "delete", jobIds: [1] },
    { kind: "undo", jobIds: [1] },
    { kind: "cancel" },
    { kind: "cancel", jobIds: [1], filter: { push: 1 } },
    { kind: "cancel", filter: {} },
    { kind: "cancel", filter: { push: 0 } },
    { kind: "cancel", filter: { push: "1" } },
    { kind: "cancel", filter: { state: "lost" } },
    { kind: "cancel", filter: { branch: "a/b" } },
    { kind: "cancel", filter: { push: 1, surprise: 1 } },
    { kind: "reprioritize", jobIds: [1], priority: 5, boost: { minutes: 1441, reason: "x" } },
    { kind: "reprioritize", jobIds: [1], priority: 5, boost: { minutes: 5, reason: " " } },
    { kind: "reprioritize", jobIds: [1], priority: 5, boost: { minutes: 5 } },
    { kind: "cancel", jobIds: Array.from({ length: 10_001 }, (_, index) => index + 1) },
  ];
  for (const data of commands) {
    for (const path of ["/api/v1/commands", "/api/v1/commands/preview"]) {
      await expectRefusal(await user.post(path, { data }), 422);
    }
  }
});

test("controls say why, in bounds", async () => {
  const { branch, pool, worker, jobId } = rows;
  const post = (path: string, data: object) => admin.post(`/api/v1${path}`, { data });
  for (const text of ["", "  ", "x".repeat(501), null, 1, undefined]) {
    await expectRefusal(await post(`/pools/${pool}/pause`, { note: text }), 422);
    await expectRefusal(await post(`/branches/${branch}/close`, { reason: text }), 422);
    for (const what of ["quarantine", "drain", "disable"]) {
      await expectRefusal(await post(`/workers/${worker}/${what}`, { reason: text }), 422);
    }
  }
  for (const minutes of [0, -1, 1.5, "5", null, 60 * 24 * 365 + 1]) {
    await expectRefusal(await post(`/workers/${worker}/quarantine`, { reason: "x", minutes }), 422);
  }
  for (const id of [0, -1, 1.5, String(jobId), null]) {
    await expectRefusal(await post(`/workers/${worker}/probe`, { jobId: id }), 422);
  }
  await expectRefusal(await post(`/workers/${worker}/probe`, { jobId: 999_999_999 }), 404);
  const listed = await (await admin.get("/api/v1/workers")).json();
  expect(listed).toContainEqual(expect.objectContaining({ name: worker, control: "enabled" }));
});

test("addresses that there are none of are not found, whoever asks", async () => {
  for (const path of [
    "/api",
    "/api/v1",
    "/api/v1/nothing",
    "/api/v2/jobs",
    "/api/v1/jobs/1/delete",
    "/api/auth/_log",
    "/api/auth/callback/other",
  ]) {
    await expectRefusal(await user.get(path), 404);
  }
  for (const method of ["POST", "PUT", "DELETE", "PATCH"]) {
    await expectRefusal(await user.fetch("/api/v1/nothing", { method }), 404);
  }
});
