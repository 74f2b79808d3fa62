import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ListJobsInput } from "../contracts/job.ts";
import { ListPushesInput } from "../contracts/push.ts";
import { type TestContext, testContext } from "../testing/context.ts";
import {
  insert,
  makeBranch,
  makeBuilder,
  makeBuildset,
  makeJob,
  makePool,
  makePush,
  makeRepository,
  makeUser,
} from "../testing/rows.ts";
import { makeRun, makeWorker } from "../testing/worker-rows.ts";
import type { SchedulerContext } from "./context.ts";
import { getBranch } from "./get-branch.ts";
import { getCommand } from "./get-command.ts";
import { getPush } from "./get-push.ts";
import { getQueue } from "./get-queue.ts";
import { getRun } from "./get-run.ts";
import { listBranches } from "./list-branches.ts";
import { listJobs } from "./list-jobs.ts";
import { listPools } from "./list-pools.ts";
import { listPushes } from "./list-pushes.ts";
import { listRepositories } from "./list-repositories.ts";
import { listWorkers } from "./list-workers.ts";

let test: TestContext;
let ctx: SchedulerContext;
let userId: number;

beforeAll(async () => {
  test = await testContext();
  userId = await makeUser(test.sql, { login: "dev" });
  ctx = test.as({ kind: "user", userId, login: "dev", roles: [], scopes: ["read"], via: "test", ip: null });
});
afterAll(() => test.drop());

const jobs = (input: Record<string, unknown>) => listJobs(ctx, ListJobsInput.parse(input));
const ids = (page: { items: readonly { id: number }[] }) => page.items.map(({ id }) => id);

describe("listJobs", () => {
  it("filters by everything at once and pages without gap or repeat", async () => {
    const repositoryId = await makeRepository(test.sql);
    const branchId = await makeBranch(test.sql, { repositoryId, name: "list-jobs" });
    const pushId = await makePush(test.sql, { branchId });
    const buildsetId = await makeBuildset(test.sql, { pushId });
    const builderId = await makeBuilder(test.sql, { repositoryId, name: "wanted" });
    const poolId = await makePool(test.sql, { name: "list-jobs-pool" });
    const mine = [];
    for (let index = 0; index < 5; index++) {
      mine.push(await makeJob(test.sql, { buildsetId, builderId, poolId, ownerId: userId }));
      await makeJob(test.sql, { buildsetId, poolId, ownerId: userId });
    }
    const done = await makeJob(test.sql, { buildsetId, builderId, poolId, state: "done", result: "failure" });
    const filter = { branch: "list-jobs", builder: "wanted", pool: "list-jobs-pool", push: String(pushId), limit: 2 };

    const seen: number[] = [];
    let cursor: string | undefined;
    do {
      const page = await jobs({ ...filter, owner: "me", state: "queued", ...(cursor && { cursor }) });
      seen.push(...ids(page));
      cursor = page.nextCursor ?? undefined;
    } while (cursor);
    expect(seen).toEqual(mine.toReversed());

    expect(ids(await jobs({ ...filter, result: "failure" }))).toEqual([done]);
    expect(ids(await jobs({ owner: "nobody-has-this-login" }))).toEqual([]);
    expect(ids(await jobs({ branch: "no-such-branch" }))).toEqual([]);
  });

  it("refuses a cursor that it never gave", async () => {
    for (const cursor of ["x", "MQ", "W10", "WyJ4Il0", "1;DROP"]) {
      await expect(jobs({ cursor })).rejects.toMatchObject({ code: "invalid" });
    }
  });

  it("refuses who may not read", async () => {
    const hook = test.as({ kind: "hook", name: "hook", scopes: ["pushes:write"], via: "token:1", ip: null });
    await expect(listJobs(hook, ListJobsInput.parse({}))).rejects.toMatchObject({ code: "forbidden" });
  });

  it("names the newest run of a job", async () => {
    const jobId = await makeJob(test.sql, {});
    const first = await makeRun(test.sql, { jobIds: [jobId] });
    await test.sql.count("UPDATE run_members SET live = false WHERE run_id = $1", [first]);
    const second = await makeRun(test.sql, { jobIds: [jobId] });
    const { items } = await jobs({});
    expect(items.find(({ id }) => id === jobId)?.runId).toBe(second);
  });
});

describe("listPushes and getPush", () => {
  it("counts jobs by how they stand, and finds pushes by owner, branch and the start of a revision", async () => {
    const branchId = await makeBranch(test.sql, { name: "list-pushes" });
    const revision = "abcdef0123456789abcdef0123456789abcdef01";
    const pushId = await makePush(test.sql, { branchId, ownerId: userId, revision });
    await makePush(test.sql, { branchId });
    const buildsetId = await makeBuildset(test.sql, { pushId });
    await makeJob(test.sql, { buildsetId });
    await makeJob(test.sql, { buildsetId });
    const failed = await makeJob(test.sql, { buildsetId, state: "done", result: "failure" });

    const list = (input: Record<string, unknown>) => listPushes(ctx, ListPushesInput.parse(input));
    expect(ids(await list({ owner: "me", branch: "list-pushes" }))).toEqual([pushId]);
    const { items } = await list({ revision: "abcdef0" });
    expect(items).toMatchObject([
      { id: pushId, counts: { queued: 2, failure: 1, success: 0 }, owner: { login: "dev" } },
    ]);

    const push = await getPush(ctx, { pushId });
    expect(push.jobs).toHaveLength(3);
    expect(push.jobs.map(({ id }) => id)).toContain(failed);
    expect(push.configErrors).toEqual([]);
  });

  it("says so when there is no such push", async () => {
    await expect(getPush(ctx, { pushId: 999_999_999 })).rejects.toMatchObject({ code: "not_found" });
  });
});

