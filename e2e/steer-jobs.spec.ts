import type { JobDetail } from "../lib/contracts/job.ts";
import type { Queue } from "../lib/contracts/pool.ts";
import { gate } from "./fixtures/gate.ts";
import { expect, test } from "./fixtures/test.ts";
import { jobOf } from "./fixtures/watched-repository.ts";
import { JobPage } from "./pages/job-page.ts";
import { PushPage } from "./pages/push-page.ts";
import { PushesPage } from "./pages/pushes-page.ts";
import { QueuePage } from "./pages/queue-page.ts";

test("a developer sees a push finish green and one builder fail red, with their real logs", async ({
  signIn,
  api,
  hook,
  watch,
}) => {
  const page = await signIn("dev");
  const repository = await watch();
  repository
    .builder("linux build", "echo compiled $((6 * 7)) files")
    .builder("linux lint", "echo line 7 is bad >&2\nexit 3");
  const push = await repository.pushAs("dev", hook, await api("dev"), "Green and red");

  const pushes = new PushesPage(page);
  await pushes.open();
  await pushes.openPush("Green and red");
  const jobs = new PushPage(page);
  await expect(jobs.job(jobOf(push, "linux lint").id)).toContainText("Failure");
  await expect(jobs.job(jobOf(push, "linux build").id)).toContainText("Success");

  const job = new JobPage(page);
  await job.open(jobOf(push, "linux lint").id);
  await expect(job.state).toContainText("Failure");
  await expect(job.log).toContainText("line 7 is bad");
  await expect(job.steps).toContainText("exit code 3");

  await job.open(jobOf(push, "linux build").id);
  await expect(job.state).toContainText("Success");
  await expect(job.log).toContainText("compiled 42 files");
});

test("a developer watches a job live, cancels it, and retriggers it three times", async ({
  signIn,
  api,
  hook,
  watch,
}) => {
  const page = await signIn("dev");
  const rest = await api("dev");
  const repository = await watch({ slots: 1 });
  repository.builder("linux build", "echo begun; sleep 300");
  const push = await repository.pushAs("dev", hook, rest);
  const { id } = jobOf(push, "linux build");

  const job = new JobPage(page);
  await job.open(id);
  await expect(job.state).toContainText("Running");
  await expect(job.log).toContainText("begun"); // without a reload

  await job.cancel();
  await expect(job.state).toContainText("Cancelled");
  await expect(page.getByText("From the cancel to the process being gone")).toBeVisible();

  await job.retrigger(3);
  await expect(job.actions).toContainText("Retriggered 3 times");
  const { items } = (await (await rest.get(`/api/v1/jobs?push=${push.id}`)).json()) as { items: JobDetail[] };
  expect(items.filter((one) => one.retriggerOf === id)).toHaveLength(3);
});

test("a raised job is claimed next", async ({ signIn, api, hook, watch }) => {
  const page = await signIn("dev");
  const rest = await api("dev");
  const repository = await watch({ slots: 1 });
  const first = gate();
  const later = gate();
  repository.builder("linux first", first.step);
  for (const name of ["second", "third", "fourth"]) repository.builder(`linux ${name}`, later.step);
  const push = await repository.pushAs("dev", hook, rest);
  const queue = async () => (await (await rest.get(`/api/v1/pools/${repository.pool}/queue`)).json()) as Queue;
  await expect.poll(async () => (await queue()).running.map((one) => one.builder)).toEqual(["linux first"]);

  const job = new JobPage(page);
  const fourth = jobOf(push, "linux fourth");
  await job.open(fourth.id);
  await expect.poll(async () => (await queue()).jobs.at(-1)?.id).toBe(fourth.id);
  await job.setPriority(50);
  await expect(job.actions).toContainText("Its priority is now 50");
  const waiting = new QueuePage(page);
  await waiting.open(repository.pool);
  await expect.poll(async () => (await waiting.order())[0]).toBe(fourth.id);

  first.open();
  await expect.poll(async () => (await queue()).running.map((one) => one.builder)).toEqual(["linux fourth"]);
  later.open();
});

test("dana is refused on dev's job with a reason, may act on her own, and a sheriff on any", async ({
  signIn,
  api,
  hook,
  watch,
}) => {
  const repository = await watch({ slots: 1 });
  const rest = await api("dev");
  const dana = new JobPage(await signIn("dana"));
  const end = gate();
  repository.builder("linux build", end.step);
  const devs = jobOf(await repository.pushAs("dev", hook, rest, "By dev"), "linux build");
  repository.builder("linux build", end.step);
  const danas = jobOf(await repository.pushAs("dana", hook, rest, "By dana"), "linux build");

  await dana.open(devs.id);
  await expect(dana.button("Cancel")).toHaveAttribute("aria-disabled", "true");
  await expect(dana.reasons).toContainText("dev owns the push");
  const refused = await (await api("dana")).post(`/api/v1/jobs/${devs.id}/cancel`, { data: {} });
  expect(refused.status()).toBe(403);

  await dana.open(danas.id);
  await dana.cancel();
  await expect(dana.state).toContainText("Cancelled");

  const sheriff = new JobPage(await signIn("sheriff"));
  await sheriff.open(devs.id);
  await sheriff.cancel();
  await expect(sheriff.state).toContainText("Cancelled");
});

test("keys cancel, and ask first", async ({ signIn, api, hook, watch }) => {
  const page = await signIn("dev");
  const repository = await watch({ slots: 1 });
  repository.builder("linux build", "sleep 300");
  const { id } = jobOf(await repository.pushAs("dev", hook, await api("dev")), "linux build");
  const job = new JobPage(page);
  await job.open(id);
  await expect(job.state).toContainText("Running");
  await page.keyboard.press("c");
  await expect(job.actions).toContainText("Press c again");
  await page.keyboard.press("c");
  await expect(job.state).toContainText("Cancelled");
});
