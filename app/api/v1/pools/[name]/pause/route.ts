import { ENDPOINTS } from "@/lib/contracts/endpoints.ts";
import { resource, route } from "@/lib/http/route.ts";
import { pausePool } from "@/lib/scheduler/pause-pool.ts";

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource({
  POST: route(ENDPOINTS.pausePool, (ctx, { params, body }) => pausePool(ctx, { pool: params.name, ...body })),
});
