import { ENDPOINTS } from "@/lib/contracts/endpoints.ts";
import { resource, route } from "@/lib/http/route.ts";
import { disableWorker } from "@/lib/scheduler/disable-worker.ts";

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource({
  POST: route(ENDPOINTS.disableWorker, (ctx, { params, body }) => disableWorker(ctx, { worker: params.name, ...body })),
});
