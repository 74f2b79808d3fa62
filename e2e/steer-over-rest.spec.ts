import type { APIRequestContext } from "@playwright/test";
import type { Command } from "../lib/contracts/command.ts";
import type { JobDetail } from "../lib/contracts/job.ts";
import type { Queue } from "../lib/contracts/pool.ts";
import type { Push } from "../lib/contracts/push.ts";
import type { LogPart, Run } from "../lib/contracts/run.ts";
import { gate } from "./fixtures/gate.ts";
import { expect, test } from "./fixtures/test.ts";
import { jobOf } from "./fixtures/watched-repository.ts";

async function read<T>(rest: APIRequestContext, path: string): Promise<T> {
  const answer = await rest.get(path);
  expect(answer.status(), `${path}: ${await answer.text()}`).toBe(200);
  return (await answer.json()) as T;
}

test("a script watches, cancels, retriggers and raises jobs with a token", async ({ api, hook, watch }) => {
  const rest = await api("dev");
  const repository = await watch({ slots: 1 });
  const first = gate();
  const later = gate();
  repository.builder("linux first", first.step);
  for (const name of ["second", "third"]) repository.builder(`linux ${name}`, later.step);
  const push = await repository.pushAs("dev", hook, rest, "By a script");
  const job = (id: number) => read<JobDetail>(rest, `/api/v1/jobs/${id}`);
  const [one, two, three] = ["first", "second", "third"].map((name) => jobOf(push, `linux ${name}`).id) as [
    number,
    number,
    number,
  ];

  // Its log, while it runs.
  await expect.poll(async () => (await job(one)).state).toBe("running");
  const { runId } = await job(one);
  const log = () => read<LogPart>(rest, `/api/v1/runs/${runId}/log`);
  await expect.poll(async () => (await log()).lines).toContain("waiting");

  // Raised, it is next in the queue and the next to start.
  const priority = await rest.put(`/api/v1/jobs/${three}/priority`, { data: { priority: 20 } });
  expect(((await priority.json()) as Command).items).toMatchObject([{ jobId: three, outcome: "done" }]);
  const queue = await read<Queue>(rest, `/api/v1/pools/${repository.pool}/queue`);
  expect(queue.jobs.map(({ id }) => id)).toEqual([three, two]);
  first.open();
  await expect.poll(async () => (await job(three)).state).toBe("running");
  expect((await job(two)).state).toBe("queued");
  expect(await read<Run>(rest, `/api/v1/runs/${runId}`)).toMatchObject({ result: "success", state: "done" });

  // A running job keeps its priority, and says so.
  const fixed = await rest.put(`/api/v1/jobs/${three}/priority`, { data: { priority: 0 } });
  expect(fixed.status()).toBe(409);
  expect(await fixed.json()).toMatchObject({ code: "conflict", detail: expect.stringContaining("is running") });

  // Cancelled twice is cancelled once; the same key is the same command.
  const headers = { "idempotency-key": `cancel-${three}` };
  const cancel = async () =>
    (await (await rest.post(`/api/v1/jobs/${three}/cancel`, { data: {}, headers })).json()) as Command;
  const command = await cancel();
  expect(await cancel()).toEqual(command);
  expect(await job(three)).toMatchObject({ state: "done", result: "cancelled" });

  const retrigger = await rest.post(`/api/v1/jobs/${one}/retrigger`, { data: { count: 3 } });
  const made = ((await retrigger.json()) as Command).items[0]?.created ?? [];
  expect(made).toHaveLength(3);
  expect((await job(made[0] ?? 0)).retriggerOf).toBe(one);
  later.open();
});

test("an author's name in a commit gives no rights where authors are not trusted", async ({ signIn, api, watch }) => {
  await signIn("dev");
  const repository = await watch();
  repository.builder("linux build", "sleep 600");
  const { after } = repository.push({ author: "Devin Dev <dev@example.org>", message: "Pretend to be dev" });
  const rest = await api("dev");
  const find = () => read<{ items: Push[] }>(rest, `/api/v1/pushes?revision=${after}`);
  await expect.poll(async () => (await find()).items[0]?.configState, { timeout: 30_000 }).toBe("scheduled");
  const [push] = (await find()).items;
  expect(push).toMatchObject({ owner: null, authorEmail: "dev@example.org" });
  const { items } = await read<{ items: JobDetail[] }>(rest, `/api/v1/jobs?push=${push?.id}`);
  const refused = await rest.post(`/api/v1/jobs/${items[0]?.id}/cancel`, { data: {} });
  expect(refused.status()).toBe(403);
  expect(await refused.json()).toMatchObject({
    code: "forbidden",
    detail: expect.stringContaining("Nobody is known to own"),
  });
});
