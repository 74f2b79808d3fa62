"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { undoCommandAction } from "@/app/_actions/jobs.ts";
import type { Command } from "@/lib/contracts/command.ts";

export const UNDO_KEY = ["undo-command"] as const;

/** What an undo was answered: the command that did it, or why there is none. */
export interface Undone {
  command?: Command;
  refusal?: string;
}

/** Takes a command back; tells the command that did, or why there is none. */
export function useUndo(commandId: number) {
  const queries = useQueryClient();
  return useMutation({
    mutationKey: UNDO_KEY,
    mutationFn: async (): Promise<Undone> => {
      try {
        const answer = await undoCommandAction({ commandId });
        return answer.ok ? { command: answer.data } : { refusal: answer.problem.detail };
      } catch {
        return { refusal: "The server could not be reached, so it is not known whether this was undone." };
      }
    },
    onSettled: () => queries.invalidateQueries(),
  });
}
