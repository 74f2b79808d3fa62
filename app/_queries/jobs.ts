import { queryOptions } from "@tanstack/react-query";
import { JobDetail } from "@/lib/contracts/job.ts";
import { fetchJson } from "./fetch-json.ts";
import { keys } from "./keys.ts";

/** One job with what its page shows, its actions being those of the person who asks. */
export const jobQueries = {
  one: (jobId: number) =>
    queryOptions({
      queryKey: keys.job(jobId),
      queryFn: ({ signal }) => fetchJson(`/jobs/${jobId}`, JobDetail, { signal }),
    }),
};
