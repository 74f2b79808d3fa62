import { ENDPOINTS } from "@/lib/contracts/endpoints.ts";
import { resource, route } from "@/lib/http/route.ts";
import { explainJob } from "@/lib/scheduler/explain-job.ts";

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource({
  GET: route(ENDPOINTS.explainJob, (ctx, { params }) => explainJob(ctx, params)),
});
