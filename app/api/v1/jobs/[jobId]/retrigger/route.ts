import { ENDPOINTS } from "@/lib/contracts/endpoints.ts";
import { resource, route } from "@/lib/http/route.ts";
import { retriggerJob } from "@/lib/scheduler/retrigger-job.ts";

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource({
  POST: route(ENDPOINTS.retriggerJob, (ctx, { params, body, idempotencyKey }) =>
    retriggerJob(ctx, { ...body, ...params, idempotencyKey }),
  ),
});
