import { ENDPOINTS } from "@/lib/contracts/endpoints.ts";
import { readLog } from "@/lib/http/read-log.ts";
import { resource, route } from "@/lib/http/route.ts";

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource({
  GET: route(ENDPOINTS.readLog, (ctx, { params, query }) => readLog(ctx, { ...params, ...query })),
});
