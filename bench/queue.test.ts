import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, it } from "vitest";
import { startServices } from "../scripts/services/services.ts";
import { drawDepthPlot } from "./queue/depth-plot.ts";
import { queueFigures, rebuildFigures } from "./queue/figures.ts";
import type { Costs } from "./queue/measure.ts";
import { measureRebuild } from "./queue/rebuild.ts";
import { measureQueues } from "./queue.ts";

const costs = (all: number): Costs => ({ "claim and finish": all, add: all, reprioritize: all, remove: all });

it("measures both queues on one Redis, and says what it has measured", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "self-serve-bench-test-"));
  const kinds = ["redis" as const];
  const services = await startServices({ folder, secretsFolder: path.join(folder, "secrets"), durable: false, kinds });
  try {
    const measured = await measureQueues(services.env.REDIS_URL ?? "", { jobs: 1_200, operations: 40, rounds: 3 });
    expect(measured.depths.map(({ depth }) => depth)).toEqual([1_000, 1_200]);
    const figures = queueFigures(measured, "the peer");
    for (const { value } of figures) expect(value).toBeGreaterThan(0);
    expect(figures.map(({ figure, target }) => `${figure}: ${target}`)).toEqual([
      "pop + versioned delete at 1200, 32 in flight: ratio >= 1.5",
      "add at 1200, 32 in flight: ratio >= 1",
      "reprioritize at 1200, 32 in flight: ratio >= 1",
      "remove at 1200, 32 in flight: ratio >= 1",
      "pop + versioned delete at 1200, 32 in flight, the peer in one round trip per job: undefined",
      "one pop alone at 1200, p50: ratio <= 1",
      "memory per waiting job at 1200, versions included: <= 200 B",
      "cost of pop + versioned delete at 1200 over that at 1000: <= 1.03, the ratio of the logarithms",
      "cost of add at 1200 over that at 1000: <= 1.03, the ratio of the logarithms",
      "cost of reprioritize at 1200 over that at 1000: <= 1.03, the ratio of the logarithms",
      "cost of remove at 1200 over that at 1000: <= 1.03, the ratio of the logarithms",
    ]);
  } finally {
    await services.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});

it("measures a rebuild while claims go on, and that both stores agree afterwards", async () => {
  const rebuilt = await measureRebuild(2_500);
  expect(rebuilt.claims).toBeGreaterThan(0);
  expect(rebuildFigures(2_500, rebuilt)[0]).toMatchObject({ unit: "s", target: "<= 15 s" });
});

it("judges what it has measured", () => {
  const depths = [1_000, 1_000_000].map((depth) => ({ depth, ours: costs(100), peer: costs(140) }));
  const measured = { jobs: 1_000_000, depths, memory: { ours: 2.1e8, peer: 3e8 }, peerTogether: 50 };
  const figures = queueFigures({ ...measured, claims: { ours: [2], peer: [1] } }, "the peer");
  expect(figures.filter(({ ok }) => ok === false).map(({ figure }) => figure)).toEqual([
    "pop + versioned delete at 1000000, 32 in flight", // 1.4 times only
    "one pop alone at 1000000, p50",
    "memory per waiting job at 1000000, versions included",
  ]);
  expect(figures.at(-1)).toMatchObject({ value: 1, target: "<= 2, the ratio of the logarithms", ok: true });
});

it("draws a plot that is well-formed, with both queues in every panel", () => {
  const depths = [1_000, 10_000, 1_000_000].map((depth, index) => ({
    depth,
    ours: costs(90 + index),
    peer: costs(95 + index),
  }));
  const svg = drawDepthPlot(depths, "BullMQ");
  expect(svg.match(/<path class="ours"/g)).toHaveLength(4);
  expect(svg.match(/>BullMQ<\/text>/g)).toHaveLength(4);
  expect(svg).toContain(">1,000,000</text>");
  expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  const open = svg.match(/<(g|text|svg|style|title)\b/g)?.length;
  expect(svg.match(/<\/(g|text|svg|style|title)>/g)).toHaveLength(open ?? 0);
  expect(() => drawDepthPlot(depths.slice(0, 1), "BullMQ")).toThrow("at least two");
});
