import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { Command, CommandPreview, type ItemOutcome } from "@/lib/contracts/command.ts";
import { fetchJson } from "./fetch-json.ts";
import { keys } from "./keys.ts";

const LOOK_EVERY_MS = 1_000;
/** What is said of those that a command could not do. */
const SHOWN_REFUSALS = 20;
const PAGE = 200;

/** Commands and what they would do. */
export const commandQueries = {
  pageSize: PAGE,

  /** A command with its outcomes, those of one kind or all. */
  items: (commandId: number, outcome: ItemOutcome | undefined) =>
    infiniteQueryOptions({
      queryKey: keys.commandItems(commandId, outcome ?? null),
      queryFn: ({ signal, pageParam }) =>
        fetchJson(`/commands/${commandId}`, Command, {
          signal,
          parameters: { outcome, limit: PAGE, cursor: pageParam ?? undefined },
        }),
      initialPageParam: null as string | null,
      getNextPageParam: (page) => page.nextCursor,
      refetchInterval: ({ state }) => (state.data?.pages[0]?.completedAt === null ? LOOK_EVERY_MS : false),
    }),

  /** How far a command is; looked at every second until it is complete. */
  progress: (commandId: number) =>
    queryOptions({
      queryKey: keys.command(commandId),
      queryFn: ({ signal }) =>
        fetchJson(`/commands/${commandId}`, Command, {
          signal,
          parameters: { outcome: "refused", limit: SHOWN_REFUSALS },
        }),
      refetchInterval: ({ state }) => (state.data?.completedAt === null ? LOOK_EVERY_MS : false),
    }),

  /** What a command would do, now. `input` is what it would be given. */
  preview: (input: unknown) =>
    queryOptions({
      queryKey: keys.preview(input),
      queryFn: ({ signal }) => fetchJson("/commands/preview", CommandPreview, { signal, question: input }),
      staleTime: 0,
      gcTime: 0,
    }),
};
