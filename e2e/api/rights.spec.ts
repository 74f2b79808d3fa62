import { type APIRequestContext, expect, request, test } from "@playwright/test";
import { Command } from "../../lib/contracts/command.ts";
import { JobDetail } from "../../lib/contracts/job.ts";
import { uniqueName } from "../../lib/testing/rows.ts";
import { type ApiRows, makeApiRows } from "../fixtures/api-rows.ts";
import { addUser } from "../fixtures/directory.ts";
import { expectRefusal } from "../fixtures/expect-refusal.ts";
import { signedIn } from "../fixtures/sign-in.ts";
import { world } from "../fixtures/world.ts";

// Who may do what to whose jobs, over REST.

let rows: ApiRows;
const contexts: APIRequestContext[] = [];

test.beforeEach(async () => {
  rows = await makeApiRows();
});
test.afterEach(async () => {
  await Promise.all([rows.close(), ...contexts.splice(0).map((context) => context.dispose())]);
});

async function as(login: string): Promise<APIRequestContext> {
  const { secret } = await rows.token(login, ["read", "jobs:write"]);
  const context = await request.newContext({
    baseURL: world.baseUrl,
    extraHTTPHeaders: { authorization: `Bearer ${secret}` },
  });
  contexts.push(context);
  return context;
}

const cancel = (by: APIRequestContext, jobId = rows.jobId, headers = {}) =>
  by.post(`/api/v1/jobs/${jobId}/cancel`, { data: {}, headers });
const raise = (by: APIRequestContext, priority: number, headers = {}) =>
  by.put(`/api/v1/jobs/${rows.jobId}/priority`, { data: { priority }, headers });
const retrigger = (by: APIRequestContext, count = 1) =>
  by.post(`/api/v1/jobs/${rows.jobId}/retrigger`, { data: { count } });

test("another developer is refused with a reason, and nothing changes", async () => {
  const dana = await as("dana");
  for (const asked of [await cancel(dana), await raise(dana, 50), await retrigger(dana)]) {
    const problem = await expectRefusal(asked, 403);
    expect(problem.detail).toMatch(/^dev owns the push of job \d+, so only dev, a sheriff or an admin may/);
  }
  const job = JobDetail.parse(await (await dana.get(`/api/v1/jobs/${rows.jobId}`)).json());
  expect(job).toMatchObject({ state: "queued", priority: 0, retriggers: [] });
  expect(job.actions.cancel).toMatchObject({ allowed: false, code: "forbidden" });
});

test("the owner and a sheriff may, and the outcome can be read later", async () => {
  const [dev, sheriff] = [await as("dev"), await as("sheriff")];
  expect(Command.parse(await (await raise(dev, 10)).json()).items).toMatchObject([{ outcome: "done" }]);
  expect(Command.parse(await (await retrigger(sheriff, 3)).json()).items[0]?.created).toHaveLength(3);
  const command = Command.parse(await (await cancel(sheriff)).json());
  expect(command).toMatchObject({ kind: "cancel", user: { login: "sheriff" }, items: [{ outcome: "done" }] });
  const read = Command.parse(await (await dev.get(`/api/v1/commands/${command.id}`)).json());
  expect(read).toEqual({ ...command, undo: { possible: false, reason: expect.any(String), undoneBy: null } });
  const again = Command.parse(await (await cancel(dev)).json());
  expect(again.items).toMatchObject([{ outcome: "unchanged" }]);
  await expectRefusal(await raise(dev, 20), 409);
});

test("the same key is one effect, with other content none", async () => {
  const dev = await as("dev");
  const key = { "idempotency-key": uniqueName("key") };
  const first = Command.parse(await (await raise(dev, 7, key)).json());
  expect(Command.parse(await (await raise(dev, 7, key)).json()).id).toBe(first.id);
  await expectRefusal(await raise(dev, 8, key), 422);
});

test("many jobs at once have an outcome each", async () => {
  const dana = await as("dana");
  const data = { kind: "cancel", jobIds: [rows.jobId] };
  const command = Command.parse(await (await dana.post("/api/v1/commands", { data })).json());
  expect(command.items).toMatchObject([{ jobId: rows.jobId, outcome: "refused", code: "forbidden" }]);
  const unknown = { kind: "cancel", jobIds: [rows.jobId, 999_999_999] };
  const answer = Command.parse(await (await dana.post("/api/v1/commands", { data: unknown })).json());
  expect(answer.items).toMatchObject([
    { jobId: rows.jobId, outcome: "refused", code: "forbidden" },
    { jobId: 999_999_999, outcome: "refused", code: "not_found" },
  ]);
});

test("a person without a role reads, and changes nothing", async () => {
  const login = uniqueName("guest");
  await addUser(login, []);
  await (await signedIn(login)).dispose();
  const guest = await as(login);
  expect((await guest.get("/api/v1/jobs")).status()).toBe(200);
  expect(await (await guest.get("/api/v1/me")).json()).toMatchObject({ login, roles: [] });
  for (const asked of [await cancel(guest), await raise(guest, 1), await retrigger(guest)]) {
    expect((await expectRefusal(asked, 403)).detail).toContain("no role");
  }
});

test("a role comes and goes with the group, also for a token that is older", async () => {
  const login = uniqueName("rising");
  await addUser(login, []);
  await (await signedIn(login)).dispose();
  const person = await as(login);
  await expectRefusal(await raise(person, 1), 403);
  const userId = await rows.userId(login);
  await rows.sql.count("UPDATE users SET groups = '{sheriffs}' WHERE id = $1", [userId]);
  expect((await raise(person, 1)).status()).toBe(200);
  await rows.sql.count("UPDATE users SET groups_read_at = groups_read_at - interval '15 minutes' WHERE id = $1", [
    userId,
  ]);
  await expectRefusal(await raise(person, 2), 403); // the directory was asked, and does not have them in that group
});

test("a token ends itself and no other", async () => {
  const [one, other] = [await rows.token("dev", ["read"]), await rows.token("dev", ["read", "jobs:write"])];
  const headers = { authorization: `Bearer ${one.secret}` };
  const http = await as("dana");
  await expectRefusal(await http.delete(`/api/v1/tokens/${other.id}`, { headers }), 404);
  expect((await http.delete(`/api/v1/tokens/${one.id}`, { headers })).status()).toBe(200);
  await expectRefusal(await http.get("/api/v1/me", { headers }), 401);
});

test("a hook tells of pushes and does nothing else", async () => {
  const { secret } = await rows.hookToken();
  const http = await as("dev");
  const headers = { authorization: `Bearer ${secret}` };
  const data = {
    repository: "no-such-repository",
    ref: "main",
    before: "0".repeat(40),
    after: "1".repeat(40),
    pusher: "dev",
  };
  await expectRefusal(await http.post("/api/v1/pushes", { data, headers }), 404);
  for (const bad of [
    { ...data, after: "x" },
    { ...data, pusher: "a b" },
    { ...data, pusher: "*" },
    { ...data, ref: "" },
  ]) {
    await expectRefusal(await http.post("/api/v1/pushes", { data: bad, headers }), 422);
  }
  await expectRefusal(await http.get("/api/v1/me", { headers }), 403);
  await expectRefusal(await cancel(http, rows.jobId, headers), 403);
});
