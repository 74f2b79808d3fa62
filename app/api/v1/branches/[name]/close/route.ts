import { ENDPOINTS } from "@/lib/contracts/endpoints.ts";
import { resource, route } from "@/lib/http/route.ts";
import { closeBranch } from "@/lib/scheduler/close-branch.ts";

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource({
  POST: route(ENDPOINTS.closeBranch, (ctx, { params, body }) => closeBranch(ctx, { branch: params.name, ...body })),
});
