import { type Figure, median, rounded } from "../report/figure.ts";
import type { DepthCosts } from "./depth-plot.ts";
import { IN_FLIGHT } from "./measure.ts";
import type { Rebuilt } from "./rebuild.ts";
import { OPERATIONS, type Operation } from "./subject.ts";

/** What was measured of both queues. */
export interface Measured {
  jobs: number;
  /** By depth, the last one with `jobs` waiting. */
  depths: DepthCosts[];
  /** Bytes that so many waiting jobs added. */
  memory: { ours: number; peer: number };
  /** Ms of claims with nothing else under way. */
  claims: { ours: number[]; peer: number[] };
  /** Microseconds per job where the peer completes one and claims the next in one round trip. */
  peerTogether: number | undefined;
}

const BENCH = "queue";
const LEAST: Record<Operation, number> = { "claim and finish": 1.5, add: 1, reprioritize: 1, remove: 1 };
const OUR_NAMES: Record<Operation, string> = {
  "claim and finish": "pop + versioned delete",
  add: "add",
  reprioritize: "reprioritize",
  remove: "remove",
};

/** The figures of the queue core. */
export function queueFigures(measured: Measured, peer: string): Figure[] {
  return [
    ...OPERATIONS.flatMap((operation) => rateFigures(measured, operation, peer)),
    ...togetherFigures(measured, peer),
    claimFigure(measured, peer),
    memoryFigure(measured, peer),
    ...growthFigures(measured, peer),
  ];
}

/** The figures of an emptied Redis. */
export function rebuildFigures(jobs: number, { seconds, claims, claimP95Ms }: Rebuilt): Figure[] {
  return [
    {
      bench: BENCH,
      figure: `rebuild of ${jobs} entries from PostgreSQL, claims served meanwhile`,
      value: rounded(seconds),
      unit: "s",
      target: "<= 15 s",
      ok: seconds <= 15,
    },
    {
      bench: BENCH,
      figure: "claims served from PostgreSQL during the rebuild",
      value: claims,
      unit: "claims",
      target: "> 0",
      ok: claims > 0,
    },
    { bench: BENCH, figure: "claim during the rebuild, p95", value: rounded(claimP95Ms), unit: "ms" },
  ];
}

function rateFigures({ jobs, depths }: Measured, operation: Operation, peer: string): Figure[] {
  const last = depths.at(-1);
  if (!last) return [];
  const [value, peerValue] = [1e6 / last.ours[operation], 1e6 / last.peer[operation]];
  const ratio = rounded(value / peerValue);
  return [
    {
      bench: BENCH,
      figure: `${OUR_NAMES[operation]} at ${jobs}, ${IN_FLIGHT} in flight`,
      value: rounded(value),
      unit: "/s",
      peer,
      peerValue: rounded(peerValue),
      ratio,
      target: `ratio >= ${LEAST[operation]}`,
      ok: ratio >= LEAST[operation],
    },
  ];
}

/** For information: the peer's best way, which saves it a round trip for each job. */
function togetherFigures({ jobs, depths, peerTogether }: Measured, peer: string): Figure[] {
  const ours = depths.at(-1)?.ours["claim and finish"];
  if (ours === undefined || peerTogether === undefined) return [];
  return [
    {
      bench: BENCH,
      figure: `pop + versioned delete at ${jobs}, ${IN_FLIGHT} in flight, the peer in one round trip per job`,
      value: rounded(1e6 / ours),
      unit: "/s",
      peer,
      peerValue: rounded(1e6 / peerTogether),
      ratio: rounded(peerTogether / ours),
    },
  ];
}

function claimFigure({ jobs, claims }: Measured, peer: string): Figure {
  const [value, peerValue] = [median(claims.ours), median(claims.peer)];
  return {
    bench: BENCH,
    figure: `one pop alone at ${jobs}, p50`,
    value: rounded(value),
    unit: "ms",
    peer,
    peerValue: rounded(peerValue),
    ratio: rounded(value / peerValue),
    target: "ratio <= 1",
    ok: value <= peerValue,
  };
}

function memoryFigure({ jobs, memory }: Measured, peer: string): Figure {
  const [value, peerValue] = [memory.ours / jobs, memory.peer / jobs];
  return {
    bench: BENCH,
    figure: `memory per waiting job at ${jobs}, versions included`,
    value: rounded(value),
    unit: "B",
    peer,
    peerValue: rounded(peerValue),
    ratio: rounded(value / peerValue),
    target: "<= 200 B",
    ok: value <= 200,
  };
}

/** What grows with the logarithm at most grows by the ratio of the logarithms. */
function growthFigures({ depths }: Measured, peer: string): Figure[] {
  const [first, last] = [depths[0], depths.at(-1)];
  if (!first || !last) return [];
  const most = rounded(Math.log(last.depth) / Math.log(first.depth));
  return OPERATIONS.map((operation) => {
    const value = rounded(last.ours[operation] / first.ours[operation]);
    return {
      bench: BENCH,
      figure: `cost of ${OUR_NAMES[operation]} at ${last.depth} over that at ${first.depth}`,
      value,
      unit: "times",
      peer,
      peerValue: rounded(last.peer[operation] / first.peer[operation]),
      target: `<= ${most}, the ratio of the logarithms`,
      ok: value <= most,
    };
  });
}
