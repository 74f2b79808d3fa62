import { ENDPOINTS } from "@/lib/contracts/endpoints.ts";
import { redirectToLog } from "@/lib/http/content-redirect.ts";
import { resource, route } from "@/lib/http/route.ts";

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource({
  GET: route(ENDPOINTS.downloadLog, (ctx, { params }) => redirectToLog(ctx, params)),
});
