import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import type { BuilderDefinition } from "../contracts/in-tree-config.ts";
import { agentOptions, smallRepository } from "../testing/agent-harness.ts";
import { type GatewayHarness, openGatewayHarness, sha256 } from "../testing/gateway-harness.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { Agent } from "../worker/agent.ts";

const soon = { timeout: 45_000, interval: 30 };
let web: GatewayHarness;
beforeAll(async () => {
  web = await openGatewayHarness();
});
afterAll(() => web.close());

/** A farm whose repository exists, with these jobs waiting and an agent that serves them. */
async function farmWithAgent(...builders: Partial<BuilderDefinition>[]) {
  const farm = await web.farm();
  const { url, revision } = smallRepository();
  const { sql } = web.test;
  await sql.count("UPDATE repositories SET url = $2 WHERE id = (SELECT repository_id FROM branches WHERE id = $1)", [
    farm.branchId,
    url,
  ]);
  await sql.count("UPDATE branches SET ref = 'main' WHERE id = $1", [farm.branchId]);
  const submit = async (...definitions: Partial<BuilderDefinition>[]) => {
    const made = await farm.submit(...definitions);
    for (const table of ["pushes", "buildsets"])
      await sql.count(`UPDATE ${table} SET revision = $2 WHERE branch_id = $1`, [farm.branchId, revision]);
    return made;
  };
  const jobIds = await submit(...builders);
  const options = agentOptions(`http://127.0.0.1:${web.port}`, temporaryFolder("agent"));
  const pools = [{ name: farm.pool, token: farm.token }];
  const agent = new Agent(
    { ...options, name: `agent-${farm.poolId}`, pools },
    { log: () => undefined, random: () => 0, graceMs: 2_000, shutdownMs: 500 },
  );
  const ended = agent.run();
  onTestFinished(async () => {
    agent.stop();
    await ended;
  });
  return { farm, jobIds, submit };
}

async function logOf(jobId: number) {
  const row = await web.test.sql.one<{ id: number; bytes: number; lines: number; sha256: string | null }>(
    `SELECT r.id, r.log_bytes AS bytes, r.log_lines AS lines, r.log_sha256 AS sha256
     FROM runs r JOIN run_members m ON m.run_id = r.id WHERE m.job_id = $1`,
    [jobId],
  );
  return { ...row, text: (await web.logs.readLines(row.id, row, 1, 100_000)).lines };
}

it("runs a build and the test that needs its artifact", async () => {
  const steps = (run: string) => [{ name: "work", run, timeoutSeconds: 60 }];
  const { farm, jobIds } = await farmWithAgent(
    {
      name: "build",
      steps: steps("mkdir out; echo product > out/app; echo v=7 >> $SELFSERVE_OUTPUT"),
      artifacts: ["out/*"],
    },
    { name: "test", needs: ["build"], steps: steps('cat "$SELFSERVE_ARTIFACTS"/*/out/app; seq 3000') },
  );
  const [buildId = 0, testId = 0] = jobIds;
  await expect.poll(async () => (await farm.job(buildId)).result, soon).toBe("success");
  await expect.poll(async () => (await farm.job(testId)).result, soon).toBe("success");
  const { text, sha256: digest, bytes } = await logOf(testId);
  expect(text).toContain("product");
  expect(text).toContain("3000");
  expect(digest).toBe(sha256(`${text.join("\n")}\n`));
  expect(bytes).toBe(Buffer.byteLength(`${text.join("\n")}\n`));
});

it("loses not a byte of the log while the server is away and comes back as another process", async () => {
  const run = "for i in $(seq 1 60); do seq $(( (i-1)*200+1 )) $((i*200)); sleep 0.05; done";
  const { farm, jobIds } = await farmWithAgent({ steps: [{ name: "count", run, timeoutSeconds: 60 }] });
  const [jobId = 0] = jobIds;
  for (const line of [400, 4_000, 8_000]) {
    await expect.poll(async () => (await logOf(jobId).catch(() => null))?.lines ?? 0, soon).toBeGreaterThan(line);
    const comeBack = await web.vanish();
    web.logs.forget((await logOf(jobId)).id);
    await comeBack();
  }
  await expect.poll(async () => (await farm.job(jobId)).result, soon).toBe("success");
  const { text, sha256: digest } = await logOf(jobId);
  const numbers = text.filter((line) => /^\d+$/.test(line)).map(Number);
  expect(numbers).toEqual(Array.from({ length: 12_000 }, (_, index) => index + 1));
  expect(digest).toBe(sha256(`${text.join("\n")}\n`));
  const { lostCount, retryCount } = await farm.job(jobId);
  expect([lostCount, retryCount]).toEqual([0, 0]);
});

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
  const { farm, jobIds, submit } = await farmWithAgent(...chunks);
  const ranBy = async (ids: readonly number[]) => {
    for (const id of ids) await expect.poll(async () => (await farm.job(id)).result, soon).toBe("success");
    const logs = await Promise.all(ids.map(logOf));
    return logs.map(({ text }) => text.flatMap((line) => (line.startsWith("ran ") ? [line.slice(4)] : [])));
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
