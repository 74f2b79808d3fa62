import { ENDPOINTS } from "@/lib/contracts/endpoints.ts";
import { resource, route } from "@/lib/http/route.ts";
import { acceptedOrThrow } from "@/lib/scheduler/command-items.ts";
import { retriggerJobs } from "@/lib/scheduler/retrigger-jobs.ts";

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource({
  POST: route(ENDPOINTS.retriggerJob, async (ctx, { params, body, idempotencyKey }) =>
    acceptedOrThrow(await retriggerJobs(ctx, { ...body, jobIds: [params.jobId], idempotencyKey })),
  ),
});
