import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { gate } from "./fixtures/gate.ts";
import { expect, test } from "./fixtures/test.ts";
import { jobOf } from "./fixtures/watched-repository.ts";
import { JobPage } from "./pages/job-page.ts";
import { QueuePage } from "./pages/queue-page.ts";
import { WorkersPage } from "./pages/workers-page.ts";

/** Every width and every colour scheme once: what axe looks for depends on the one or the other. */
const VIEWS = [
  { colorScheme: "light", width: 1280 },
  { colorScheme: "dark", width: 390 },
] as const;

/** What axe finds on a page in each view, and whether it is too wide; one line per fault. */
async function faultsOf(page: Page, path: string): Promise<string[]> {
  await page.goto(path);
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  return faultsNow(page, path);
}

/** The same of what the page shows now, such as an open dialog. */
async function faultsNow(page: Page, what: string): Promise<string[]> {
  const faults: string[] = [];
  for (const { colorScheme, width } of VIEWS) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.setViewportSize({ width, height: 900 });
    const { violations } = await new AxeBuilder({ page }).analyze();
    const places = violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id} at ${node.target.join(" ")}`));
    faults.push(...places.map((place) => `${what} (${colorScheme}, ${width}): ${place}`));
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    if (overflow > 0) faults.push(`${what} (${colorScheme}, ${width}): the page is ${overflow} px too wide`);
  }
  return faults;
}

test("axe finds nothing on the sign-in page", async ({ page }) => {
  expect(await faultsOf(page, "/login")).toEqual([]);
});

test("axe finds nothing on any page of the console, wide or narrow, light or dark", async ({
  signIn,
  api,
  hook,
  watch,
}) => {
  test.slow(); // fifteen pages, each looked at twice
  const page = await signIn("dev");
  const rest = await api("dev");
  const repository = await watch({ slots: 1 });
  repository
    .builder("linux build", "echo '\u001b[31mred\u001b[0m'; echo product > out.txt; exit 1", { artifacts: ["out.txt"] })
    .builder("linux sleep", "sleep 600")
    .builder("linux wait", "sleep 600")
    .builder("linux test", "true", { kind: "test", needs: ["linux sleep"] });
  const push = await repository.pushAs("dev", hook, rest, "For the eyes of axe");
  const failed = jobOf(push, "linux build").id;
  const state = async (id: number) =>
    ((await (await rest.get(`/api/v1/jobs/${id}`)).json()) as { state: string }).state;
  await expect.poll(() => state(failed)).toBe("done");

  const paths = [
    "/pushes?owner=me",
    "/pushes",
    "/branches",
    `/branches/${repository.branch}`,
    `/pushes/${push.id}`,
    `/jobs/${failed}`,
    ...["linux sleep", "linux wait", "linux test"].map((name) => `/jobs/${jobOf(push, name).id}`),
    "/queues",
    `/queues/${repository.pool}`,
    "/workers",
    "/tokens",
    "/no-such-page",
    "/jobs/999999999",
  ];
  const faults: string[] = [];
  for (const path of paths) faults.push(...(await faultsOf(page, path)));
  expect(faults).toEqual([]);
});

test("axe finds nothing in any dialog, in what follows a command, or in what is out of service", async ({
  signIn,
  api,
  hook,
  watch,
}) => {
  test.slow(); // a dozen states, each looked at twice
  const page = await signIn("admin");
  const rest = await api("dev");
  const repository = await watch({ slots: 1 });
  const end = gate();
  for (const name of ["first", "second", "third", "fourth"]) repository.builder(`linux ${name}`, end.step);
  const push = await repository.pushAs("dev", hook, rest, "For the eyes of axe");
  const jobs = ["second", "third"].map((name) => jobOf(push, `linux ${name}`).id);
  const faults: string[] = [];
  const look = async (what: string) => faults.push(...(await faultsNow(page, what)));

  const queue = new QueuePage(page);
  await queue.open(repository.pool);
  for (const id of jobs) await queue.selection.select(id);
  await queue.selection.raise();
  await expect(queue.selection.preview).toContainText("2 jobs");
  await page.getByRole("checkbox", { name: /^For a time only/ }).check();
  await look("a boost's dialog");
  await page.keyboard.press("Escape");
  await queue.selection.cancel();
  await expect(queue.selection.preview).toContainText("2 jobs");
  await look("a cancel's dialog");
  await queue.selection.confirm(/^Cancel 2 jobs$/);
  await expect(queue.tray).toContainText("2 jobs cancelled");
  await look("what became of a command");
  await queue.tray.getByRole("link", { name: "Each job" }).click();
  await expect(queue.heading).toContainText("2 jobs cancelled");
  await look("a command's page");

  await queue.open(repository.pool);
  await page.getByRole("button", { name: "Pause" }).click();
  await look("a pause's dialog");
  await queue.giveReason("For the eyes of axe.", "Pause the pool");
  await expect(page.getByText("Paused by admin")).toBeVisible();
  await look("a paused pool");
  const job = new JobPage(page);
  await job.open(jobOf(push, "linux fourth").id);
  await expect(job.xray).toContainText("POOL_PAUSED");
  await look("a job that waits for its pool");
  await job.more("Run a copy on one worker…");
  await expect(page.getByRole("radio").first()).toBeVisible();
  await look("a probe's dialog");

  await page.goto(`/branches/${repository.branch}`);
  await page.getByRole("button", { name: "Close", exact: true }).click();
  await queue.giveReason("For the eyes of axe.", "Close the branch");
  await expect(page.getByText("Closed by admin")).toBeVisible();
  await look("a closed branch");
  const workers = new WorkersPage(page);
  await workers.open();
  const worker = workers.worker(repository.pool);
  await worker.getByRole("button", { name: "Quarantine" }).click();
  await look("a quarantine's dialog");
  await workers.giveReason("For the eyes of axe.", "Quarantine the worker");
  await expect(worker).toContainText("In quarantine by admin");
  await look("a worker in quarantine");
  await page.keyboard.press("?");
  await look("the keys");
  expect(faults).toEqual([]);
  end.open();
});
