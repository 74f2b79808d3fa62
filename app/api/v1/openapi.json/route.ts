import { ENDPOINTS } from "@/lib/contracts/endpoints.ts";
import { openApi } from "@/lib/http/open-api.ts";
import { resource, route } from "@/lib/http/route.ts";

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource({
  GET: route(ENDPOINTS.getOpenApi, async () => openApi()),
});
