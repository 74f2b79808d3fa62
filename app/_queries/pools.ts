import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { z } from "zod";
import { Pool, Queue, Worker } from "@/lib/contracts/pool.ts";
import { fetchJson } from "./fetch-json.ts";
import { keys } from "./keys.ts";

const PAGE = 100;

/** Pools, their queues and the workers that serve them. */
export const poolQueries = {
  pageSize: PAGE,

  list: () =>
    queryOptions({
      queryKey: keys.pools(),
      queryFn: ({ signal }) => fetchJson("/pools", z.array(Pool), { signal }),
    }),

  queue: (pool: string) =>
    infiniteQueryOptions({
      queryKey: keys.queue(pool),
      queryFn: ({ signal, pageParam }) =>
        fetchJson(`/pools/${encodeURIComponent(pool)}/queue`, Queue, {
          signal,
          parameters: { limit: PAGE, cursor: pageParam ?? undefined },
        }),
      initialPageParam: null as string | null,
      getNextPageParam: (page) => page.nextCursor,
    }),

  workers: () =>
    queryOptions({
      queryKey: keys.workers(),
      queryFn: ({ signal }) => fetchJson("/workers", z.array(Worker), { signal }),
    }),
};
