import type { CommandKind } from "../contracts/command.ts";
import type { ProblemCode } from "../contracts/problem.ts";
import type { Actor } from "./context.ts";
import { undoRefusal } from "./permissions.ts";

/** What decides whether a command may be undone, apart from its jobs. */
export interface UndoFacts {
  id: number;
  kind: CommandKind;
  userId: number | null;
  userLogin: string | null;
  undoneBy: number | null;
  /** Jobs that it changed, and jobs whose turn has not come. */
  done: number;
  pending: number;
}

/**
 * Why the actor may not undo the command now, or null. There is no limit of time: which of its jobs can still be put back is a question to
 * each of them. A command that is still at work may be undone; it then stops.
 */
export function undoStanding(actor: Actor, command: UndoFacts): { code: ProblemCode; message: string } | null {
  const { id, kind, undoneBy } = command;
  const forbidden = undoRefusal(actor, command);
  if (forbidden !== null) return { code: "forbidden", message: forbidden };
  const conflict = (message: string) => ({ code: "conflict" as const, message });
  if (kind === "undo")
    return conflict(`Command ${id} is an undo itself and stays; give the first command again instead.`);
  if (undoneBy !== null) return conflict(`Command ${id} has been undone already, by command ${undoneBy}.`);
  if (command.done + command.pending === 0)
    return conflict(`Command ${id} changed no job, so there is nothing to undo.`);
  return null;
}
