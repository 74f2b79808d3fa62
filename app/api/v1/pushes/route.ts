import { ENDPOINTS } from "@/lib/contracts/endpoints.ts";
import { resource, route } from "@/lib/http/route.ts";
import { receivePush } from "@/lib/pushes/receive-push.ts";
import { listPushes } from "@/lib/scheduler/list-pushes.ts";

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource({
  GET: route(ENDPOINTS.listPushes, (ctx, { query }) => listPushes(ctx, query)),
  POST: route(ENDPOINTS.receivePush, (ctx, { body }) => receivePush(ctx, body)),
});
