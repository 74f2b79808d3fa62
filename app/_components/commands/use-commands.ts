"use client";

import { useMutation, useMutationState, useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import type { CommandItem } from "@/lib/contracts/command.ts";
import type { JobRequest } from "./outcome.ts";
import { type Performed, performRequest } from "./request.ts";
import { UNDO_KEY, type Undone } from "./use-undo.ts";

const KEY = ["job-command"] as const;
const CHANGED = new Set<unknown>(["job", "explanation", "push", "push-jobs", "pushes", "queue", "pools", "run"]);

/** The newest thing asked for a job: on its way, or answered. */
export type Outcome =
  | { kind: "pending"; request: JobRequest; sentAt: number }
  | { kind: "answered"; request: JobRequest; sentAt: number; item: CommandItem };

/** A request of this tab, with its answer once there is one. */
export interface Sent {
  request: JobRequest;
  sentAt: number;
  performed: Performed | undefined;
}

/** Sends a request; its outcome appears wherever `useOutcomes` is read. Resolves when the server has answered. */
export function useSendRequest(): (request: JobRequest) => Promise<Performed> {
  const queries = useQueryClient();
  const { mutateAsync } = useMutation({
    mutationKey: KEY,
    mutationFn: performRequest,
    onSettled: () => {
      void queries.invalidateQueries({ predicate: (query) => CHANGED.has(query.queryKey[0]) });
    },
  });
  return mutateAsync;
}

/** What this tab has asked for lately, oldest first. */
export function useSent(): readonly Sent[] {
  return useMutationState({
    filters: { mutationKey: KEY },
    select: ({ state }) => ({
      request: state.variables as JobRequest,
      performed: state.data as Performed | undefined,
      sentAt: state.submittedAt,
    }),
  });
}

/** What was asked for each job lately, newest only; nothing for those that were put back since. */
export function useOutcomes(): ReadonlyMap<number, Outcome> {
  const sent = useSent();
  const undone = useMutationState({
    filters: { mutationKey: UNDO_KEY },
    select: ({ state }) => ({ at: state.submittedAt, items: (state.data as Undone | undefined)?.command?.items ?? [] }),
  });
  return useMemo(() => {
    const outcomes = outcomesOf(sent);
    for (const { at, items } of undone) {
      for (const { jobId, outcome } of items) {
        const before = outcomes.get(jobId);
        if (outcome === "done" && before && before.sentAt < at) outcomes.delete(jobId);
      }
    }
    return outcomes;
  }, [sent, undone]);
}

function outcomesOf(sent: readonly Sent[]): Map<number, Outcome> {
  const outcomes = new Map<number, Outcome>();
  for (const { request, performed, sentAt } of sent) {
    if (performed === undefined) {
      for (const id of request.jobIds) outcomes.set(id, { kind: "pending", request, sentAt });
      continue;
    }
    for (const item of performed.items) {
      if (item.outcome === "pending") outcomes.delete(item.jobId);
      else outcomes.set(item.jobId, { kind: "answered", request, sentAt, item });
    }
  }
  return outcomes;
}
