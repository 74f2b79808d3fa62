import { ENDPOINTS } from "@/lib/contracts/endpoints.ts";
import { resource, route } from "@/lib/http/route.ts";
import { listJobs } from "@/lib/scheduler/list-jobs.ts";

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource({
  GET: route(ENDPOINTS.listJobs, (ctx, { query }) => listJobs(ctx, query)),
});