describe("getQueue", () => {
  it("shows the order in which jobs are served, page by page", async () => {
    const poolId = await makePool(test.sql, { name: "queue-pool" });
    const at = (minute: number) => new Date(Date.UTC(2026, 10, 1, 12, minute));
    const old = await makeJob(test.sql, { poolId, submittedAt: at(0) });
    const late = await makeJob(test.sql, { poolId, submittedAt: at(9) });
    const raised = await makeJob(test.sql, { poolId, submittedAt: at(9), priority: 1 });
    await makeJob(test.sql, { poolId, state: "blocked" });

    const queue = await getQueue(ctx, { pool: "queue-pool", limit: 2 });
    expect(queue.jobs.map(({ id, position }) => [id, position])).toEqual([
      [raised, 1],
      [old, 2],
    ]);
    const rest = await getQueue(ctx, { pool: "queue-pool", limit: 2, cursor: queue.nextCursor ?? "" });
    expect(rest.jobs.map(({ id, position }) => [id, position])).toEqual([[late, 3]]);
    expect(rest.nextCursor).toBeNull();
    expect(queue.pool).toMatchObject({ name: "queue-pool", queued: 3, strict: false, headStartMs: 600_000 });
  });

  it("holds jobs of a closed branch", async () => {
    const poolId = await makePool(test.sql, { name: "closed-pool" });
    const branchId = await makeBranch(test.sql, { closedAt: new Date() });
    const buildsetId = await makeBuildset(test.sql, { pushId: await makePush(test.sql, { branchId }) });
    await makeJob(test.sql, { poolId, buildsetId });
    expect((await getQueue(ctx, { pool: "closed-pool" })).jobs).toEqual([]);
  });

  it("says so when there is no such pool", async () => {
    await expect(getQueue(ctx, { pool: "none" })).rejects.toMatchObject({ code: "not_found" });
  });
});

describe("the other lists", () => {
  it("shows pools and workers with what they do", async () => {
    const poolId = await makePool(test.sql, { name: "staffed" });
    const workerId = await makeWorker(test.sql, { name: "busy", poolIds: [poolId] });
    const jobId = await makeJob(test.sql, { poolId, state: "running" });
    const runId = await makeRun(test.sql, { jobIds: [jobId], workerId, poolId });

    const pool = (await listPools(ctx)).find(({ name }) => name === "staffed");
    expect(pool).toMatchObject({ workers: 1, workersOnline: 1, running: 1, queued: 0 });
    const worker = (await listWorkers(ctx)).find(({ name }) => name === "busy");
    expect(worker).toMatchObject({ pools: ["staffed"], online: true, runIds: [runId] });
    expect(await getRun(ctx, { runId })).toMatchObject({
      worker: "busy",
      jobs: [{ id: jobId, live: true }],
      steps: [],
    });
    await expect(getRun(ctx, { runId: 999_999_999 })).rejects.toMatchObject({ code: "not_found" });
  });

  it("shows repositories with their branches, and never a password", async () => {
    const repositoryId = await makeRepository(test.sql, { name: "app", url: "https://bot:s@cret@git.example.org/app" });
    await makeBranch(test.sql, { repositoryId, name: "app-main" });
    const repository = (await listRepositories(ctx)).find(({ name }) => name === "app");
    expect(repository?.url).toBe("https://git.example.org/app");
    expect(repository?.branches.map(({ name }) => name)).toEqual(["app-main"]);
    expect((await listBranches(ctx)).map(({ name }) => name)).toContain("app-main");
    expect((await getBranch(ctx, { name: "app-main" })).repository).toBe("app");
    await expect(getBranch(ctx, { name: "app-mai" })).rejects.toMatchObject({ code: "not_found" });
  });

  it("shows a command with its outcome per job", async () => {
    const jobId = await makeJob(test.sql, {});
    const commandId = await insert(test.sql, "commands", { kind: "cancel", user_id: userId, via: "test", input: "{}" });
    await test.sql.count("INSERT INTO command_items (command_id, job_id, outcome) VALUES ($1, $2, 'done')", [
      commandId,
      jobId,
    ]);
    expect(await getCommand(ctx, { commandId })).toMatchObject({
      kind: "cancel",
      user: { login: "dev" },
      items: [{ jobId, outcome: "done", code: null, created: [] }],
    });
    await expect(getCommand(ctx, { commandId: 999_999_999 })).rejects.toMatchObject({ code: "not_found" });
  });
});
