import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { farmWithAgent } from "../testing/farm-with-agent.ts";
import { type GatewayHarness, openGatewayHarness } from "../testing/gateway-harness.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

const soon = { timeout: 45_000, interval: 30 };
let web: GatewayHarness;
beforeAll(async () => {
  web = await openGatewayHarness();
});
afterAll(() => web.close());

async function linesOf(jobId: number): Promise<string[]> {
  const row = await web.test.sql.one<{ id: number; bytes: number; lines: number }>(
    `SELECT r.id, r.log_bytes AS bytes, r.log_lines AS lines FROM runs r JOIN run_members m ON m.run_id = r.id WHERE m.job_id = $1`,
    [jobId],
  );
  return (await web.logs.readLines(row.id, row, 1, 100_000)).lines;
}

it("splits a suite by what its parts took the last time", async () => {
  const parts = ["slow", ...Array.from({ length: 6 }, (_, index) => `quick-${index}`)];
  const run = `
    printf '%s\\n' ${parts.join(" ")} | "$SELFSERVE_SPLIT" | while read -r part; do
      case "$part" in slow) seconds=60 ;; *) seconds=10 ;; esac
      echo "ran $part"; echo "$seconds $part" >> "$SELFSERVE_TIMINGS"
    done`;
  const chunks = [1, 2, 3].map((index) => ({
    name: `unit-${index}`,
    kind: "test" as const,
    chunk: { suite: "unit", index, of: 3 },
    steps: [{ name: "test", run, timeoutSeconds: 60 }],
  }));
  const { farm, jobIds, submit } = await farmWithAgent(web, ...chunks);
  const ranBy = async (ids: readonly number[]) => {
    for (const id of ids) await expect.poll(async () => (await farm.job(id)).result, soon).toBe("success");
    const logs = await Promise.all(ids.map(linesOf));
    return logs.map((lines) => lines.flatMap((line) => (line.startsWith("ran ") ? [line.slice(4)] : [])));
  };

  const byHash = await ranBy(jobIds);
  expect(byHash.flat().sort()).toEqual([...parts].sort());
  // A chunk's timings come in just after its result.
  const measured = () =>
    web.test.sql.rows("SELECT FROM chunk_timings t JOIN branches b USING (repository_id) WHERE b.id = $1", [
      farm.branchId,
    ]);
  await expect.poll(async () => (await measured()).length, soon).toBe(parts.length);
  const byPlan = await ranBy(await submit(...chunks));
  expect(byPlan.flat().sort()).toEqual([...parts].sort());
  expect(byPlan.map((of) => of.length).sort()).toEqual([1, 3, 3]);
  expect(byPlan).toContainEqual(["slow"]);
  expect(byHash).not.toEqual(byPlan);
});

it("tries again what ended with an exit code that its builder takes for a fault of the infrastructure", async () => {
  const marker = path.join(temporaryFolder(), "tried");
  const run = `if [ -e ${marker} ]; then echo better; else touch ${marker}; exit 75; fi`;
  const retry = { limit: 1, exitCodes: [75] };
  const { farm, jobIds } = await farmWithAgent(web, { steps: [{ name: "fetch", run, timeoutSeconds: 60 }], retry });
  const [jobId = 0] = jobIds;
  await expect.poll(async () => (await farm.job(jobId)).result, soon).toBe("success");
  expect((await farm.job(jobId)).retryCount).toBe(1);
  const runs = await web.test.sql.rows(
    "SELECT r.result, r.reason FROM runs r JOIN run_members m ON m.run_id = r.id WHERE m.job_id = $1 ORDER BY r.id",
    [jobId],
  );
  expect(runs).toEqual([
    {
      result: "retry",
      reason: "Step “fetch” ended with exit code 75, which its builder takes for a fault of the infrastructure.",
    },
    { result: "success", reason: null },
  ]);
});
