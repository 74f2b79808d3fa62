import { writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { explore } from "../testing/model/explore.ts";

// Random histories of the protocol's transitions on real stores, with processes that die or freeze at any await, a Redis that is wiped,
// workers that come back late or anew. After every step the rows must be sound; at the end, without faults, every job comes to an end and
// Redis agrees with PostgreSQL. `npm run model` plays more of them, or those of another seed.

const settings = {
  histories: Number(process.env.MODEL_HISTORIES ?? 1000),
  lanes: Number(process.env.MODEL_LANES ?? 6),
  seed: Number(process.env.MODEL_SEED ?? 20261121),
  shrinks: process.env.MODEL_SHRINKS !== "no",
  ...(process.env.MODEL_PATH && { path: process.env.MODEL_PATH }),
};

/** Fewer histories than this need not meet everything. */
const ENOUGH = 300;
const EVERYTHING = [
  "died",
  "froze",
  "job.cancelled",
  "job.done",
  "job.queued",
  "job.reprioritized",
  "job.requeued",
  "job.restored",
  "job.skipped",
  "job.split",
  "run.cancelling",
  "run.lost",
  "run.readopted",
  "shared run",
  "undone done",
  "undone refused",
];

it("keeps the invariants through random histories with faults, and then finishes every job", {
  timeout: 7_200_000,
}, async () => {
  const explored = await explore(settings);
  const { played, seconds, seen, broken } = explored;
  const figures = `${played} histories in ${seconds.toFixed(0)} s, seed ${settings.seed}`;
  console.log(`${figures}: ${JSON.stringify(seen)}`);
  if (process.env.MODEL_REPORT) writeFileSync(process.env.MODEL_REPORT, JSON.stringify(explored));
  if (broken) throw new Error(`${broken.report}\n(${figures})`);
  if (played >= ENOUGH) expect(Object.keys(seen)).toEqual(expect.arrayContaining(EVERYTHING));
});
