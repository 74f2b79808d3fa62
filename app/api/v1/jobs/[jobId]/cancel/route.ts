import { ENDPOINTS } from "@/lib/contracts/endpoints.ts";
import { resource, route } from "@/lib/http/route.ts";
import { cancelJobs } from "@/lib/scheduler/cancel-jobs.ts";
import { acceptedOrThrow } from "@/lib/scheduler/command-items.ts";

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource({
  POST: route(ENDPOINTS.cancelJob, async (ctx, { params, body, idempotencyKey }) =>
    acceptedOrThrow(await cancelJobs(ctx, { ...body, jobIds: [params.jobId], idempotencyKey })),
  ),
});
