import type { Job } from "../lib/contracts/job.ts";
import { gate } from "./fixtures/gate.ts";
import { expect, test } from "./fixtures/test.ts";
import { jobOf } from "./fixtures/watched-repository.ts";
import { JobPage } from "./pages/job-page.ts";

test("waiting jobs of one builder share a run at the newest revision, each with its receipt; one takes a run of its own", async ({
  signIn,
  api,
  hook,
  watch,
}) => {
  const rest = await api("dev");
  const page = await signIn("dev");
  const repository = await watch({ slots: 1 });
  const [busy, shared] = [gate(), gate()];
  repository.builder("linux busy", busy.step);
  const first = await repository.pushAs("dev", hook, rest, "Keeps the worker busy");
  const read = async (id: number) => (await (await rest.get(`/api/v1/jobs/${id}`)).json()) as Job;
  await expect.poll(async () => (await read(jobOf(first, "linux busy").id)).state).toBe("running");

  const ids: number[] = [];
  const revisions: string[] = [];
  for (const message of ["One", "Two", "Three"]) {
    repository.builder("linux test", shared.step, { kind: "test" });
    const push = await repository.pushAs("dev", hook, rest, message);
    ids.push(jobOf(push, "linux test").id);
    revisions.push(push.revision);
  }
  busy.open();
  const runIds = async () => [...new Set((await Promise.all(ids.map(read))).map((job) => job.runId))];
  await expect.poll(runIds).toEqual([expect.any(Number)]);
  const [oldest = 0, middle = 0] = ids;
  expect((await read(oldest)).builtRevision).toBe(revisions[2]);

  const job = new JobPage(page);
  await job.open(middle);
  await expect(job.shared).toContainText("serves 3 jobs");
  await expect(job.shared).toContainText("not this job's own");
  await job.more("A run of its own");
  await expect.poll(async () => (await read(middle)).state).toBe("queued");
  shared.open();
  await expect
    .poll(async () => (await Promise.all(ids.map(read))).map(({ result }) => result))
    .toEqual(["success", "success", "success"]);
  expect((await read(middle)).builtRevision).toBeNull();
  expect((await read(middle)).runId).not.toBe((await read(oldest)).runId);
});
