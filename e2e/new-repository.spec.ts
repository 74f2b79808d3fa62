import { createHash, randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import type { Job } from "../lib/contracts/job.ts";
import type { Run } from "../lib/contracts/run.ts";
import { addUser } from "./fixtures/directory.ts";
import { expect, test } from "./fixtures/test.ts";
import { jobOf } from "./fixtures/watched-repository.ts";
import { JobPage } from "./pages/job-page.ts";
import { PushPage } from "./pages/push-page.ts";
import { PushesPage } from "./pages/pushes-page.ts";

test("a new user and a new repository are taken up while the product runs", async ({ signIn, api, watch }) => {
  const login = `u-${randomBytes(3).toString("hex")}`;
  await addUser(login, ["developers"]);
  const page = await signIn(login);
  const rest = await api(login);

  const token = randomBytes(16).toString("hex");
  const repository = await watch({ branch: { trustAuthors: true } });
  repository.builder("linux build", `echo the token is ${token}\nprintf %s ${token} > out.txt`, {
    artifacts: ["out.txt"],
  });
  const author = `${login} <${login}@example.org>`;
  repository.push({ author, message: "Print a token" });

  // Nothing tells the product: it polls. Nothing is reloaded: the page hears of it.
  const pushes = new PushesPage(page);
  await pushes.open();
  await expect(pushes.push("Print a token")).toBeVisible({ timeout: 30_000 });
  await pushes.openPush("Print a token");
  await new PushPage(page).jobs.getByRole("link", { name: "build" }).click();
  const job = new JobPage(page);
  await expect(job.log).toContainText(`the token is ${token}`, { timeout: 30_000 });
  await expect(job.state).toContainText("Success");

  const { items } = (await (await rest.get("/api/v1/jobs?owner=me")).json()) as { items: Job[] };
  const run = (await (await rest.get(`/api/v1/runs/${items[0]?.runId}`)).json()) as Run;
  const sha256 = createHash("sha256").update(token).digest("hex");
  expect(run.artifacts).toMatchObject([{ name: "out.txt", sha256, size: token.length }]);
  const download = page.waitForEvent("download");
  await job.artifact("out.txt").click();
  expect(readFileSync(await (await download).path(), "utf8")).toBe(token);

  repository.builder("linux build", "echo this is broken; exit 1");
  repository.push({ author, message: "Break the step" });
  await pushes.open();
  await expect(pushes.push("Break the step")).toBeVisible({ timeout: 30_000 });
  await pushes.openPush("Break the step");
  await expect(new PushPage(page).jobsOf("build")).toContainText("Failure");
});

test("a broken configuration says where it is broken and schedules nothing", async ({ signIn, watch }) => {
  const page = await signIn("dev");
  const repository = await watch();
  repository.push({
    message: "Break the file",
    files: { ".selfserve.yml": "version: 1\nbuilders:\n  - name: x\n    stepz: []\n" },
  });
  const pushes = new PushesPage(page);
  await pushes.open("everybody's");
  await expect(pushes.push("Break the file")).toBeVisible({ timeout: 30_000 });
  await pushes.openPush("Break the file");
  const push = new PushPage(page);
  await expect(push.configErrors).toContainText(".selfserve.yml");
  await expect(push.configErrors).toContainText("stepz");
  await expect(push.jobs).toHaveCount(0);
});

test("cancelling a job that sleeps leaves no process of it", async ({ signIn, api, hook, watch }) => {
  const page = await signIn("dev");
  const mark = randomBytes(8).toString("hex");
  const repository = await watch();
  repository.builder("linux build", `export MARK=${mark}\nsetsid sleep 1000 & echo begun\nsleep 1000`);
  const { id } = jobOf(await repository.pushAs("dev", hook, await api("dev")), "linux build");
  const job = new JobPage(page);
  await job.open(id);
  await expect(job.log).toContainText("begun");
  expect(processesWith(mark).length).toBeGreaterThanOrEqual(2);

  await job.cancel();
  await expect.poll(() => processesWith(mark), { timeout: 2_000, intervals: [50] }).toEqual([]);
  await expect(job.state).toContainText("Cancelled");
});

/** The processes in whose environment this text stands. */
function processesWith(text: string): string[] {
  return readdirSync("/proc").filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, "latin1").includes(text);
    } catch {
      return false; // it is gone
    }
  });
}
