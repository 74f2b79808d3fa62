// From a hook's word of a push to the first line that its job prints, as a page gets it: with a free worker and a warm object store.
import { pathToFileURL } from "node:url";
import { startFarm } from "../e2e/faults/farm.ts";
import { openDatabase } from "../lib/db/sql.ts";
import { HookAndPage, type Times } from "./first-line/hook-and-page.ts";
import { type Figure, median, percentile, report, rounded } from "./report/figure.ts";

const PUSHES = 40;
const WARM_UPS = 3;
const TARGET_MS = 2_000;

/** Measures that many pushes, one after the other. */
export async function run(pushes: number = PUSHES): Promise<Figure[]> {
  const farm = await startFarm({ workers: ["builder-1"], slots: 1, leaseSeconds: 60, pollSeconds: 3_600 });
  const sql = openDatabase({ url: farm.product.env.DATABASE_URL ?? "", applicationName: "bench", max: 2 });
  try {
    const bench = await HookAndPage.open(farm, sql);
    try {
      for (let warmUp = 0; warmUp < WARM_UPS; warmUp++) await bench.push();
      const times: Times[] = [];
      for (let push = 0; push < pushes; push++) times.push(await bench.push());
      return figuresOf(times);
    } finally {
      bench.close();
    }
  } finally {
    await sql.close();
    await farm.stop();
  }
}

function figuresOf(times: readonly Times[]): Figure[] {
  const bench = "first-line";
  const figure = (name: string, of: (one: Times) => number): Figure => ({
    bench,
    figure: `${name}, p50`,
    value: rounded(median(times.map(of))),
    unit: "ms",
  });
  const p95 = rounded(
    percentile(
      times.map(({ line }) => line),
      0.95,
    ),
  );
  return [
    figure("stage 1: hook to recorded push", ({ received }) => received),
    figure("stage 2: to its job", ({ created, received }) => created - received),
    figure("stage 3: to its claim", ({ claimed, created }) => claimed - created),
    figure("stage 4: to the end of its checkout", ({ prepared, claimed }) => prepared - claimed),
    figure("stage 5: to its line on the page", ({ line, prepared }) => line - prepared),
    figure("hook to its answer", ({ answered }) => answered),
    figure("hook to first line", ({ line }) => line),
    {
      bench,
      figure: `hook to first line, p95 of ${times.length}`,
      value: p95,
      unit: "ms",
      target: `<= ${TARGET_MS} ms`,
      ok: p95 <= TARGET_MS,
    },
  ];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) report(await run());
