import { queryOptions } from "@tanstack/react-query";
import { Command, CommandPreview } from "@/lib/contracts/command.ts";
import { fetchJson } from "./fetch-json.ts";
import { keys } from "./keys.ts";

const LOOK_EVERY_MS = 1_000;
/** What is said of those that a command could not do. */
const SHOWN_REFUSALS = 20;

/** Commands and what they would do. */
export const commandQueries = {
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
