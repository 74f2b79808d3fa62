import { z } from "zod";
import { Id, Timestamp, UserRef } from "./id.ts";
import { ProblemCode } from "./problem.ts";

export const CommandKind = z.enum(["cancel", "retrigger", "reprioritize"]);
export type CommandKind = z.infer<typeof CommandKind>;

/** What became of one job of a command: done, already so (unchanged), or refused with the reason. */
export const CommandItem = z.object({
  jobId: Id,
  outcome: z.enum(["done", "unchanged", "refused"]),
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
  completedAt: Timestamp.nullable(),
  items: z.array(CommandItem),
});
export type Command = z.infer<typeof Command>;
