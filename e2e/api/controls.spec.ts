import { type APIRequestContext, expect, request, test } from "@playwright/test";
import { Branch } from "../../lib/contracts/branch.ts";
import { Command, CommandPreview } from "../../lib/contracts/command.ts";
import { JobExplanation } from "../../lib/contracts/explanation.ts";
import { Job } from "../../lib/contracts/job.ts";
import { Pool, Worker } from "../../lib/contracts/pool.ts";
import { makeWorker } from "../../lib/testing/worker-rows.ts";
import { type ApiRows, makeApiRows } from "../fixtures/api-rows.ts";
import { expectRefusal } from "../fixtures/expect-refusal.ts";
import { signedIn } from "../fixtures/sign-in.ts";
import { world } from "../fixtures/world.ts";

// Who may take what out of service, split, undo, preview and ask why, over REST.

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

const post = (by: APIRequestContext, path: string, data: object = {}) => by.post(`/api/v1${path}`, { data });
const get = async (by: APIRequestContext, path: string) => (await by.get(`/api/v1${path}`)).json();

test("an admin pauses and resumes a pool; nobody else may", async () => {
  const [dev, sheriff, admin] = [await as("dev"), await as("sheriff"), await as("admin")];
  const path = `/pools/${rows.pool}`;
  for (const who of [dev, sheriff]) {
    expect((await expectRefusal(await post(who, `${path}/pause`, { note: "x" }), 403)).detail).toContain("admin");
    await expectRefusal(await post(who, `${path}/resume`), 403);
  }
  const paused = Pool.parse(await (await post(admin, `${path}/pause`, { note: "The disks are full." })).json());
  expect(paused).toMatchObject({ pausedNote: "The disks are full.", pausedBy: { login: "admin" } });
  expect(await (await post(admin, `${path}/pause`, { note: "The disks are full." })).json()).toEqual(paused);
  expect((await get(dev, `${path}/queue`)).pool).toMatchObject({
    pausedAt: paused.pausedAt,
    mayControl: { allowed: false, code: "forbidden" },
  });
  const explanation = JobExplanation.parse(await get(dev, `/jobs/${rows.jobId}/explanation`));
  expect(explanation.blockers).toContainEqual(expect.objectContaining({ code: "POOL_PAUSED" }));
  expect(Pool.parse(await (await post(admin, `${path}/resume`)).json()).pausedAt).toBeNull();
});

test("a sheriff closes and opens a branch; a developer may not", async () => {
  const [dev, sheriff] = [await as("dev"), await as("sheriff")];
  const path = `/branches/${rows.branch}`;
  await expectRefusal(await post(dev, `${path}/close`, { reason: "x" }), 403);
  await expectRefusal(await post(dev, `${path}/open`), 403);
  const closed = Branch.parse(await (await post(sheriff, `${path}/close`, { reason: "Tests fail." })).json());
  expect(closed).toMatchObject({ closedReason: "Tests fail.", closedBy: { login: "sheriff" } });
  expect(await get(dev, path)).toMatchObject({ closedAt: closed.closedAt, mayControl: { allowed: false } });
  const explanation = JobExplanation.parse(await get(dev, `/jobs/${rows.jobId}/explanation`));
  expect(explanation.blockers).toContainEqual(expect.objectContaining({ code: "BRANCH_CLOSED" }));
  expect(Branch.parse(await (await post(sheriff, `${path}/open`)).json()).closedAt).toBeNull();
});

test("a sheriff quarantines, probes and releases a worker; an admin also drains and disables it", async () => {
  const [dev, sheriff, admin] = [await as("dev"), await as("sheriff"), await as("admin")];
  const path = `/workers/${rows.worker}`;
  const reason = { reason: "Its disk fails." };
  for (const what of ["quarantine", "drain", "disable"])
    await expectRefusal(await post(dev, `${path}/${what}`, reason), 403);
  await expectRefusal(await post(dev, `${path}/release`), 403);
  await expectRefusal(await post(dev, `${path}/probe`, { jobId: rows.jobId }), 403);
  for (const what of ["drain", "disable"]) await expectRefusal(await post(sheriff, `${path}/${what}`, reason), 403);

  const quarantined = Worker.parse(await (await post(sheriff, `${path}/quarantine`, { ...reason, minutes: 5 })).json());
  expect(quarantined).toMatchObject({ control: "quarantined", controlledBy: { login: "sheriff" } });
  expect(quarantined.quarantinedUntil).not.toBeNull();
  const probe = Job.parse(await (await post(sheriff, `${path}/probe`, { jobId: rows.jobId })).json());
  expect(probe).toMatchObject({ retriggerOf: rows.jobId, state: "queued" });
  expect((await (await post(sheriff, `${path}/probe`, { jobId: rows.jobId })).json()).id).toBe(probe.id);
  expect(await (await post(sheriff, `${path}/release`)).json()).toMatchObject({ control: "enabled" });

  expect(await (await post(admin, `${path}/drain`, reason)).json()).toMatchObject({ control: "draining" });
  await expectRefusal(await post(sheriff, `${path}/release`), 403);
  const conflict = await expectRefusal(await post(sheriff, `${path}/quarantine`, reason), 409);
  expect(conflict.detail).toBe(`The worker ${rows.worker} is being drained (Its disk fails.); release it first.`);
  expect(await (await post(admin, `${path}/disable`, reason)).json()).toMatchObject({ control: "disabled" });
  await expectRefusal(await post(admin, `${path}/probe`, { jobId: rows.jobId }), 409);
  expect(await (await post(admin, `${path}/release`)).json()).toMatchObject({ control: "enabled" });
});

