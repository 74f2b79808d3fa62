import fc from "fast-check";
import type { Result } from "../../contracts/job.ts";
import type { Fate } from "../crash.ts";

/** Workers of a history, and the slots that each has. */
export const WORKERS = 2;
export const SLOTS = 2;

/**
 * A transition of the model, as data, so that a history can be printed, shrunk and kept. Jobs, runs and commands are named by a number that
 * is taken modulo what there is; of runs, 0 is the newest. `fate`: what becomes of the process that serves it.
 */
export type Move = { fate: Fate | null } & (
  | { do: "submit"; shape: number }
  | { do: "claim" | "reclaim"; worker: number; slot: number }
  | { do: "reboot"; worker: number }
  | { do: "beat" | "expire"; run: number }
  | { do: "finish" | "late"; run: number; result: Result }
  | { do: "cancel" | "retrigger" | "split"; job: number; many: boolean }
  | { do: "raise"; job: number; many: boolean; priority: number }
  | { do: "undo" | "repeat"; command: number }
  | { do: "relay" | "sweep" | "rebuild" | "number" | "resume" | "reap" }
  | { do: "wipe" | "thaw" }
);

/** Moves that happen at once. */
export type Step = Move[];

const is = <const T>(value: T) => fc.constant(value);
const dies = (at: fc.Arbitrary<number>) =>
  fc.record({ kind: is("dies"), at, when: fc.constantFrom("before", "after") });
const freezes = (at: fc.Arbitrary<number>) => fc.record({ kind: is("freezes"), at });
/** The fate of a process that comes to about so many doors. */
const fateAmong = (doors: number): fc.Arbitrary<Fate | null> =>
  fc.oneof(
    { weight: 12, arbitrary: is(null) },
    { weight: 4, arbitrary: dies(fc.nat({ max: doors })) },
    { weight: 2, arbitrary: freezes(fc.nat({ max: doors })) },
  );

const some = fc.nat({ max: 30 });
const priority = fc.integer({ min: -100, max: 100 });
const result = fc.constantFrom<Result[]>("success", "success", "success", "warnings", "failure", "exception", "retry");
const slot = { worker: fc.nat({ max: WORKERS - 1 }), slot: fc.nat({ max: SLOTS - 1 }) };
const safe = { fate: is(null) };
const short = { fate: fateAmong(8) };
const long = { fate: fateAmong(20) };

const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: is("submit"), ...long, shape: some }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constantFrom("claim", "claim", "claim", "reclaim"), ...long, ...slot }) },
  { weight: 1, arbitrary: fc.record({ do: is("reboot"), ...long, worker: slot.worker }) },
  { weight: 3, arbitrary: fc.record({ do: is("beat"), ...short, run: some }) },
  { weight: 4, arbitrary: fc.record({ do: is("expire"), ...long, run: some }) },
  {
    weight: 7,
    arbitrary: fc.record({ do: fc.constantFrom("finish", "finish", "finish", "late"), ...long, run: some, result }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom("cancel", "cancel", "split", "retrigger"),
      ...long,
      job: some,
      many: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: is("raise"), ...long, job: some, many: fc.boolean(), priority }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom("undo", "undo", "repeat"), ...long, command: some }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constantFrom("relay", "relay", "relay", "number"), ...short }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom("sweep", "rebuild", "reap", "resume"), ...short }) },
  { weight: 1, arbitrary: fc.record({ do: is("wipe"), ...safe }) },
  { weight: 2, arbitrary: fc.record({ do: is("thaw"), ...safe }) },
);

/** Scenes that chance seldom makes: the shortest counterexamples that the model knows, with some freedom. */
const scene: fc.Arbitrary<Step[]> = fc.oneof(
  // a relay that read an old priority writes late, after a newer one was carried, popped or wiped
  fc
    .record({
      job: some,
      at: fc.integer({ min: 2, max: 5 }),
      from: priority,
      to: priority,
      between: fc.nat({ max: 7 }),
    })
    .map(({ job, at, from, to, between }): Step[] => [
      [{ do: "relay", fate: null }],
      [{ do: "raise", fate: null, job, many: false, priority: from }],
      [{ do: "relay", fate: { kind: "freezes", at } }],
      [{ do: "raise", fate: null, job, many: false, priority: to }],
      [{ do: "relay", fate: null }],
      ...(between & 1
        ? [[{ do: "claim", fate: { kind: "dies", at: "script", when: "after" }, worker: 0, slot: 0 } as const]]
        : []),
      ...(between & 2 ? [[{ do: "wipe", fate: null } as const]] : []),
      ...(between & 4 ? [[{ do: "rebuild", fate: null } as const]] : []),
      [{ do: "thaw", fate: null }],
    ]),
  // a run that was lost, and perhaps replaced, and perhaps again, hears of it late
  fc
    .record({ ...slot, again: fc.boolean(), replaced: fc.boolean(), result, late: fc.boolean() })
    .map(({ worker, slot, again, replaced, result, late }): Step[] => [
      [{ do: "claim", fate: null, worker, slot }],
      [{ do: "expire", fate: null, run: 0 }],
      ...(replaced ? [[{ do: "claim", fate: null, worker: 1 - worker, slot } as const]] : []),
      ...(replaced && again ? [[{ do: "expire", fate: null, run: 0 } as const]] : []),
      [
        late
          ? { do: "finish", fate: null, run: replaced ? 1 : 0, result }
          : { do: "beat", fate: null, run: replaced ? 1 : 0 },
      ],
    ]),
  // Redis is emptied under a worker that is well
  fc
    .record(slot)
    .map((where): Step[] => [
      [{ do: "claim", fate: null, ...where }],
      [{ do: "wipe", fate: null }],
      [{ do: "reap", fate: null }],
    ]),
  // a cancel is taken back, perhaps after the job has run
  fc
    .record({ job: some, runs: fc.boolean(), ...slot })
    .map(({ job, runs, ...where }): Step[] => [
      ...(runs ? [[{ do: "claim", fate: null, ...where } as const]] : []),
      [{ do: "cancel", fate: null, job, many: runs }],
      [{ do: "undo", fate: null, command: 0 }],
    ]),
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
