import { ENDPOINTS } from "@/lib/contracts/endpoints.ts";
import { resource, route } from "@/lib/http/route.ts";
import { getQueue } from "@/lib/scheduler/get-queue.ts";

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource({
  GET: route(ENDPOINTS.getQueue, (ctx, { params, query }) => getQueue(ctx, { pool: params.name, ...query })),
});
