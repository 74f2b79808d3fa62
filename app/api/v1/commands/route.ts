import { ENDPOINTS } from "@/lib/contracts/endpoints.ts";
import { resource, route } from "@/lib/http/route.ts";
import { cancelJobs } from "@/lib/scheduler/cancel-jobs.ts";
import { reprioritizeJobs } from "@/lib/scheduler/reprioritize-jobs.ts";

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource({
  POST: route(ENDPOINTS.submitCommand, (ctx, { body: { kind, ...body }, idempotencyKey }) =>
    "priority" in body
      ? reprioritizeJobs(ctx, { ...body, idempotencyKey })
      : cancelJobs(ctx, { ...body, idempotencyKey }),
  ),
});
