import { ENDPOINTS } from "@/lib/contracts/endpoints.ts";
import { resource, route } from "@/lib/http/route.ts";
import { getJob } from "@/lib/scheduler/get-job.ts";

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource({
  GET: route(ENDPOINTS.getJob, (ctx, { params }) => getJob(ctx, params)),
});