test("a worker is probed only with what it could run", async () => {
  const sheriff = await as("sheriff");
  const elsewhere = `elsewhere-${rows.worker}`;
  await makeWorker(rows.sql, { name: elsewhere });
  const problem = await expectRefusal(await post(sheriff, `/workers/${elsewhere}/probe`, { jobId: rows.jobId }), 409);
  expect(problem.detail).toContain(`does not serve the pool ${rows.pool}`);
});

test("whoever gave a command takes it back, and no other developer", async () => {
  const [dev, dana, sheriff] = [await as("dev"), await as("dana"), await as("sheriff")];
  const cancelled = Command.parse(
    await (await post(dev, "/commands", { kind: "cancel", filter: { push: rows.pushId } })).json(),
  );
  expect(cancelled).toMatchObject({ counts: { total: 1, done: 1 }, undo: { possible: true } });
  await expectRefusal(await post(dana, `/commands/${cancelled.id}/undo`), 403);
  const undone = Command.parse(await (await post(dev, `/commands/${cancelled.id}/undo`)).json());
  expect(undone).toMatchObject({ kind: "undo", undoOf: cancelled.id, items: [{ outcome: "done" }] });
  expect(await get(dev, `/jobs/${rows.jobId}`)).toMatchObject({ state: "queued", result: null });
  await expectRefusal(await post(sheriff, `/commands/${cancelled.id}/undo`), 409);
});

test("many jobs are retriggered and reprioritized by a filter, each with an outcome", async () => {
  const [dev, dana] = [await as("dev"), await as("dana")];
  const filter = { push: rows.pushId };
  const retriggered = await (await post(dev, "/commands", { kind: "retrigger", filter, count: 2 })).json();
  expect(Command.parse(retriggered)).toMatchObject({ counts: { total: 2, done: 2 } });
  const raise = { kind: "reprioritize", filter: { ...filter, state: "queued" }, priority: 5 };
  expect(Command.parse(await (await post(dana, "/commands", raise)).json()).counts).toMatchObject({
    refused: 5,
    done: 0,
  });
  expect(Command.parse(await (await post(dev, "/commands", raise)).json()).counts).toMatchObject({
    refused: 0,
    done: 5,
  });
  const boost = {
    kind: "reprioritize",
    jobIds: [rows.jobId],
    priority: 50,
    boost: { minutes: 5, reason: "A release." },
  };
  const refused = Command.parse(await (await post(dev, "/commands", boost)).json());
  expect(refused.items).toMatchObject([{ outcome: "refused", code: "forbidden" }]);
});

test("a preview says what a command would do, and changes nothing", async () => {
  const [dev, dana] = [await as("dev"), await as("dana")];
  const input = { kind: "cancel", jobIds: [rows.jobId] };
  expect(CommandPreview.parse(await (await post(dev, "/commands/preview", input)).json()).counts).toMatchObject({
    done: 1,
  });
  const refused = CommandPreview.parse(await (await post(dana, "/commands/preview", input)).json());
  expect(refused).toMatchObject({ counts: { done: 0, refused: 1 }, refusals: [{ jobs: 1 }] });
  expect(await get(dev, `/jobs/${rows.jobId}`)).toMatchObject({ state: "queued" });
});

test("a preview is asked for with the session by our own pages alone", async () => {
  const person = await signedIn("dev");
  contexts.push(person);
  const data = { kind: "cancel", jobIds: [rows.jobId] };
  const ask = (headers: Record<string, string>) => person.post("/api/v1/commands/preview", { data, headers });
  expect((await ask({ "sec-fetch-site": "same-origin" })).status()).toBe(200);
  for (const site of ["cross-site", "same-site", "none", "same-origin, cross-site", ""]) {
    await expectRefusal(await ask({ "sec-fetch-site": site }), 401);
  }
  const cancel = person.post("/api/v1/commands", { data, headers: { "sec-fetch-site": "same-origin" } });
  await expectRefusal(await cancel, 401); // which changes something
});

test("a job that shares no run is not split, and nobody else's is", async () => {
  const [dev, dana] = [await as("dev"), await as("dana")];
  const path = `/jobs/${rows.jobId}/split`;
  expect((await expectRefusal(await post(dana, path), 403)).detail).toContain("dev owns the push");
  expect((await expectRefusal(await post(dev, path), 409)).detail).toContain("shares no run");
});
