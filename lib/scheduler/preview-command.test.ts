// Longer than usual: what each command would do, compared with what it then does.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CommandPreview } from "../contracts/command.ts";
import type { CommandInput } from "../contracts/endpoints.ts";
import { type TestContext, testContext } from "../testing/context.ts";
import { type Farm, makeFarm } from "../testing/farm.ts";
import { makeBuilder, makeBuildset, makeJob, makeUser } from "../testing/rows.ts";
import { cancelJobs } from "./cancel-jobs.ts";
import type { SchedulerContext } from "./context.ts";
import { previewCommand } from "./preview-command.ts";
import { reprioritizeJobs } from "./reprioritize-jobs.ts";
import { retriggerJobs } from "./retrigger-jobs.ts";

const HOUR = 3_600_000;

let test: TestContext;
beforeAll(async () => {
  test = await testContext();
});
afterAll(() => test.drop());

const preview = async (ctx: SchedulerContext, input: CommandInput) =>
  CommandPreview.parse(await previewCommand(ctx, input));
const cancel = (jobIds: number[]): CommandInput => ({ kind: "cancel", jobIds });
const retrigger = (jobIds: number[], count = 1, dependents = false): CommandInput => ({
  kind: "retrigger",
  jobIds,
  count,
  dependents,
});
const reprioritize = (jobIds: number[], priority: number): CommandInput => ({ kind: "reprioritize", jobIds, priority });

/** Says how long runs of the builders of all jobs of a farm have taken. */
async function took(farm: Farm, ms: number): Promise<void> {
  await test.sql.count(
    `INSERT INTO builder_timings (builder_id, samples_ms)
     SELECT DISTINCT builder_id, ARRAY[$2::int] FROM jobs WHERE pool_id = $1 ON CONFLICT DO NOTHING`,
    [farm.poolId, ms],
  );
}

/** Waiting jobs of the farm's own people, as many as asked, an hour each, on one worker with two slots. */
async function busyFarm(count: number): Promise<{ farm: Farm; worker: SchedulerContext; jobIds: number[] }> {
  const farm = await makeFarm(test);
  const jobIds: number[] = [];
  for (let push = 0; push < count; push++) jobIds.push(...(await farm.submit()));
  await took(farm, HOUR);
  await farm.relay();
  return { farm, worker: await farm.worker(2), jobIds };
}

/** All rows of all tables as one text. */
async function dump(): Promise<string> {
  const tables = await test.sql.rows<{ name: string }>(
    "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename",
  );
  const parts: string[] = [];
  for (const { name } of tables) {
    const rows = await test.sql.rows<{ row: string }>(`SELECT t::text AS row FROM "${name}" t ORDER BY 1`);
    parts.push(name, ...rows.map(({ row }) => row));
  }
  const sequences = await test.sql.rows<{ row: string }>(
    "SELECT s::text AS row FROM pg_sequences s WHERE schemaname = 'public' ORDER BY 1",
  );
  return [...parts, ...sequences.map(({ row }) => row)].join("\n");
}

