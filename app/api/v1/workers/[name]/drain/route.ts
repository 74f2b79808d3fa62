import { ENDPOINTS } from "@/lib/contracts/endpoints.ts";
import { resource, route } from "@/lib/http/route.ts";
import { drainWorker } from "@/lib/scheduler/drain-worker.ts";

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource({
  POST: route(ENDPOINTS.drainWorker, (ctx, { params, body }) => drainWorker(ctx, { worker: params.name, ...body })),
});
