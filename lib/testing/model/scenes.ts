import fc from "fast-check";
import { type Move, move, place, priority, result, type Step, some } from "./moves.ts";

const one = (...moves: Move[]): Step[] => moves.map((each) => [each]);
/** Among these scripts of a claim is the one that pops. */
const script = fc.constantFrom("script 0", "script 1", "script 2");

/** A relay that read an old priority writes late, after a newer one was carried, and perhaps popped, wiped or rebuilt. */
const lateRelay = fc
  .record({
    job: some,
    at: fc.constantFrom("relay_dirty", "relay_dirty", "script 0"),
    from: priority,
    to: priority,
    between: fc.subarray<"claim" | "wipe" | "rebuild">(["claim", "wipe", "rebuild"]),
    script,
  })
  .map(({ job, at, from, to, between, script }) => {
    const happens = {
      claim: { do: "claim", fate: { kind: "dies", at: script, when: "after" }, worker: 0, slot: 0 },
      wipe: { do: "wipe", fate: null },
      rebuild: { do: "rebuild", fate: null },
    } as const;
    return one(
      { do: "relay", fate: null },
      { do: "raise", fate: null, job, many: false, priority: from },
      { do: "relay", fate: { kind: "freezes", at } },
      { do: "raise", fate: null, job, many: false, priority: to },
      { do: "relay", fate: null },
      ...between.map((what) => happens[what]),
      { do: "thaw", fate: null },
    );
  });

/** A run that was lost, and perhaps replaced, and perhaps once more, hears of it late. */
const lateWorker = fc
  .record({ ...place, times: fc.nat({ max: 2 }), result, finishes: fc.boolean() })
  .map(({ worker, slot, times, result, finishes }) => {
    const run = times > 0 ? 1 : 0;
    return one(
      { do: "claim", fate: null, worker, slot },
      { do: "expire", fate: null, run: 0 },
      ...(times > 0 ? [{ do: "claim", fate: null, worker: 1 - worker, slot } as const] : []),
      ...(times > 1 ? [{ do: "expire", fate: null, run: 0 } as const] : []),
      finishes ? { do: "finish", fate: null, run, result } : { do: "beat", fate: null, run },
    );
  });

/** A run that was lost hears of it when its slot has other work. */
const busySlot = fc
  .record({ ...place, job: some, finishes: fc.boolean() })
  .map(({ job, finishes, ...where }) =>
    one(
      { do: "submit", fate: null, shape: 1 },
      { do: "claim", fate: null, ...where },
      { do: "expire", fate: null, run: 0 },
      { do: "raise", fate: null, job, many: false, priority: 100 },
      { do: "relay", fate: null },
      { do: "claim", fate: null, ...where },
      finishes ? { do: "finish", fate: null, run: 1, result: "success" } : { do: "beat", fate: null, run: 1 },
    ),
  );

/** Redis is emptied under a worker that is well. */
const wipedWorker = fc
  .record(place)
  .map((where) => one({ do: "claim", fate: null, ...where }, { do: "wipe", fate: null }, { do: "reap", fate: null }));

/** A claim dies with the hint that it has popped, and perhaps again. */
const deadClaim = fc
  .record({ ...place, script, claims: fc.integer({ min: 1, max: 2 }) })
  .map(({ script, claims, ...where }) =>
    one(
      { do: "relay", fate: null },
      ...Array.from(
        { length: claims },
        (): Move => ({ do: "claim", fate: { kind: "dies", at: script, when: "after" }, ...where }),
      ),
    ),
  );

/** A cancel is taken back, perhaps after the job has run. */
const undone = fc
  .record({ job: some, runs: fc.boolean(), many: fc.boolean(), ...place })
  .map(({ job, runs, many, ...where }) =>
    one(
      ...(runs ? [{ do: "claim", fate: null, ...where } as const] : []),
      { do: "cancel", fate: null, job, many },
      { do: "undo", fate: null, command: 0 },
    ),
  );

/** Jobs of two pushes share a run, and one of them leaves it. */
const shared = fc
  .record({ ...place, job: some, leaves: fc.constantFrom("split", "cancel") })
  .map(({ job, leaves, ...where }) =>
    one(
      { do: "submit", fate: null, shape: 0 },
      { do: "claim", fate: null, ...where },
      leaves === "split" ? { do: "split", fate: null, job } : { do: "cancel", fate: null, job, many: false },
    ),
  );

/** What chance seldom makes: the shortest counterexamples that the model knows, with some freedom. */
const scene = fc.oneof(
  { weight: 3, arbitrary: lateRelay },
  { weight: 2, arbitrary: lateWorker },
  busySlot,
  wipedWorker,
  deadClaim,
  undone,
  shared,
);

/** A history: moves, one or a few at once, and now and then a scene. */
export const history: fc.Arbitrary<Step[]> = fc
  .array(
    fc.oneof(
      { weight: 9, arbitrary: move.map((one): Step[] => [[one]]) },
      { weight: 3, arbitrary: fc.array(move, { minLength: 2, maxLength: 3 }).map((many): Step[] => [many]) },
      { weight: 3, arbitrary: scene },
    ),
    { minLength: 5, maxLength: 12 },
  )
  .map((parts) => parts.flat());