describe("a preview", () => {
  it("changes nothing at all", async () => {
    const { farm, worker, jobIds } = await busyFarm(3);
    await farm.claimOrThrow(worker);
    const before = await dump();
    await preview(farm.as(), cancel(jobIds));
    await preview(farm.as(), retrigger(jobIds, 3, true));
    await preview(farm.as(), reprioritize(jobIds, 7));
    expect(await dump()).toBe(before);
  });

  it("is decided as the command is, whoever asks", async () => {
    const { farm, worker, jobIds } = await busyFarm(4);
    await farm.claimOrThrow(worker);
    const done = await makeJob(test.sql, { poolId: farm.poolId, state: "done", result: "failure" });
    const foreign = await makeJob(test.sql, { poolId: farm.poolId });
    const ids = [...jobIds, done, foreign, 999_999];
    for (const ctx of [farm.as(), await farm.person("sheriff"), farm.as({ roles: [] })]) {
      const told = await Promise.all(
        [cancel(ids), reprioritize(ids, 0), reprioritize(ids, 3), retrigger(ids)].map((input) => preview(ctx, input)),
      );
      const did = [
        await retriggerJobs(ctx, { jobIds: ids, count: 1, dependents: false }),
        await reprioritizeJobs(ctx, { jobIds: ids, priority: 3 }),
        await reprioritizeJobs(ctx, { jobIds: ids, priority: 0 }),
      ];
      expect(told[3]?.counts).toEqual(countsOf(did[0]));
      expect(told[2]?.counts).toEqual(countsOf(did[1]));
    }
    const told = await preview(farm.as(), cancel(ids));
    expect(told.counts).toEqual(countsOf(await cancelJobs(farm.as(), { jobIds: ids })));
  });

  const countsOf = (
    command:
      | { counts: { pending: number; done: number; unchanged: number; refused: number; total: number } }
      | undefined,
  ) => {
    const { pending: _, ...counts } = command?.counts ?? { pending: 0 };
    return counts;
  };

  it("finds jobs by the same filter, and refuses the same requests", async () => {
    const { farm, jobIds } = await busyFarm(2);
    const done = await makeJob(test.sql, { poolId: farm.poolId, state: "done", ownerId: farm.ownerId });
    const byPool = { filter: { pool: farm.pool } };
    expect((await preview(farm.as(), { kind: "cancel", ...byPool })).counts.total).toBe(jobIds.length);
    expect((await preview(farm.as(), { kind: "retrigger", count: 1, dependents: false, ...byPool })).counts.total).toBe(
      jobIds.length + 1,
    );
    expect(done).toBeGreaterThan(0);
    const nowhere = previewCommand(farm.as(), { kind: "cancel", filter: { pool: "nowhere" } });
    await expect(nowhere).rejects.toMatchObject({ code: "not_found" });
    const tooMany = previewCommand(
      farm.as(),
      retrigger(
        Array.from({ length: 101 }, (_, index) => index + 1),
        100,
      ),
    );
    await expect(tooMany).rejects.toMatchObject({ code: "invalid" });
    await expect(previewCommand(farm.as({ scopes: [] }), cancel(jobIds))).rejects.toMatchObject({ code: "forbidden" });
  });

  it("tells why jobs would be refused, the commonest reason first", async () => {
    const { farm, jobIds } = await busyFarm(2);
    const stranger = await farm.person("developer");
    const { refusals, counts, summary } = await preview(stranger, cancel([...jobIds, 999_999]));
    expect(counts).toEqual({ done: 0, unchanged: 0, refused: 3, total: 3 });
    expect(refusals.map(({ jobs }) => jobs)).toEqual([2, 1]);
    expect(refusals[0]?.reason).toMatch(/ owns the push of the job, so only .* may cancel it\.$/);
    expect(refusals[1]?.reason).toBe("There is no such job.");
    expect(summary).toBe("This would change nothing; 3 would be refused.");
  });
});

describe("a cancel", () => {
  it("frees the time of what waits and the rest of what runs, and lets others start sooner", async () => {
    const { farm, worker, jobIds } = await busyFarm(4);
    const { runId } = await farm.claimOrThrow(worker);
    await test.sql.count("UPDATE runs SET started_at = started_at - interval '15 minutes' WHERE id = $1", [runId]);
    const ada = await makeUser(test.sql, { login: "ada-of-preview" });
    const [running = 0, mine = 0] = jobIds;
    const behind = { poolId: farm.poolId, ownerId: ada, submittedAt: new Date(Date.now() + 60_000) };
    await makeJob(test.sql, behind);
    const told = await preview(farm.as(), cancel([running, mine]));
    expect(told).toMatchObject({ counts: { done: 2 }, runsStopped: 1, alsoSkipped: 0, unknownDurations: 0 });
    expect(told.machineMinutes).toBeCloseTo(-105, 0);
    // 45 minutes of what runs go before all, 60 of what waits before those behind it: on two slots
    expect(told.others).toEqual([
      {
        owner: expect.objectContaining({ id: farm.ownerId }),
        pool: farm.pool,
        jobs: 2,
        meanSeconds: expect.any(Number),
        maxSeconds: expect.any(Number),
      },
      {
        owner: { id: ada, login: "ada-of-preview", name: "ada-of-preview" },
        pool: farm.pool,
        jobs: 1,
        meanSeconds: expect.any(Number),
        maxSeconds: expect.any(Number),
      },
    ]);
    for (const other of told.others) expect(Math.abs(other.meanSeconds + 3_150)).toBeLessThan(5);
    expect(told.summary).toContain("3 other jobs would start up to 53 minutes sooner");
  });

  it("stops no run that still serves another job", async () => {
    const farm = await makeFarm(test, { mergeWhen: "always" });
    const jobIds = [...(await farm.submit()), ...(await farm.submit())];
    await took(farm, HOUR);
    await farm.relay();
    await farm.claimOrThrow(await farm.worker());
    const one = await preview(farm.as(), cancel(jobIds.slice(0, 1)));
    expect([one.runsStopped, one.machineMinutes]).toEqual([0, 0]);
    const both = await preview(farm.as(), cancel(jobIds));
    expect(both.runsStopped).toBe(1);
    expect(both.machineMinutes).toBeCloseTo(-60, 0);
  });

  it("skips what needs its jobs, all the way down", async () => {
    const farm = await makeFarm(test);
    const jobIds = await farm.submit(
      { name: "build" },
      { name: "test", needs: ["build"], kind: "test" },
      { name: "report", needs: ["test"], kind: "test" },
      { name: "docs" },
    );
    await took(farm, HOUR);
    const told = await preview(farm.as(), cancel(jobIds.slice(0, 1)));
    expect(told).toMatchObject({ counts: { done: 1 }, alsoSkipped: 2, machineMinutes: -180 });
    await cancelJobs(farm.as(), { jobIds: jobIds.slice(0, 1) });
    const skipped = await test.sql.rows("SELECT FROM jobs WHERE pool_id = $1 AND result = 'skipped'", [farm.poolId]);
    expect(skipped).toHaveLength(told.alsoSkipped);
  });
});

