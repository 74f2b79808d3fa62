import { ENDPOINTS } from "@/lib/contracts/endpoints.ts";
import { resource, route } from "@/lib/http/route.ts";
import { cancelJobs } from "@/lib/scheduler/cancel-jobs.ts";

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource({
  POST: route(ENDPOINTS.cancelJob, (ctx, { params, body, idempotencyKey }) =>
    cancelJobs(ctx, { ...body, jobIds: [params.jobId], idempotencyKey }),
  ),
});
