import { ENDPOINTS } from "@/lib/contracts/endpoints.ts";
import { resource, route } from "@/lib/http/route.ts";
import { listPushes } from "@/lib/scheduler/list-pushes.ts";
import { receivePush } from "@/lib/scheduler/receive-push.ts";
import { server } from "@/lib/server.ts";

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource({
  GET: route(ENDPOINTS.listPushes, (ctx, { query }) => listPushes(ctx, query)),
  POST: route(ENDPOINTS.receivePush, (ctx, { body }) => receivePush(ctx, body, server().pushes)),
});
