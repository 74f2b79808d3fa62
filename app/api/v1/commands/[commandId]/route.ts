import { ENDPOINTS } from "@/lib/contracts/endpoints.ts";
import { resource, route } from "@/lib/http/route.ts";
import { getCommand } from "@/lib/scheduler/get-command.ts";

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource({
  GET: route(ENDPOINTS.getCommand, (ctx, { params, query }) => getCommand(ctx, { ...params, ...query })),
});
