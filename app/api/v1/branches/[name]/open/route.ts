import { ENDPOINTS } from "@/lib/contracts/endpoints.ts";
import { resource, route } from "@/lib/http/route.ts";
import { openBranch } from "@/lib/scheduler/open-branch.ts";

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource({
  POST: route(ENDPOINTS.openBranch, (ctx, { params }) => openBranch(ctx, { branch: params.name })),
});
