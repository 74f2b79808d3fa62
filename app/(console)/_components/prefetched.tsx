import "server-only";
import { dehydrate, HydrationBoundary, QueryClient } from "@tanstack/react-query";
import { notFound } from "next/navigation";
import type { ReactNode } from "react";
import type { SchedulerContext } from "@/lib/scheduler/context.ts";
import { SchedulerError } from "@/lib/scheduler/errors.ts";
import { contextFromSession } from "@/lib/server.ts";
import { eventHead } from "./event-head.ts";

interface PrefetchedProps {
  /** Puts into the cache what the page shows first, by calling verbs with the rights of the person who asks. */
  read: (queries: QueryClient, ctx: SchedulerContext) => Promise<unknown>;
  children: ReactNode;
}

/** Reads on the server, then hands the data to React Query in the browser. What does not exist answers 404. */
export async function Prefetched({ read, children }: PrefetchedProps) {
  const ctx = await contextFromSession();
  const queries = new QueryClient();
  await eventHead(); // before the first read, so that no event falls between
  try {
    await read(queries, ctx);
  } catch (error) {
    if (error instanceof SchedulerError && error.code === "not_found") notFound();
    throw error;
  }
  return <HydrationBoundary state={dehydrate(queries)}>{children}</HydrationBoundary>;
}
