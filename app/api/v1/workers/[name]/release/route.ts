import { ENDPOINTS } from "@/lib/contracts/endpoints.ts";
import { resource, route } from "@/lib/http/route.ts";
import { releaseWorker } from "@/lib/scheduler/release-worker.ts";

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource({
  POST: route(ENDPOINTS.releaseWorker, (ctx, { params }) => releaseWorker(ctx, { worker: params.name })),
});
