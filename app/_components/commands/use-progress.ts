"use client";

import { useQuery } from "@tanstack/react-query";
import { commandQueries } from "@/app/_queries/commands.ts";
import type { Command } from "@/lib/contracts/command.ts";

/** A command as it is now: looked at again while some of its jobs have not had their turn. `at`: when that was, in ms since the epoch; 0 when never. */
export function useProgress(first: Command | undefined): { command: Command | undefined; at: number } {
  const going = first !== undefined && first.completedAt === null;
  const { data, dataUpdatedAt } = useQuery({ ...commandQueries.progress(first?.id ?? 0), enabled: going });
  return going ? { command: data ?? first, at: dataUpdatedAt } : { command: first, at: 0 };
}