describe("a change of priority", () => {
  it("delays those between the old and the new place, and nobody else", async () => {
    const { farm, jobIds } = await busyFarm(5);
    const told = await preview(farm.as(), reprioritize(jobIds.slice(2, 3), 1));
    expect(told.machineMinutes).toBe(0);
    expect(told.others).toMatchObject([{ jobs: 2, meanSeconds: 1_800, maxSeconds: 1_800 }]);
    const lowered = await preview(farm.as(), reprioritize(jobIds.slice(2, 3), -1));
    expect(lowered.others).toMatchObject([{ jobs: 2, meanSeconds: -1_800, maxSeconds: -1_800 }]);
    expect((await preview(farm.as(), reprioritize(jobIds, 0))).summary).toBe(
      "This would change nothing; 5 are so already.",
    );
  });

  it("tells much the same of a deep queue, which is only counted", async () => {
    const { farm, jobIds } = await busyFarm(9);
    const input = cancel(jobIds.slice(0, 3));
    const exact = (await preview(farm.as(), input)).others;
    const [counted, ...others] = (await previewCommand(farm.as(), input, { deepJobs: 5 })).others;
    expect(others).toEqual([]);
    expect(exact).toMatchObject([{ jobs: 6, meanSeconds: -5_400, maxSeconds: -5_400 }]);
    expect(counted).toMatchObject({ owner: { id: farm.ownerId }, jobs: 6, maxSeconds: -5_400 });
    expect(counted?.meanSeconds).toBeLessThan(-1_800);
  });

  it("is for sheriffs when it is a boost", async () => {
    const { farm, jobIds } = await busyFarm(1);
    const boost: CommandInput = {
      kind: "reprioritize",
      jobIds,
      priority: 9,
      boost: { minutes: 5, reason: "A release." },
    };
    expect((await preview(farm.as(), boost)).counts.refused).toBe(1);
    expect((await preview(await farm.person("sheriff"), boost)).counts.done).toBe(1);
  });
});

describe("a retrigger", () => {
  it("adds the time of every copy, with what waits for it when that comes along", async () => {
    const farm = await makeFarm(test);
    const jobIds = await farm.submit({ name: "build" }, { name: "test", needs: ["build"], kind: "test" });
    await took(farm, HOUR);
    const low = await makeJob(test.sql, { poolId: farm.poolId, priority: -50 });
    await farm.worker(2);
    const alone = await preview(farm.as(), retrigger(jobIds.slice(0, 1), 4));
    expect(alone).toMatchObject({
      counts: { done: 1 },
      machineMinutes: 240,
      others: [{ jobs: 1, meanSeconds: 7_200 }],
    });
    expect(alone.summary).toMatch(/^This would run 1 job again, as 4 new jobs; /);
    expect(low).toBeGreaterThan(0);
    const along = await preview(farm.as(), retrigger(jobIds.slice(0, 1), 4, true));
    expect(along).toMatchObject({ counts: { done: 1 }, machineMinutes: 480 });
  });

  it("counts the jobs of which it is not known how long they take", async () => {
    const farm = await makeFarm(test);
    const [jobId = 0] = await farm.submit({ name: "never ran" });
    expect(await preview(farm.as(), retrigger([jobId]))).toMatchObject({ machineMinutes: 0, unknownDurations: 1 });
  });
});

it("answers for 10,000 jobs of a filter", async () => {
  const farm = await makeFarm(test, { ready: false });
  const buildsetId = await makeBuildset(test.sql);
  const builderId = await makeBuilder(test.sql);
  const model = await makeJob(test.sql, { poolId: farm.poolId, buildsetId, builderId, ownerId: farm.ownerId });
  await test.sql.count(
    `INSERT INTO jobs (buildset_id, builder_id, branch_id, push_id, pool_id, owner_id, trust_level, definition, definition_hash,
                       state, score, submitted_at)
     SELECT buildset_id, builder_id, branch_id, push_id, pool_id, owner_id, trust_level, definition, definition_hash,
            state, score + i, submitted_at FROM jobs, generate_series(1, 9999) i WHERE id = $1`,
    [model],
  );
  await took(farm, HOUR);
  const told = await preview(farm.as(), { kind: "cancel", filter: { pool: farm.pool } });
  expect(told).toMatchObject({ counts: { done: 10_000, total: 10_000 }, machineMinutes: -600_000 });
});
