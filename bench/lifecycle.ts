// A job's whole life over HTTP, with a thousand workers that poll, beside the same load on Debian's Buildbot in the same run.
import { pathToFileURL } from "node:url";
import { ensureInstalled } from "../scripts/services/packages.ts";
import { Buildbot } from "./lifecycle/buildbot.ts";
import { type Load, SelfServe } from "./lifecycle/self-serve.ts";
import { type Figure, median, percentile, report, rounded } from "./report/figure.ts";

/** How much is measured; the defaults are what the targets are about. */
interface Size {
  workers: number;
  rounds: number;
  warmUpMs: number;
  measureMs: number;
  handOffs: number;
  peer: boolean;
}

const SIZE: Size = { workers: 1_000, rounds: 3, warmUpMs: 5_000, measureMs: 20_000, handOffs: 200, peer: true };
const BENCH = "lifecycle";

/** Measures us and the peer in turn: never both at once, and each as often. */
export async function run(size: Size = SIZE): Promise<Figure[]> {
  const ours: Load[] = [];
  const theirs: Load[] = [];
  let handOffs: number[] = [];
  let version = "";
  for (let round = 0; round < size.rounds; round++) {
    const product = await SelfServe.start(size.workers);
    try {
      if (round === 0) handOffs = await product.handOffs(size.handOffs);
      ours.push(await product.load(size.warmUpMs, size.measureMs));
    } finally {
      await product.stop();
    }
    if (!size.peer) continue;
    await ensureInstalled(["buildbot"], () => {});
    const peer = await Buildbot.start();
    try {
      version = peer.version();
      theirs.push(await peer.load(size.warmUpMs, size.measureMs));
    } finally {
      peer.stop();
    }
  }
  return figuresOf(size, ours, handOffs, theirs, `buildbot ${version}`);
}

function figuresOf(size: Size, ours: Load[], handOffs: number[], theirs: Load[], peer: string): Figure[] {
  const rate = (loads: Load[]) => rounded(median(loads.map((load) => load.jobsPerSecond)));
  const p99 = (loads: Load[]) =>
    rounded(
      percentile(
        loads.flatMap((load) => load.submitMs),
        0.99,
      ),
    );
  const [value, submit, handOff] = [rate(ours), p99(ours), rounded(percentile(handOffs, 0.95))];
  const beside = (of: (loads: Load[]) => number, own: number) =>
    theirs.length > 0 ? { peer, peerValue: of(theirs), ratio: rounded(own / of(theirs)) } : {};
  return [
    {
      bench: BENCH,
      figure: `whole life of a job, ${size.workers} workers polling`,
      value,
      unit: "/s",
      ...beside(rate, value),
      target: ">= 200 /s",
      ok: value >= 200,
    },
    {
      bench: BENCH,
      figure: "submit at 16 in flight, p99",
      value: submit,
      unit: "ms",
      ...beside(p99, submit),
      target: "<= 50 ms",
      ok: submit <= 50,
    },
    {
      bench: BENCH,
      figure: `hand-off to a waiting worker, ${size.workers} waiting, p50`,
      value: rounded(median(handOffs)),
      unit: "ms",
    },
    {
      bench: BENCH,
      figure: `hand-off to a waiting worker, ${size.workers} waiting, p95 of ${handOffs.length}`,
      value: handOff,
      unit: "ms",
      target: "<= 250 ms",
      ok: handOff <= 250,
    },
  ];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const peer = !process.argv.includes("--no-peer");
  report(await run({ ...SIZE, peer, ...(process.argv.includes("--quick") && { rounds: 1, handOffs: 40 }) }));
}
