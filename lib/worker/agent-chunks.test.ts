import { expect, it } from "vitest";
import type { Work } from "../contracts/work.ts";
import { someWork, startAgent } from "../testing/agent-harness.ts";

const soon = { timeout: 45_000, interval: 20 };

/** Runs one step and answers what the agent said at the end, with the log. */
async function ran(script: string, chunk: Work["chunk"]) {
  const { server } = await startAgent();
  const work = someWork(script, { chunk });
  server.offer(work);
  const { finishes } = server.told(work.runId);
  await expect.poll(() => finishes.length, soon).toBe(1);
  return { finish: finishes[0], log: server.logOf(work.runId) };
}

it("tells a chunk what is its own, and the server how long it took", async () => {
  const script = `
    echo "chunk $SELFSERVE_CHUNK of $SELFSERVE_CHUNKS"
    printf 'a\\nb\\nc\\n' | "$SELFSERVE_SPLIT" | while read part; do echo "2.25 $part" >> "$SELFSERVE_TIMINGS"; done`;
  const { finish, log } = await ran(script, { index: 2, of: 3, plan: [["a"], ["b", "c"], []] });
  expect(log).toContain("chunk 2 of 3\n");
  expect(finish).toMatchObject({
    result: "success",
    timings: [
      { part: "b", seconds: 2.25 },
      { part: "c", seconds: 2.25 },
    ],
  });
});

it("tells how long it took also when it fails, and lets bad lines fail nothing", async () => {
  const script = `echo "1 a" >> "$SELFSERVE_TIMINGS"; echo "what is this" >> "$SELFSERVE_TIMINGS"; exit 3`;
  const { finish, log } = await ran(script, { index: 1, of: 2, plan: null });
  expect(finish).toMatchObject({ result: "failure", timings: [{ part: "a", seconds: 1 }] });
  expect(log).toContain("Line 2 of $SELFSERVE_TIMINGS has no time and name;");
});

it("succeeds without its timings, and without any part of its own", async () => {
  const { finish, log } = await ran('printf "" | "$SELFSERVE_SPLIT"; rm "$SELFSERVE_TIMINGS"', {
    index: 1,
    of: 2,
    plan: null,
  });
  expect(finish).toMatchObject({ result: "success" });
  expect(finish).not.toHaveProperty("timings");
  expect(log).toContain("$SELFSERVE_TIMINGS is gone or has become a link; no timings were taken.");
});

it("tells other jobs nothing of chunks", async () => {
  const { finish, log } = await ran("env | sort", null);
  expect(finish).not.toHaveProperty("timings");
  expect(log).not.toMatch(/SELFSERVE_(CHUNK|SPLIT|TIMINGS)/);
});

it("tells how fast its machine is when it registers", async () => {
  const { server } = await startAgent({ options: { speed: 2.5 } });
  await expect.poll(() => server.registrations[0]?.body.speed, soon).toBe(2.5);
});
