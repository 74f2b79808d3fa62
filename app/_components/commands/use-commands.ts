"use client";

import { useMutation, useMutationState, useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import type { CommandItem } from "@/lib/contracts/command.ts";
import type { JobRequest } from "./outcome.ts";
import { performRequest } from "./request.ts";

const KEY = ["job-command"] as const;
const CHANGED = new Set<unknown>(["job", "push", "push-jobs", "pushes", "queue", "pools", "run"]);

/** The newest thing asked for a job: on its way, or answered. */
export type Outcome =
  | { kind: "pending"; request: JobRequest; sentAt: number }
  | { kind: "answered"; request: JobRequest; sentAt: number; item: CommandItem };

/** Sends a request; its outcome appears wherever `useOutcomes` is read. Resolves when the server has answered. */
export function useSendRequest(): (request: JobRequest) => Promise<CommandItem[]> {
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

/** What was asked for each job lately, newest only. */
export function useOutcomes(): ReadonlyMap<number, Outcome> {
  const requests = useMutationState({
    filters: { mutationKey: KEY },
    select: ({ state }) => ({
      request: state.variables as JobRequest,
      items: state.data as CommandItem[] | undefined,
      sentAt: state.submittedAt,
    }),
  });
  return useMemo(() => {
    const outcomes = new Map<number, Outcome>();
    for (const { request, items, sentAt } of requests) {
      if (items === undefined) for (const id of request.jobIds) outcomes.set(id, { kind: "pending", request, sentAt });
      else for (const item of items) outcomes.set(item.jobId, { kind: "answered", request, sentAt, item });
    }
    return outcomes;
  }, [requests]);
}
