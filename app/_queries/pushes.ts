import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { Job } from "@/lib/contracts/job.ts";
import { type Page, pageOf } from "@/lib/contracts/page.ts";
import { Push, PushDetail } from "@/lib/contracts/push.ts";
import { fetchJson } from "./fetch-json.ts";
import { keys, type PushFilter } from "./keys.ts";

const PAGE = 25;
const PushPage = pageOf(Push);
const JobPage = pageOf(Job);

/** Pushes and their jobs. */
export const pushQueries = {
  pageSize: PAGE,

  list: (filter: PushFilter) =>
    infiniteQueryOptions({
      queryKey: keys.pushes(filter),
      queryFn: ({ signal, pageParam }) =>
        fetchJson("/pushes", PushPage, {
          signal,
          parameters: { ...filter, limit: PAGE, cursor: pageParam ?? undefined },
        }),
      initialPageParam: null as string | null,
      getNextPageParam: (page) => page.nextCursor,
    }),

  one: (pushId: number) =>
    queryOptions({
      queryKey: keys.push(pushId),
      queryFn: ({ signal }) => fetchJson(`/pushes/${pushId}`, PushDetail, { signal }),
    }),

  /** All jobs of a push, however many. */
  jobs: (pushId: number) =>
    queryOptions({
      queryKey: keys.pushJobs(pushId),
      queryFn: async ({ signal }): Promise<Job[]> => {
        const jobs: Job[] = [];
        let cursor: string | null = null;
        do {
          const parameters = { push: pushId, limit: 500, cursor: cursor ?? undefined };
          const page: Page<Job> = await fetchJson("/jobs", JobPage, { signal, parameters });
          jobs.push(...page.items);
          cursor = page.nextCursor;
        } while (cursor !== null);
        return jobs;
      },
    }),
};
