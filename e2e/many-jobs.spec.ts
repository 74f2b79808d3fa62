import type { Queue } from "../lib/contracts/pool.ts";
import { copyWaitingJob } from "./fixtures/database.ts";
import { gate } from "./fixtures/gate.ts";
import { expect, test } from "./fixtures/test.ts";
import { jobOf } from "./fixtures/watched-repository.ts";
import { JobPage } from "./pages/job-page.ts";
import { QueuePage } from "./pages/queue-page.ts";

const WAITING = ["second", "third", "fourth", "fifth", "sixth"];

test("several jobs are cancelled after a look at what that does, and are back at their exact places after the undo", async ({
  signIn,
  api,
  hook,
  watch,
}) => {
  const page = await signIn("dev");
  const rest = await api("dev");
  const repository = await watch({ slots: 1 });
  const end = gate();
  repository.builder("linux first", end.step);
  for (const name of WAITING) repository.builder(`linux ${name}`, end.step);
  const push = await repository.pushAs("dev", hook, rest);
  const queue = async () => (await (await rest.get(`/api/v1/pools/${repository.pool}/queue`)).json()) as Queue;
  await expect.poll(async () => (await queue()).running.length).toBe(1);
  await expect.poll(async () => (await queue()).jobs.length).toBe(WAITING.length);
  const before = (await queue()).jobs.map((job) => job.id);

  const waiting = new QueuePage(page);
  await waiting.open(repository.pool);
  const chosen = [jobOf(push, "linux third").id, jobOf(push, "linux fourth").id];
  for (const id of chosen) await waiting.selection.select(id);
  await waiting.selection.cancel();
  await expect(waiting.selection.preview).toContainText("2 jobs");
  await waiting.selection.confirm(/^Cancel 2 jobs$/);
  await expect(waiting.tray).toContainText("2 jobs cancelled");
  await expect.poll(() => waiting.order()).toEqual(before.filter((id) => !chosen.includes(id)));

  await waiting.undo();
  await expect(waiting.tray).toContainText("2 jobs put back");
  await expect.poll(() => waiting.order()).toEqual(before);
  await expect(waiting.waiting).not.toContainText("Cancelled.");
  end.open();
});

test("all that waits in a pool is raised by its filter, and each job's outcome can be read", async ({
  signIn,
  api,
  hook,
  watch,
}) => {
  const rest = await api("dev");
  const page = await signIn("sheriff");
  const repository = await watch({ slots: 1 });
  const end = gate();
  repository.builder("linux first", end.step);
  for (const name of WAITING) repository.builder(`linux ${name}`, end.step);
  await repository.pushAs("dev", hook, rest);
  const queue = async () => (await (await rest.get(`/api/v1/pools/${repository.pool}/queue`)).json()) as Queue;
  await expect.poll(async () => (await queue()).jobs.length).toBe(WAITING.length);

  const data = { kind: "reprioritize", filter: { pool: repository.pool, state: "queued" }, priority: 7 };
  const sheriff = await api("sheriff");
  const answer = await sheriff.post("/api/v1/commands", { data });
  const command = (await answer.json()) as { id: number; counts: { done: number } };
  expect(command.counts.done).toBe(WAITING.length);
  await expect.poll(async () => (await queue()).jobs.map((job) => job.priority)).toEqual(WAITING.map(() => 7));

  await page.goto(`/commands/${command.id}`);
  await expect(page.getByRole("heading", { level: 1 })).toContainText(`${WAITING.length} jobs moved`);
  await expect(page.getByRole("region", { name: "Outcomes" }).getByRole("listitem")).toHaveCount(WAITING.length);
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(page.getByText("It was undone by")).toBeVisible();
  await expect.poll(async () => (await queue()).jobs.map((job) => job.priority)).toEqual(WAITING.map(() => 0));
  end.open();
});

test("a waiting job says its place and what is before it, and a boost ends by itself", async ({
  signIn,
  api,
  hook,
  watch,
}) => {
  const rest = await api("dev");
  const page = await signIn("sheriff");
  const repository = await watch({ slots: 1 });
  const end = gate();
  repository.builder("linux first", end.step);
  for (const name of WAITING) repository.builder(`linux ${name}`, end.step);
  const push = await repository.pushAs("dev", hook, rest);

  const job = new JobPage(page);
  await job.open(jobOf(push, "linux sixth").id);
  await expect(job.xray).toContainText(`number ${WAITING.length} of ${repository.pool}`);
  await expect(job.xray.getByRole("list", { name: "Jobs before it" })).toContainText("4 submitted earlier");

  await job.more(/^Boost/);
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox", { name: "Why before others?" }).fill("Its fix is needed tonight.");
  await dialog.getByRole("button", { name: "Set the priority of 1 job" }).click();
  await expect(job.xray).toContainText(`number 1 of ${repository.pool}`);
  await expect(page.getByText("Its fix is needed tonight.")).toBeVisible();
  end.open();
});

