import { z } from "zod";
import { Id, Name, Timestamp, UserRef } from "./id.ts";
import { PageInput } from "./page.ts";
import { ProblemCode } from "./problem.ts";

export const CommandKind = z.enum(["cancel", "retrigger", "reprioritize", "undo"]);
export type CommandKind = z.infer<typeof CommandKind>;

/** What became of one job of a command: not yet its turn (pending), done, already so (unchanged), or refused with the reason. */
export const ItemOutcome = z.enum(["pending", "done", "unchanged", "refused"]);
export type ItemOutcome = z.infer<typeof ItemOutcome>;

export const CommandItem = z.object({
  jobId: Id,
  outcome: ItemOutcome,
  code: ProblemCode.nullable(),
  message: z.string().nullable(),
  /** The jobs that a retrigger made. */
  created: z.array(Id),
});
export type CommandItem = z.infer<typeof CommandItem>;

/** What a person or script asked for, with its outcome per job. */
export const Command = z.object({
  id: Id,
  kind: CommandKind,
  user: UserRef.nullable(),
  createdAt: Timestamp,
  /** Null while some of its jobs have not had their turn; it goes on by itself. */
  completedAt: Timestamp.nullable(),
  /** How many items have each outcome. */
  counts: z.object({
    total: z.int().nonnegative(),
    pending: z.int().nonnegative(),
    done: z.int().nonnegative(),
    unchanged: z.int().nonnegative(),
    refused: z.int().nonnegative(),
  }),
  /** Whether it can be undone now by whoever asks, and the command that did undo it. */
  undo: z.object({ possible: z.boolean(), reason: z.string().nullable(), undoneBy: Id.nullable() }),
  /** The command that this one undoes. */
  undoOf: Id.nullable(),
  /** By job id, at most as many as were asked for; `counts` are of all of them. */
  items: z.array(CommandItem),
  /** Where the items go on; null after the last one. */
  nextCursor: z.string().nullable(),
});
export type Command = z.infer<typeof Command>;

/** Which of a command's items to answer with: those of one outcome, and a page of them. */
export const CommandItemsInput = PageInput.extend({
  outcome: ItemOutcome.optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(500),
});
export type CommandItemsInput = z.infer<typeof CommandItemsInput>;

/** What a command would do, before it is given. */
export const CommandPreview = z.object({
  kind: CommandKind,
  asOf: Timestamp,
  /** Jobs that it would change, leave as they are, and be refused for. */
  counts: z.object({ done: z.int(), unchanged: z.int(), refused: z.int(), total: z.int() }),
  /** The commonest reasons of refusals, at most five. */
  refusals: z.array(z.object({ reason: z.string(), jobs: z.int().positive() })),
  /** Machine minutes that it frees (negative) or adds (positive), by what such jobs usually take. */
  machineMinutes: z.number(),
  /** Jobs of which it is not known how long they take. */
  unknownDurations: z.int().nonnegative(),
  /** Runs that would be stopped. */
  runsStopped: z.int().nonnegative(),
  /** Jobs that would be skipped because what they need is cancelled. */
  alsoSkipped: z.int().nonnegative(),
  /** Whose waiting jobs would start later (positive) or sooner (negative), in seconds; the most first, at most ten. In a very deep queue by a recent count. */
  others: z.array(
    z.object({
      owner: UserRef.nullable(),
      pool: Name,
      jobs: z.int().positive(),
      meanSeconds: z.number(),
      maxSeconds: z.number(),
    }),
  ),
  /** One sentence that sums it up. */
  summary: z.string(),
});
export type CommandPreview = z.infer<typeof CommandPreview>;
