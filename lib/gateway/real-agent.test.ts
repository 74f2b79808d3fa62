import { afterAll, beforeAll, expect, it } from "vitest";
import { farmWithAgent } from "../testing/farm-with-agent.ts";
import { type GatewayHarness, openGatewayHarness, sha256 } from "../testing/gateway-harness.ts";

const soon = { timeout: 45_000, interval: 30 };
let web: GatewayHarness;
beforeAll(async () => {
  web = await openGatewayHarness();
});
afterAll(() => web.close());

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
    web,
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
  const { farm, jobIds } = await farmWithAgent(web, { steps: [{ name: "count", run, timeoutSeconds: 60 }] });
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