test("by keyboard alone: jobs are chosen, left as they are, cancelled and put back", async ({
  signIn,
  api,
  hook,
  watch,
}) => {
  const page = await signIn("dev");
  const rest = await api("dev");
  const repository = await watch({ slots: 1 });
  const end = gate();
  repository.builder("linux first", end.step);
  for (const name of WAITING) repository.builder(`linux ${name}`, end.step);
  await repository.pushAs("dev", hook, rest);
  const waiting = new QueuePage(page);
  const queue = async () => (await (await rest.get(`/api/v1/pools/${repository.pool}/queue`)).json()) as Queue;
  await expect.poll(async () => (await queue()).jobs.length).toBe(WAITING.length);
  await waiting.open(repository.pool);
  await expect.poll(async () => (await waiting.order()).length).toBe(WAITING.length);
  const before = await waiting.order();
  const [first = 0, second = 0, ...rest4] = before;

  for (const key of ["j", "x", "j", "x", "c"]) await page.keyboard.press(key);
  await expect(waiting.selection.dialog).toContainText("Cancel 2 jobs");
  await page.keyboard.press("Escape");
  await expect(waiting.selection.dialog).toBeHidden();
  await expect(waiting.job(second).getByRole("link").first()).toBeFocused();
  expect(await waiting.order()).toEqual(before);

  await page.keyboard.press("c");
  await expect(waiting.selection.preview).toContainText("2 jobs");
  await page.keyboard.type("Not needed");
  await page.keyboard.press("Enter");
  await expect(waiting.tray).toContainText("2 jobs cancelled");
  await expect.poll(() => waiting.order()).toEqual(rest4);
  await page.keyboard.press("u");
  await expect(waiting.tray).toContainText("2 jobs put back");
  await expect.poll(() => waiting.order()).toEqual([first, second, ...rest4]);
  end.open();
});

test("a job that may not be touched is named, and the others are done", async ({ signIn, api, hook, watch }) => {
  const rest = await api("dev");
  const page = await signIn("dana");
  const repository = await watch({ slots: 1 });
  const end = gate();
  repository.builder("linux first", end.step).builder("linux second", end.step);
  const devs = jobOf(await repository.pushAs("dev", hook, rest, "By dev"), "linux second");
  repository.builder("linux third", end.step);
  const danas = jobOf(await repository.pushAs("dana", hook, rest, "By dana"), "linux third");

  const waiting = new QueuePage(page);
  await waiting.open(repository.pool);
  for (const { id } of [devs, danas]) await waiting.selection.select(id);
  await waiting.selection.cancel();
  await expect(waiting.selection.preview).toContainText("1 would be refused");
  await expect(waiting.selection.preview.getByRole("list", { name: "Refusals" })).toContainText("dev");
  await waiting.selection.confirm(/^Cancel 2 jobs$/);
  await expect(waiting.tray).toContainText("1 job cancelled, 1 refused");
  await expect(waiting.tray.getByRole("list", { name: "Refused" })).toContainText(`ob ${devs.id}`);
  await expect(waiting.job(devs.id).getByRole("alert")).toContainText("dev owns the push");
  await expect.poll(() => waiting.order()).toEqual([devs.id]);
  end.open();
});

test("all that waits in a deep queue is chosen at once, its progress shown, and undone", async ({
  signIn,
  api,
  hook,
  watch,
}) => {
  test.slow(); // thousands of jobs move twice, while a page follows
  const COPIES = 2_000;
  const rest = await api("dev");
  const page = await signIn("dev");
  const repository = await watch({ slots: 1 });
  const end = gate();
  repository.builder("linux first", end.step).builder("linux second", end.step);
  const push = await repository.pushAs("dev", hook, rest);
  await copyWaitingJob(jobOf(push, "linux second").id, COPIES);
  const queue = async () => (await (await rest.get(`/api/v1/pools/${repository.pool}/queue`)).json()) as Queue;
  await expect.poll(async () => (await queue()).pool.queued).toBe(COPIES + 1);

  const waiting = new QueuePage(page);
  await waiting.open(repository.pool);
  const all = (COPIES + 1).toLocaleString("en");
  await page.getByRole("checkbox", { name: "Select all jobs" }).check();
  await waiting.selection.bar.getByRole("button", { name: `Select all ${all}` }).click();
  await expect(waiting.selection.bar).toContainText(`${all} jobs selected`);
  await waiting.selection.raise();
  await expect(waiting.selection.preview).toContainText(`${COPIES + 1} jobs`);
  await waiting.selection.confirm(/^Set the priority of/);
  await expect(waiting.tray.getByRole("progressbar")).toBeVisible();
  await expect(waiting.tray).toContainText(`${all} jobs moved`, { timeout: 90_000 });
  await expect.poll(async () => (await queue()).jobs.at(-1)?.priority).toBe(10);
  await waiting.undo();
  await expect(waiting.tray).toContainText(`${all} jobs put back`, { timeout: 90_000 });
  await expect.poll(async () => (await queue()).jobs.at(-1)?.priority).toBe(0);
});
