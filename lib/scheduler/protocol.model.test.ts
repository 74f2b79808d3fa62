import { writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { explore } from "../testing/model/explore.ts";

// Random histories of the protocol's transitions on real stores, with processes that die or freeze at any await, a Redis that is wiped,
// workers that come back late or anew. After every step the rows must be sound; at the end, without faults, every job comes to an end and
// Redis agrees with PostgreSQL. `npm run model` plays more of them, or those of another seed.

const { MODEL_HISTORIES = "1000", MODEL_SEED = "20261121", MODEL_LANES = "6", MODEL_SHRINKS = "yes", MODEL_REPORT } = process.env;

it("keeps the invariants through random histories with faults, and then finishes every job", {
  timeout: 7_200_000,
}, async () => {
  const explored = await explore({
    histories: Number(MODEL_HISTORIES),
    lanes: Number(MODEL_LANES),
    seed: Number(MODEL_SEED),
    shrinks: MODEL_SHRINKS === "yes",
  });
  const figures = `${explored.played} histories in ${explored.seconds.toFixed(0)} s, seed ${MODEL_SEED}`;
  console.log(figures);
  if (MODEL_REPORT) writeFileSync(MODEL_REPORT, JSON.stringify(explored));
  expect(explored.broken?.report, figures).toBeUndefined();
});
