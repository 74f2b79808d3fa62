import { ENDPOINTS } from "@/lib/contracts/endpoints.ts";
import { resource, route } from "@/lib/http/route.ts";
import { resumePool } from "@/lib/scheduler/resume-pool.ts";

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource({
  POST: route(ENDPOINTS.resumePool, (ctx, { params }) => resumePool(ctx, { pool: params.name })),
});
