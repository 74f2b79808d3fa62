import { ENDPOINTS } from "@/lib/contracts/endpoints.ts";
import { resource, route } from "@/lib/http/route.ts";
import { splitJob } from "@/lib/scheduler/split-job.ts";

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource({
  POST: route(ENDPOINTS.splitJob, (ctx, { params }) => splitJob(ctx, params)),
});
