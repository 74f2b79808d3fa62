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
  | { do: "cancel" | "retrigger"; job: number; many: boolean }
  | { do: "split"; job: number }
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

/** Names a job, run or command. */
export const some = fc.nat({ max: 30 });
export const priority = fc.integer({ min: -100, max: 100 });
export const result = fc.constantFrom<Result[]>(
  "success",
  "success",
  "success",
  "warnings",
  "failure",
  "exception",
  "retry",
);
export const place = { worker: fc.nat({ max: WORKERS - 1 }), slot: fc.nat({ max: SLOTS - 1 }) };
const safe = { fate: is(null) };
const short = { fate: fateAmong(8) };
const long = { fate: fateAmong(20) };

/** Any move. */
export const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: is("submit"), ...long, shape: some }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constantFrom("claim", "claim", "claim", "reclaim"), ...long, ...place }) },
  { weight: 1, arbitrary: fc.record({ do: is("reboot"), ...long, worker: place.worker }) },
  { weight: 3, arbitrary: fc.record({ do: is("beat"), ...short, run: some }) },
  { weight: 4, arbitrary: fc.record({ do: is("expire"), ...long, run: some }) },
  {
    weight: 7,
    arbitrary: fc.record({ do: fc.constantFrom("finish", "finish", "finish", "late"), ...long, run: some, result }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom("cancel", "cancel", "retrigger"),
      ...long,
      job: some,
      many: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: is("split"), ...long, job: some }) },
  { weight: 3, arbitrary: fc.record({ do: is("raise"), ...long, job: some, many: fc.boolean(), priority }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom("undo", "undo", "repeat"), ...long, command: some }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constantFrom("relay", "relay", "relay", "number"), ...short }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom("sweep", "rebuild", "reap", "resume"), ...short }) },
  { weight: 1, arbitrary: fc.record({ do: is("wipe"), ...safe }) },
  { weight: 2, arbitrary: fc.record({ do: is("thaw"), ...safe }) },
);
