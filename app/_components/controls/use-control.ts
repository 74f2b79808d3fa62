"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { Problem } from "@/lib/contracts/problem.ts";

type Answer = { ok: true } | { ok: false; problem: Problem };

/** What controls change is shown by lists that a restart of the event stream might leave old for a moment. */
const CHANGED = new Set<unknown>(["pools", "queue", "repositories", "workers", "job", "explanation"]);

/** Sends a control. `refusal` is why the last one was not done; resolves to whether it was. */
export function useControl(): {
  send: (ask: () => Promise<Answer>) => Promise<boolean>;
  pending: boolean;
  refusal: string | null;
  reset: () => void;
} {
  const queries = useQueryClient();
  const mutation = useMutation({
    mutationFn: async (ask: () => Promise<Answer>) => {
      const answer = await ask().catch(() => null);
      if (answer === null)
        throw new Error("The server could not be reached, so it is not known whether this was done.");
      if (!answer.ok) throw new Error(answer.problem.detail);
    },
    onSettled: () => queries.invalidateQueries({ predicate: (query) => CHANGED.has(query.queryKey[0]) }),
  });
  return {
    send: async (ask) => {
      try {
        await mutation.mutateAsync(ask);
        return true;
      } catch {
        return false; // `refusal` tells
      }
    },
    pending: mutation.isPending,
    refusal: mutation.error?.message ?? null,
    reset: mutation.reset,
  };
}
