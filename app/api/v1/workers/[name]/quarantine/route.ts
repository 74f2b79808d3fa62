import { ENDPOINTS } from "@/lib/contracts/endpoints.ts";
import { resource, route } from "@/lib/http/route.ts";
import { quarantineWorker } from "@/lib/scheduler/quarantine-worker.ts";

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource({
  POST: route(ENDPOINTS.quarantineWorker, (ctx, { params, body }) =>
    quarantineWorker(ctx, { worker: params.name, ...body }),
  ),
});
