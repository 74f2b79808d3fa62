import { ENDPOINTS } from "@/lib/contracts/endpoints.ts";
import { resource, route } from "@/lib/http/route.ts";
import { probeWorker } from "@/lib/scheduler/probe-worker.ts";

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource({
  POST: route(ENDPOINTS.probeWorker, (ctx, { params, body }) => probeWorker(ctx, { worker: params.name, ...body })),
});
