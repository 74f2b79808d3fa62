import { queryOptions } from "@tanstack/react-query";
import { JobExplanation } from "@/lib/contracts/explanation.ts";
import { JobDetail } from "@/lib/contracts/job.ts";
import { fetchJson } from "./fetch-json.ts";
import { keys } from "./keys.ts";

/** A forecast ages even when nothing happens. */
const EXPLAIN_EVERY_MS = 15_000;

/** One job with what its page shows, its actions being those of the person who asks. */
export const jobQueries = {
  one: (jobId: number) =>
    queryOptions({
      queryKey: keys.job(jobId),
      queryFn: ({ signal }) => fetchJson(`/jobs/${jobId}`, JobDetail, { signal }),
    }),

  /** Why it waits, where it stands, and when it will start and end. */
  explanation: (jobId: number) =>
    queryOptions({
      queryKey: keys.explanation(jobId),
      queryFn: ({ signal }) => fetchJson(`/jobs/${jobId}/explanation`, JobExplanation, { signal }),
      refetchInterval: EXPLAIN_EVERY_MS,
    }),
};
