import type { Job } from "../lib/contracts/job.ts";
import { gate } from "./fixtures/gate.ts";
import { expect, test } from "./fixtures/test.ts";
import { jobOf } from "./fixtures/watched-repository.ts";
import { ConsolePage } from "./pages/console-page.ts";
import { JobPage } from "./pages/job-page.ts";
import { QueuePage } from "./pages/queue-page.ts";
import { WorkersPage } from "./pages/workers-page.ts";

test("a sheriff closes a branch: its jobs say why they wait, and start when it is open again", async ({
  signIn,
  api,
  hook,
  watch,
}) => {
  const rest = await api("dev");
  const page = await signIn("sheriff");
  const repository = await watch();
  const console = new ConsolePage(page);
  await page.goto(`/branches/${repository.branch}`);
  await page.getByRole("button", { name: "Close", exact: true }).click();
  await console.giveReason("The tree is on fire.", "Close the branch");
  await expect(page.getByText("Closed by sheriff")).toContainText("The tree is on fire.");

  repository.builder("linux build", "true");
  const push = await repository.pushAs("dev", hook, rest);
  const { id } = jobOf(push, "linux build");
  const job = new JobPage(page);
  await job.open(id);
  await expect(job.xray).toContainText("BRANCH_CLOSED");
  await expect(job.xray).toContainText("The tree is on fire.");

  await page.goto(`/branches/${repository.branch}`);
  await page.getByRole("button", { name: "Open", exact: true }).click();
  const result = async () => ((await (await rest.get(`/api/v1/jobs/${id}`)).json()) as Job).result;
  await expect.poll(result).toBe("success");
});

test("an admin pauses a pool: what runs goes on, what waits says so, and starts after the resume", async ({
  signIn,
  api,
  hook,
  watch,
}) => {
  const rest = await api("dev");
  const page = await signIn("admin");
  const repository = await watch({ slots: 1 });
  const end = gate();
  repository.builder("linux first", end.step).builder("linux second", "true");
  const push = await repository.pushAs("dev", hook, rest);
  const stateOf = async (builder: string) =>
    ((await (await rest.get(`/api/v1/jobs/${jobOf(push, builder).id}`)).json()) as Job).state;
  await expect.poll(() => stateOf("linux first")).toBe("running");

  const queue = new QueuePage(page);
  await queue.open(repository.pool);
  await page.getByRole("button", { name: "Pause" }).click();
  await queue.giveReason("New disks.", "Pause the pool");
  await expect(page.getByText("Paused by admin")).toContainText("New disks.");
  end.open();
  await expect.poll(() => stateOf("linux first")).toBe("done");
  const job = new JobPage(page);
  await job.open(jobOf(push, "linux second").id);
  await expect(job.xray).toContainText("POOL_PAUSED");
  expect(await stateOf("linux second")).toBe("queued");

  await queue.open(repository.pool);
  await page.getByRole("button", { name: "Resume" }).click();
  await expect.poll(() => stateOf("linux second")).toBe("done");
});

test("a worker in quarantine gets nothing but a probe, and work again when it is released", async ({
  signIn,
  api,
  hook,
  watch,
}) => {
  const rest = await api("dev");
  const page = await signIn("sheriff");
  const repository = await watch({ slots: 1 });
  repository.builder("linux build", "true");
  const first = await repository.pushAs("dev", hook, rest);
  const jobById = async (id: number) => (await (await rest.get(`/api/v1/jobs/${id}`)).json()) as Job;
  await expect.poll(async () => (await jobById(jobOf(first, "linux build").id)).state).toBe("done");

  const workers = new WorkersPage(page);
  await workers.open();
  const worker = workers.worker(repository.pool);
  await worker.getByRole("button", { name: "Quarantine" }).click();
  await workers.giveReason("It fails everything.", "Quarantine the worker");
  await expect(worker).toContainText("In quarantine by sheriff");

  repository.builder("linux build", "true");
  const second = await repository.pushAs("dev", hook, rest, "Another push");
  const waiting = jobOf(second, "linux build").id;
  const job = new JobPage(page);
  await job.open(waiting);
  await expect(job.xray).toContainText("ALL_WORKERS_QUARANTINED");

  await job.probe(repository.pool);
  await expect(page).not.toHaveURL(new RegExp(`/jobs/${waiting}$`)); // the copy's page
  await expect(job.state).toContainText("Success");
  expect((await jobById(waiting)).state).toBe("queued");

  await workers.open();
  await worker.getByRole("button", { name: "Release" }).click();
  await expect.poll(async () => (await jobById(waiting)).result).toBe("success");
});
