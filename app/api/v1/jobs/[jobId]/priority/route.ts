import { ENDPOINTS } from "@/lib/contracts/endpoints.ts";
import { resource, route } from "@/lib/http/route.ts";
import { acceptedOrThrow } from "@/lib/scheduler/command-items.ts";
import { reprioritizeJobs } from "@/lib/scheduler/reprioritize-jobs.ts";

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource({
  PUT: route(ENDPOINTS.reprioritizeJob, async (ctx, { params, body, idempotencyKey }) =>
    acceptedOrThrow(await reprioritizeJobs(ctx, { ...body, jobIds: [params.jobId], idempotencyKey })),
  ),
});
