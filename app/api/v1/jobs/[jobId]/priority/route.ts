import { ENDPOINTS } from "@/lib/contracts/endpoints.ts";
import { resource, route } from "@/lib/http/route.ts";
import { reprioritizeJobs } from "@/lib/scheduler/reprioritize-jobs.ts";

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource({
  PUT: route(ENDPOINTS.reprioritizeJob, (ctx, { params, body, idempotencyKey }) =>
    reprioritizeJobs(ctx, { ...body, jobIds: [params.jobId], idempotencyKey }),
  ),
});
